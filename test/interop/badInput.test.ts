import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { loadVector } from "../support/vectors.ts";
import { text } from "./peers/peer.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { CliTap, runCli } from "./support/cliTap.ts";

const javascript = new ZeromqJsPeer();
const folder = mkdtempSync(join(tmpdir(), "zmq-tap-bad-"));
after(async () => {
  await javascript.stop();
  rmSync(folder, { recursive: true });
});

const BAD_ARGUMENTS: Readonly<Record<string, { args: readonly string[]; why: RegExp }>> = {
  "no command": { args: [], why: /No command/ },
  "an unknown command": { args: ["detach"], why: /"detach" is no command/ },
  "no server": { args: ["attach"], why: /server endpoint is missing/ },
  "two servers": { args: ["attach", "tcp://a:1", "tcp://b:1"], why: /one too many/ },
  "an unknown option": {
    args: ["attach", "tcp://a:1", "--what"],
    why: /^Unknown option '--what'\. See zmq-tap attach --help\.$/m,
  },
  "no port": { args: ["attach", "tcp://a"], why: /the port is missing/ },
  "a port that is none": { args: ["attach", "tcp://a:99999"], why: /"99999" is no port/ },
  inproc: { args: ["attach", "inproc://a"], why: /there is no wire/ },
  udp: { args: ["attach", "udp://a:1"], why: /not carried/ },
  "a bad listen endpoint": { args: ["attach", "tcp://a:1", "--listen", "tcp://b"], why: /as the listen endpoint/ },
  "a count that is none": { args: ["attach", "tcp://a:1", "--count", "many"], why: /--count takes/ },
  "sockets that are none": { args: ["attach", "tcp://a:1", "--sockets", "client=X"], why: /--sockets takes/ },
  "two kinds of output": { args: ["attach", "tcp://a:1", "--json", "--quiet"], why: /exclude each other/ },
};

for (const [name, { args, why }] of Object.entries(BAD_ARGUMENTS)) {
  test(`zmq-tap refuses ${name} with one line and exit code 2`, async () => {
    const { code, stdout, stderr } = await runCli(args);
    assert.equal(code, 2);
    assert.equal(stdout, "");
    assert.match(stderr, why);
    assert.match(stderr, /^[^\n]+\n$/);
  });
}

async function assertFails(args: readonly string[], why: RegExp): Promise<void> {
  const { code, stdout, stderr } = await runCli(args);
  assert.equal(code, 1, stderr);
  assert.equal(stdout, "");
  assert.match(stderr, why);
  assert.match(stderr, /^[^\n]+\n$/);
}

test("zmq-tap says so when its port is in use, and the tap that has it goes on", async (t) => {
  const { tap, check } = await startWorkingTap(t);
  await assertFails(["attach", "tcp://127.0.0.1:9", "--listen", tap.endpoint], /another program is using it/);
  await check();
});

test("zmq-tap says so when the place to listen is not allowed", async () => {
  await assertFails(["attach", "tcp://127.0.0.1:9", "--listen", "ipc:///proc/zmq-tap"], /this user may not use it/);
});

test("zmq-tap says so when the machine has no such address", async () => {
  await assertFails(["attach", "tcp://127.0.0.1:9", "--listen", "tcp://203.0.113.7:5556"], /no such address/);
});

test("zmq-tap says so when an ipc path is too long", async () => {
  await assertFails(["attach", "tcp://127.0.0.1:9", "--listen", `ipc://${folder}/${"x".repeat(120)}`], /shorter path/);
});

test("zmq-tap leaves a file alone that is in the place of its ipc socket", async () => {
  const path = join(folder, "file");
  writeFileSync(path, "precious");
  await assertFails(["attach", "tcp://127.0.0.1:9", "--listen", `ipc://${path}`], /no socket is in its place/);
  assert.ok(existsSync(path));
});

test("zmq-tap refuses an ipc path where a program listens, and takes over one that a killed tap left", async () => {
  const path = join(folder, "left");
  // A server that is there: while it refuses, a tap does not listen.
  const rep = await javascript.open("REP");
  const server = await rep.bind("tcp://127.0.0.1:*");
  const first = await CliTap.start(server, ["--listen", `ipc://${path}`]);
  await assertFails(["attach", server, "--listen", `ipc://${path}`], /is listening there already/);
  await first.stop("SIGKILL");
  assert.ok(existsSync(path));
  const second = await CliTap.start(server, ["--listen", `ipc://${path}`]);
  assert.equal((await second.stop()).code, 0);
  await rep.close();
});

test("zmq-tap refuses to listen on its server's endpoint, which would be a loop", async () => {
  const endpoint = "tcp://127.0.0.1:45678";
  await assertFails(["attach", endpoint, "--listen", endpoint], /its server's own endpoint/);
  await assertFails(["attach", "tcp://localhost:45678", "--listen", endpoint], /its server's own endpoint/);
});

/** A tap with a working pair of peers, and a check that both still work and it has nothing to complain of. */
async function startWorkingTap(t: TestContext): Promise<{ tap: CliTap; check: () => Promise<void> }> {
  const rep = await javascript.open("REP");
  const tap = await CliTap.start(await rep.bind("tcp://127.0.0.1:*"), ["--json"]);
  t.after(() => tap.stop("SIGKILL"));
  const req = await javascript.open("REQ");
  await req.connect(tap.endpoint);
  let question = 0;
  const check = async (): Promise<void> => {
    const words = text(`question ${question++}`);
    await req.send(words);
    assert.deepEqual(await rep.receive(), [words]);
    await rep.send(words);
    assert.deepEqual(await req.receive(), [words]);
    assert.equal(tap.stderr.split("\n").length, 2, tap.stderr);
  };
  await check();
  return { tap, check };
}

const GREETING = Buffer.from(`ff00000000000000017f03014e554c4c${"00".repeat(48)}`, "hex");
const READY = Buffer.concat([
  Buffer.from([4, 25, 5]),
  Buffer.from("READY"),
  Buffer.from([11]),
  Buffer.from("Socket-Type"),
  Buffer.from([0, 0, 0, 3]),
  Buffer.from("REQ"),
]);

const STRANGE_CLIENTS: Readonly<Record<string, { says: Buffer; head: string }>> = {
  "an HTTP client": { says: Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), head: "GET / HTTP/1.1" },
  "an SSH client": { says: Buffer.from("SSH-2.0-OpenSSH_9.2\r\n"), head: "SSH-2.0" },
  "a TLS client": { says: Buffer.from("16030100a5010000a10303", "hex"), head: "\x16\x03" },
  garbage: { says: Buffer.from("fe".repeat(200), "hex"), head: "\xfe\xfe" },
};

for (const [name, { says, head }] of Object.entries(STRANGE_CLIENTS)) {
  test(`A tap names ${name} in one fault event, and its other link goes on`, async (t) => {
    const { tap, check } = await startWorkingTap(t);
    const client = net.connect({ host: "127.0.0.1", port: tap.port });
    client.on("error", () => undefined);
    client.write(says);
    const [fault] = await tap.untilEvents("fault");
    assert.equal(fault?.detail?.["bytesHex"], says.subarray(0, 32).toString("hex"));
    assert.ok(Buffer.from(fault.detail["bytesHex"], "hex").toString("latin1").startsWith(head));
    assert.match(String(fault.detail["message"]), /\.$/);
    client.destroy();
    await tap.untilEvents("link-closed");
    assert.equal(tap.events("fault").length, 1);
    await check();
  });
}

test("A tap says that an SSH server is none that it can read, and still carries its bytes", async (t) => {
  const banner = "SSH-2.0-OpenSSH_9.2\r\n";
  const server = net.createServer((socket) => socket.end(banner)).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const tap = await CliTap.start(`tcp://127.0.0.1:${(server.address() as net.AddressInfo).port}`);
  t.after(() => tap.stop("SIGKILL"));
  const client = net.connect({ host: "127.0.0.1", port: tap.port });
  const [bytes] = (await once(client, "data")) as [Buffer];
  assert.equal(String(bytes), banner);
  const [fault] = await tap.untilEvents("fault");
  assert.match(String(fault?.detail?.["message"]), /SSH/);
  client.destroy();
});

test("A frame that declares 2^63-1 octets is followed without being kept, and the tap's other link goes on", async (t) => {
  const { tap, check } = await startWorkingTap(t);
  const client = net.connect({ host: "127.0.0.1", port: tap.port });
  client.on("error", () => undefined);
  client.write(Buffer.concat([GREETING, READY, Buffer.from("027fffffffffffffff", "hex"), Buffer.alloc(100_000)]));
  await check();
  client.destroy();
  await tap.untilEvents("link-closed");
  await check();
  assert.deepEqual(
    tap.messages.filter(({ frames }) => frames[0]!.length > 1000),
    [],
  );
});

// Each from an address of its own, since failures of one client are folded.
test("A handshake that is cut at any octet ends its link only", async (t) => {
  const { tap, check } = await startWorkingTap(t);
  const whole = Buffer.concat([GREETING, READY]);
  for (let cut = 0; cut < whole.length; cut++) {
    const client = net.connect({ host: "127.0.0.1", port: tap.port, localAddress: `127.0.1.${cut + 1}` });
    client.on("error", () => undefined);
    client.end(whole.subarray(0, cut));
    client.resume();
    await once(client, "close");
  }
  const closed = await tap.untilEvents("link-closed", whole.length);
  assert.equal(closed.length, whole.length);
  assert.deepEqual(tap.events("fault"), []);
  await check();
});

test("A recorded link that is cut after any chunk ends its link only", async (t) => {
  const { tap, check } = await startWorkingTap(t);
  const chunks = loadVector("req-rep-4.3.4-4.3.4-plain").chunks.filter(([who]) => who === "client");
  for (let cut = 1; cut <= chunks.length; cut++) {
    const client = net.connect({ host: "127.0.0.1", port: tap.port, localAddress: `127.0.1.${cut}` });
    client.on("error", () => undefined);
    for (const [, digits] of chunks.slice(0, cut)) client.write(Buffer.from(digits, "hex"));
    client.end();
    client.resume();
    await once(client, "close");
  }
  await tap.untilEvents("link-closed", chunks.length);
  await check();
});
