import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formatJupyterConnection,
  isConnectionFileName,
  type JupyterConnection,
  jupyterRuntimeFolder,
  jupyterSecurity,
  readJupyterConnection,
  tappedConnectionFile,
} from "../../src/shared/jupyterConnection.ts";

const FILE = {
  shell_port: 1001,
  iopub_port: 1002,
  stdin_port: 1003,
  control_port: 1004,
  hb_port: 1005,
  ip: "127.0.0.1",
  key: "a secret key",
  transport: "tcp",
  signature_scheme: "hmac-sha256",
  kernel_name: "python3",
};
const CURVE = {
  curve_publickey: "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7",
  curve_secretkey: "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6",
};

function read(fields: object): JupyterConnection {
  const connection = readJupyterConnection(JSON.stringify({ ...FILE, ...fields }));
  assert.ok("endpoints" in connection, "problem" in connection ? connection.problem : "");
  return connection;
}

const byChannel = (endpoint: (at: number) => string): object => ({
  shell: endpoint(1),
  iopub: endpoint(2),
  stdin: endpoint(3),
  control: endpoint(4),
  hb: endpoint(5),
});

test("A connection file says where the kernel's five channels are", () => {
  const connection = read({});
  assert.deepEqual(
    connection.endpoints,
    byChannel((at) => `tcp://127.0.0.1:100${at}`),
  );
  assert.deepEqual(
    connection.listen,
    byChannel(() => "tcp://127.0.0.1:*"),
  );
  assert.deepEqual([connection.key, connection.curve, jupyterSecurity(connection)], ["a secret key", null, null]);
  assert.equal(read({ ip: "0.0.0.0" }).endpoints.shell, "tcp://127.0.0.1:1001");
  assert.equal(read({ ip: "::1" }).endpoints.shell, "tcp://[::1]:1001");
  assert.equal(read({ ip: "10.0.0.9", key: "", signature_scheme: "none" }).endpoints.hb, "tcp://10.0.0.9:1005");
});

test("The file for clients has the taps' ports and everything else as it was", () => {
  const listening = byChannel((at) => `tcp://127.0.0.1:200${at}`) as JupyterConnection["endpoints"];
  const ports = { shell_port: 2001, iopub_port: 2002, stdin_port: 2003, control_port: 2004, hb_port: 2005 };
  const text = formatJupyterConnection(read({ ip: "10.0.0.9", extra: [1] }), listening);
  assert.deepEqual(JSON.parse(text), { ...FILE, ...ports, ip: "127.0.0.1", extra: [1] });
});

test("An ipc kernel's taps listen beside its sockets", () => {
  const connection = read({ transport: "ipc", ip: "/run/kernel-1-ipc", hb_port: 5 });
  assert.equal(connection.endpoints.hb, "ipc:///run/kernel-1-ipc-5");
  assert.equal(connection.listen.hb, "ipc:///run/kernel-1-ipc-tap-5");
  const written = JSON.parse(formatJupyterConnection(connection, connection.listen)) as object;
  const again = readJupyterConnection(JSON.stringify(written));
  assert.ok("endpoints" in again);
  assert.deepEqual(again.endpoints, connection.listen);
});

test("A kernel that speaks CURVE gives its pair to the taps, and clients show it too", () => {
  const security = jupyterSecurity(read(CURVE));
  const pair = { publicKey: CURVE.curve_publickey, secretKey: CURVE.curve_secretkey };
  assert.deepEqual([security?.serverPair, security?.clientPair, security?.allow], [pair, pair, null]);
  assert.equal(read({ curve_publickey: null, curve_secretkey: "" }).curve, null);
});

test("What is no connection file is refused without repeating what stands there", () => {
  for (const [text, problem] of [
    ["", "it is no JSON object."],
    ["[]", "it is no JSON object."],
    ["null", "it is no JSON object."],
    [{ transport: "udp" }, 'its "transport" is neither tcp nor ipc.'],
    [{ ip: 1 }, 'its "ip" is no text.'],
    [{ key: 1 }, 'its "key" is no text.'],
    [
      { signature_scheme: "hmac-md5" },
      'its "signature_scheme" is not hmac-sha256, the only one that ZMQ Tap can check and make.',
    ],
    [
      { transport: "ipc", ip: "kernel-ipc" },
      'its "ip" is no whole path, so that only the kernel knows where its ipc sockets are.',
    ],
    [{ hb_port: 0 }, 'its "hb_port" is missing or no port.'],
    [{ iopub_port: "1002" }, 'its "iopub_port" is missing or no port.'],
    [{ shell_port: 65_536 }, 'its "shell_port" is missing or no port.'],
    [{ ...CURVE, curve_secretkey: "short" }, 'its "curve_publickey" and "curve_secretkey" are no CURVE keys.'],
    [{ curve_publickey: CURVE.curve_publickey }, 'its "curve_publickey" and "curve_secretkey" are no CURVE keys.'],
  ] as const) {
    const file = typeof text === "string" ? text : JSON.stringify({ ...FILE, ...text });
    assert.deepEqual(readJupyterConnection(file), { problem });
  }
});

test("Files for clients are named after the kernel's, and are not offered as kernels", () => {
  assert.equal(tappedConnectionFile("/run/kernel-1.json"), "/run/kernel-1-tap.json");
  assert.equal(tappedConnectionFile("/run/kernel"), "/run/kernel-tap.json");
  const names = ["kernel-1.json", "own.json", "kernel-1-tap.json", "jpserver-1.json", "nbserver-1.json", "a.html"];
  assert.deepEqual(names.filter(isConnectionFileName), ["kernel-1.json", "own.json"]);
});

test("The runtime folder is where Jupyter has it", () => {
  for (const [env, platform, folder] of [
    [{ JUPYTER_RUNTIME_DIR: "/r", JUPYTER_DATA_DIR: "/d" }, "linux", "/r"],
    [{ JUPYTER_DATA_DIR: "/d" }, "darwin", "/d/runtime"],
    [{ XDG_DATA_HOME: "/x" }, "linux", "/x/jupyter/runtime"],
    [{ XDG_DATA_HOME: "" }, "linux", "/home/u/.local/share/jupyter/runtime"],
    [{}, "darwin", "/home/u/Library/Jupyter/runtime"],
    [{ APPDATA: "C:\\A" }, "win32", "C:\\A\\jupyter\\runtime"],
    [{}, "win32", "/home/u\\AppData\\Roaming\\jupyter\\runtime"],
  ] as const) {
    assert.equal(jupyterRuntimeFolder(env, platform, "/home/u"), folder);
  }
});
