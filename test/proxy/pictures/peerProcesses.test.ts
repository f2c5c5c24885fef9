import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { test, type TestContext } from "node:test";
import { PeerProcesses } from "../../../src/proxy/pictures/peerProcesses.ts";

const onLinux = { skip: process.platform === "linux" ? false : "only Linux tells of the programs at far ends" };

function finder(t: TestContext, options: ConstructorParameters<typeof PeerProcesses>[0] = {}): PeerProcesses {
  const processes = new PeerProcesses({ pauseMs: 0, ...options });
  t.after(() => processes.dispose());
  return processes;
}

/** A program of its own that listens, says where, and connects to what it is told. */
async function program(t: TestContext, listen: string) {
  const script = `
    const net = require("node:net");
    const server = net.createServer(() => {}).listen(${listen}, () => console.log(JSON.stringify(server.address())));
    process.stdin.on("data", (text) => net.connect(Number(text), ${JSON.stringify("127.0.0.1")}));`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return { child, address: JSON.parse(line.toString()) as { port: number } };
}

function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket) {
  return {
    kind: "tcp",
    far: { host: remoteAddress!, port: remotePort! },
    near: { host: localAddress!, port: localPort! },
  } as const;
}

test("PeerProcesses finds the programs at both far ends of real connections", onLinux, async (t) => {
  const { child, address } = await program(t, `0, "127.0.0.1"`);
  const there = connect(address.port, "127.0.0.1");
  t.after(() => there.destroy());
  await once(there, "connect");
  const server = createServer().listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  child.stdin.write(String((server.address() as { port: number }).port));
  const [here] = (await once(server, "connection")) as [Socket];
  t.after(() => here.destroy());
  const processes = finder(t);
  const found = await Promise.all([processes.find(endsOf(there)), processes.find(endsOf(here))]);
  const name = new RegExp(`^node \\(${child.pid}\\)$`);
  for (const words of found) assert.match(words, name);
  // Another one is found among the programs that are known.
  assert.match(await processes.find(endsOf(there)), name);
});

test("PeerProcesses finds who listens on an IPv6 address and on an ipc path, and knows itself", onLinux, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "zt-peers-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "s");
  const { child } = await program(t, JSON.stringify(path));
  const own = createServer().listen(0, "::1");
  t.after(() => own.close());
  await once(own, "listening");
  const socket = connect((own.address() as { port: number }).port, "::1");
  t.after(() => socket.destroy());
  const [[accepted]] = (await Promise.all([once(own, "connection"), once(socket, "connect")])) as [[Socket], unknown];
  t.after(() => accepted.destroy());
  const processes = finder(t);
  const [ipc, itself] = await Promise.all([processes.find({ kind: "ipc", path }), processes.find(endsOf(socket))]);
  assert.match(ipc, new RegExp(`\\(${child.pid}\\)$`));
  assert.equal(itself, "ZMQ Tap");
});

test("PeerProcesses reads the tables as Linux writes them", async (t) => {
  const proc = await mkdtemp(join(tmpdir(), "zt-proc-"));
  t.after(() => rm(proc, { recursive: true }));
  mkdirSync(join(proc, "net"));
  mkdirSync(join(proc, "4711", "fd"), { recursive: true });
  writeFileSync(join(proc, "4711", "comm"), "odd\u0007name\n");
  writeFileSync(join(proc, "4711", "cmdline"), "/bin/odd\0--password\0hush\0");
  symlinkSync("socket:[100]", join(proc, "4711", "fd", "3"));
  symlinkSync("socket:[200]", join(proc, "4711", "fd", "4"));
  symlinkSync("/dev/null", join(proc, "4711", "fd", "5"));
  symlinkSync("socket:[300]", join(proc, "4711", "fd", "6"));
  const line = (local: string, remote: string, inode: number): string =>
    `   1: ${local} ${remote} 01 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0000000000000000 20 4 30 10 -1\n`;
  writeFileSync(
    join(proc, "net", "tcp"),
    line("0100007F:CAA4", "0100007F:15B4", 100) + line("0200007F:0001", "0100007F:0002", 0),
  );
  writeFileSync(
    join(proc, "net", "tcp6"),
    line("0000000000000000FFFF00000300007F:0003", "0000000000000000FFFF00000100007F:0004", 200) +
      line("B80D0120000000000000000001000000:0005", "B80D0120000000000000000002000000:0006", 300),
  );
  writeFileSync(
    join(proc, "net", "unix"),
    "Num       RefCount Protocol Flags    Type St Inode Path\n" +
      "0000000000000000: 00000003 00000000 00000000 0001 03   999 /run/x\n" +
      "0000000000000000: 00000002 00000000 00010000 0001 01   300 /run/x\n",
  );
  const processes = finder(t, { proc });
  const tcp = (far: [string, number], near: [string, number]): Promise<string> =>
    processes.find({
      kind: "tcp",
      far: { host: far[0], port: far[1] },
      near: { host: near[0], port: near[1] },
    });
  const found = await Promise.all([
    tcp(["127.0.0.1", 51876], ["127.0.0.1", 5556]),
    tcp(["127.0.0.2", 1], ["127.0.0.1", 2]),
    tcp(["::ffff:127.0.0.3", 3], ["::ffff:127.0.0.1", 4]),
    tcp(["2001:db8::1", 5], ["2001:db8::2", 6]),
    tcp(["10.0.0.1", 5], ["10.0.0.2", 6]),
    tcp(["nonsense", 5], ["10.0.0.2", 6]),
    processes.find({ kind: "ipc", path: "/run/x" }),
    processes.find({ kind: "ipc", path: "/run/y" }),
  ]);
  const name = "odd␇name (4711)";
  assert.deepEqual(found, [name, "", name, name, "", "", name, ""]);
});

test("PeerProcesses tells a script by its file or module, and no other argument", async (t) => {
  const proc = await mkdtemp(join(tmpdir(), "zt-proc-"));
  t.after(() => rm(proc, { recursive: true }));
  mkdirSync(join(proc, "net"));
  mkdirSync(join(proc, "7", "fd"), { recursive: true });
  symlinkSync("socket:[300]", join(proc, "7", "fd", "6"));
  writeFileSync(join(proc, "net", "unix"), "0000000000000000: 00000002 00000000 00010000 0001 01   300 /run/x\n");
  const cases: [comm: string, command: string[], words: string][] = [
    ["python3", ["python3", "-u", "apps/server.py", "--token", "hush"], "python3 server.py (7)"],
    ["python3", ["python3", "-m", "app.server", "hush"], "python3 -m app.server (7)"],
    ["python3", ["python3", "-m", "../hush"], "python3 (7)"],
    ["MainThread", ["/opt/node/bin/node", "--inspect", "dist/main.mjs"], "node main.mjs (7)"],
    ["MainThread", [""], "MainThread (7)"],
    ["java", ["java", "-jar", "broker.jar"], "java broker.jar (7)"],
    ["worker", ["./worker", "hush"], "worker (7)"],
    ["python3", ["python3", ...Array<string>(8).fill("-x"), "late.py"], "python3 (7)"],
  ];
  for (const [comm, command, words] of cases) {
    writeFileSync(join(proc, "7", "comm"), `${comm}\n`);
    writeFileSync(join(proc, "7", "cmdline"), `${command.join("\0")}\0`);
    assert.equal(await finder(t, { proc }).find({ kind: "ipc", path: "/run/x" }), words);
  }
});

test("PeerProcesses finds nothing where the system tells nothing, when too many wait, and when it ends", async (t) => {
  const end = { kind: "ipc", path: "/run/x" } as const;
  assert.equal(await finder(t, { proc: null }).find(end), "");
  const processes = finder(t, { proc: join(tmpdir(), "no such folder") });
  assert.equal(await processes.find(end), "");
  const waiting = Array.from({ length: 256 }, () => processes.find(end));
  assert.equal(await processes.find(end), "");
  processes.dispose();
  assert.deepEqual(new Set(await Promise.all(waiting)), new Set([""]));
  assert.equal(await processes.find(end), "");
});
