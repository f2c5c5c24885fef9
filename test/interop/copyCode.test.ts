import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test, type TestContext } from "node:test";
import { Packr, unpack } from "msgpackr";
import { curveKeyPair } from "zeromq";
import { copyCode } from "../../src/proxy/copyCode.ts";
import type { CodeFormat } from "../../src/proxy/httpCode.ts";
import { writeZcert } from "../../src/shared/keys/zcert.ts";
import type { CurvePair } from "../../src/shared/security.ts";
import { type Message, type PeerOptions, type SocketKind, text } from "./peers/peer.ts";
import { findPython, PythonPeer } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { startEngineTap } from "./support/engineTap.ts";
import type { TapKeys } from "./support/tapKeys.ts";

const javascript = new ZeromqJsPeer();
const python = new PythonPeer();
after(async () => {
  await javascript.stop();
  await python.stop();
});

const FORMATS: readonly CodeFormat[] = ["python", "javascript", "command"];
const PASSWORD = "a password";
const serverPair = curveKeyPair();
const clientPair = curveKeyPair();
const shown = (pair: CurvePair): PeerOptions => ({ curvePublicKey: pair.publicKey, curveSecretKey: pair.secretKey });

/** A folder as a user has it who has filled in what the copied code leaves open. */
function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "zmq-tap-copied-"));
  t.after(() => rmSync(made, { recursive: true }));
  const { publicKey } = serverPair;
  writeFileSync(
    join(made, "server.key"),
    `#   ZeroMQ CURVE Public Certificate\n\nmetadata\ncurve\n    public-key = "${publicKey}"\n`,
  );
  writeFileSync(join(made, "client.key_secret"), writeZcert(clientPair, "client"));
  writeFileSync(join(made, "password.txt"), `${PASSWORD}\n`);
  symlinkSync(resolve("node_modules"), join(made, "node_modules"));
  const main = resolve("src/cli/main.ts");
  writeFileSync(join(made, "zmq-tap"), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
  chmodSync(join(made, "zmq-tap"), 0o755);
  return made;
}

/** Runs copied code as a person would; resolves with its exit code and all that it said. */
async function run(cwd: string, format: CodeFormat, code: string): Promise<{ code: number | null; said: string }> {
  const files = { python: "call.py", javascript: "call.mjs", command: "call.sh" };
  const programs = { python: findPython(), javascript: process.execPath, command: "sh" };
  writeFileSync(join(cwd, files[format]), code);
  const child = spawn(programs[format], [files[format]], {
    cwd,
    env: { ...process.env, PATH: `${cwd}:${process.env["PATH"] ?? ""}` },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (said += part));
  child.stderr.setEncoding("utf8").on("data", (part: string) => (said += part));
  const [exit] = (await once(child, "close")) as [number | null];
  return { code: exit, said };
}

type Case = {
  readonly sockets: readonly [client: SocketKind, server: SocketKind];
  readonly sent: Message;
  /** What the server answers, where it does. */
  readonly answer?: Message;
  readonly server?: PeerOptions;
  readonly client?: PeerOptions;
  readonly keys?: TapKeys;
  /** What of a message must be the same; ids are new. */
  readonly same?: (frames: Message) => unknown;
  /** In place of the command line, which cannot carry it. */
  readonly notForShells?: boolean;
};

const packr = new Packr({ useRecords: false });
const withoutId = (frame: Buffer): unknown => ({ ...(JSON.parse(String(frame)) as object), id: null });
const curve: Pick<Case, "server" | "client" | "keys"> = {
  server: { curveServer: true, ...shown(serverPair) },
  client: { curveServerKey: serverPair.publicKey, ...shown(clientPair) },
  keys: { serverPair, serverKey: serverPair.publicKey, clientPair },
};
const octets = Buffer.from(Uint8Array.from({ length: 256 }, (_, index) => index));

const cases: Readonly<Record<string, Case>> = {
  "a JSON-RPC call with quotes of every kind": {
    sockets: ["REQ", "REP"],
    sent: text(JSON.stringify({ jsonrpc: "2.0", id: "1", method: "say", params: ['it\'s "so" $HOME `x` \\ ž'] })),
    answer: text(JSON.stringify({ jsonrpc: "2.0", id: "1", result: "fine" })),
    same: ([frame]) => withoutId(frame!),
  },
  "frames of text": { sockets: ["REQ", "REP"], sent: text("hello", "", "-x"), answer: text("world") },
  "frames of any octets": {
    sockets: ["REQ", "REP"],
    sent: [octets, Buffer.from("\n'''")],
    answer: text("world"),
    notForShells: true,
  },
  "a zerorpc call of a DEALER": {
    sockets: ["DEALER", "ROUTER"],
    sent: [Buffer.alloc(0), packr.pack([{ message_id: "m1", v: 3 }, "add", [1, 2]])],
    answer: [Buffer.alloc(0), packr.pack([{ message_id: "m2", v: 3, response_to: "m1" }, "OK", [3]])],
    same: (frames) => (unpack(frames.at(-1)!) as unknown[]).slice(1),
  },
  "a job of a PUSH": { sockets: ["PUSH", "PULL"], sent: text("job", "1") },
  "a publication of a PUB that connects": { sockets: ["PUB", "SUB"], sent: text("news.sport", "1:0") },
  "a call over CURVE": { sockets: ["REQ", "REP"], sent: text("secret"), answer: text("told"), ...curve },
  "a call over PLAIN": {
    sockets: ["REQ", "REP"],
    sent: text("secret"),
    answer: text("told"),
    server: { plainServer: true, zapDomain: "test" },
    client: { plainUser: "user", plainPassword: PASSWORD },
    keys: { plain: { user: "user", password: PASSWORD } },
  },
};

for (const [
  what,
  { sockets, sent, answer, server, client, keys, same = (frames: Message): unknown => frames, notForShells },
] of Object.entries(cases)) {
  test(`Copied code makes ${what} again`, async (t) => {
    if (server?.plainServer === true) await python.authenticate({ passwords: { user: PASSWORD } });
    const listener = await python.open(sockets[1], server ?? {});
    const endpoint = await listener.bind("tcp://127.0.0.1:*");
    if (sockets[1] === "SUB") await listener.subscribe("news");
    const tap = await startEngineTap(t, endpoint, keys ?? {});
    const program = await javascript.open(sockets[0], client ?? {});
    await program.connect(tap.endpoint);
    // A SUB of libzmq subscribes at a new publisher only while its program receives.
    const receiving = listener.receive();
    if (sockets[0] === "PUB") await tap.untilRow((row) => row.event === "subscribe");
    await program.send(sent);
    const [first] = await receiving;
    const { n } = await tap.untilRow((row) => row.kind === "message" && row.from === "client");
    const payload = (frames: Message): Message => (sockets[1] === "ROUTER" ? frames.slice(1) : frames);
    assert.deepEqual(payload(first!), sent);
    if (answer !== undefined)
      await listener.send([...first!.slice(0, first!.length - payload(first!).length), ...answer]);
    const cwd = folder(t);
    for (const format of FORMATS) {
      if (format === "command" && notForShells === true) {
        await assert.rejects(copyCode(tap.engine.capture, n, format, tap.engine.dialectKeys), {
          code: "not-for-shells",
        });
        continue;
      }
      const code = await copyCode(tap.engine.capture, n, format, tap.engine.dialectKeys);
      assert.ok(code?.includes(endpoint) === true, code ?? "no code");
      const running = run(cwd, format, code);
      const [again] = await listener.receive();
      if (answer !== undefined) {
        const envelope = again!.slice(0, again!.length - payload(again!).length);
        await listener.send([...envelope, ...answerTo(payload(again!), answer)]);
      }
      const { code: exit, said } = await running;
      assert.deepEqual([exit, format], [0, format], `${code}\n${said}`);
      assert.deepEqual(same(payload(again!)), same(sent), format);
    }
    await program.close();
    await listener.close();
  });
}

/** The answer with the id of a zerorpc call, which a DEALER's reply must repeat. */
function answerTo(request: Message, answer: Message): Message {
  const last = request.at(-1)!;
  if (answer.length !== 2 || last[0] !== 0x93) return answer;
  const [{ message_id: id }] = unpack(last) as [{ message_id: unknown }];
  return [answer[0]!, packr.pack([{ message_id: "m2", v: 3, response_to: id }, "OK", [3]])];
}
