import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { clockOfFile, FileCapture, type FileSummary } from "../../src/proxy/files/fileCapture.ts";
import { exportCapture } from "../../src/proxy/exportCapture.ts";
import { everyRow, theseRows } from "../../src/proxy/files/writeRows.ts";
import { readAll } from "../support/captures.ts";
import { type Message, text } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { checkExpert, follow } from "./support/tshark.ts";

const folder = mkdtempSync(join(tmpdir(), "zmq-tap-opened-"));
const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
after(async () => {
  await python.stop();
  await javascript.stop();
  rmSync(folder, { recursive: true });
});

/** dumpcap at work on the loopback interface. */
class Sniffer {
  readonly #child: ChildProcess;
  readonly #file: string;

  private constructor(child: ChildProcess, file: string) {
    this.#child = child;
    this.#file = file;
  }

  /** Resolves once it captures what goes through these ports. */
  static async start(t: TestContext, name: string, ports: readonly number[], ...args: string[]): Promise<Sniffer> {
    const file = join(folder, name);
    const filter = ports.map((port) => `tcp port ${port}`).join(" or ");
    const interfaceName = process.platform === "darwin" ? "lo0" : "lo";
    // A large buffer, so that no packet is dropped before it is written.
    const child = spawn("dumpcap", ["-q", "-B", "128", "-i", interfaceName, "-f", filter, "-w", file, ...args], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    t.after(() => child.kill("SIGKILL"));
    let said = "";
    await new Promise<void>((resolve, reject) => {
      const fail = (cause: unknown): void =>
        reject(
          new Error(
            "dumpcap cannot capture on the loopback interface, so no file of another program can be opened. Install it " +
              `(sudo apt-get install tshark) and run this as root or as a member of the group wireshark. ${said}`,
            { cause },
          ),
        );
      child.once("error", fail);
      child.once("exit", fail);
      child.stderr.on("data", (octets: Buffer) => {
        said += octets.toString();
        if (/^File: /m.test(said)) resolve();
      });
    });
    return new Sniffer(child, file);
  }

  /** Stops it once these octets are in the file. */
  async stopAfter(last: string): Promise<string> {
    const watcher = watch(this.#file);
    try {
      while (!readFileSync(this.#file).includes(last)) await once(watcher, "change");
    } finally {
      watcher.close();
    }
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGINT");
    await gone;
    return this.#file;
  }
}

type Opened = { capture: Capture; summary: FileSummary };

async function openFile(path: string): Promise<Opened> {
  const clock = await clockOfFile(path);
  const capture = new Capture({ maxBytes: 256 * 1024 * 1024, clock });
  return { capture, summary: await new FileCapture({ capture, clock }).read(path) };
}

function messages({ capture }: Opened, direction: 0 | 1): Message[] {
  const found: Message[] = [];
  for (let n = 1; n <= capture.lastN; n++) {
    const row = capture.row(n)!;
    if (row.kind === "message" && row.direction === direction) found.push(readAll(capture, n));
  }
  return found;
}

const portOf = (endpoint: string): number => Number(endpoint.slice(endpoint.lastIndexOf(":") + 1));

for (const [format, args] of [
  ["pcapng", []],
  ["pcap", ["-P"]],
] as const) {
  test(
    `A ${format} file that dumpcap made shows the messages that pyzmq programs sent`,
    { timeout: 60_000 },
    async (t) => {
      const pull = await python.open("PULL");
      const endpoint = await pull.bind("tcp://127.0.0.1:*");
      const sniffer = await Sniffer.start(t, `messages.${format}`, [portOf(endpoint)], ...args);
      const push = await python.open("PUSH");
      await push.connect(endpoint);
      const sent: Message[] = Array.from({ length: 200 }, (_, index) =>
        Array.from({ length: 1 + (index % 4) }, (_unused, frame) =>
          Buffer.alloc((index * frame * 331) % (index % 50 === 0 ? 200_000 : 20_000), index),
        ),
      );
      sent.push(text("the last one"));
      await push.send(...sent);
      assert.deepEqual(await pull.receive(sent.length), sent);
      const opened = await openFile(await sniffer.stopAfter("the last one"));
      assert.deepEqual(messages(opened, 0), sent);
      assert.deepEqual(opened.capture.row(3)!.link!.sockets, { client: "PUSH", server: "PULL" });
      const { conversations, zeromq, problem } = opened.summary;
      assert.deepEqual([conversations, zeromq, problem], [1, 1, null]);
      await push.close();
      await pull.close();
    },
  );
}

test(
  "A file that dumpcap made shows requests and replies, subscriptions and publications of two libraries",
  { timeout: 60_000 },
  async (t) => {
    const rep = await python.open("REP");
    const xpub = await javascript.open("XPUB");
    const [asked, published] = [await rep.bind("tcp://127.0.0.1:*"), await xpub.bind("tcp://127.0.0.1:*")];
    const sniffer = await Sniffer.start(t, "patterns.pcapng", [portOf(asked), portOf(published)]);
    const req = await javascript.open("REQ");
    await req.connect(asked);
    for (let index = 0; index < 20; index++) {
      await req.send(text(`question ${index}`));
      assert.deepEqual(await rep.receive(), [text(`question ${index}`)]);
      await rep.send(text(`answer ${index}`));
      await req.receive();
    }
    const sub = await python.open("SUB");
    await sub.connect(published);
    await sub.subscribe("news");
    await xpub.receive();
    await xpub.send(text("news", "the very last"));
    await sub.receive();
    const opened = await openFile(await sniffer.stopAfter("the very last"));
    const answers = messages(opened, 1).map((frames) => frames.map(String).join("|"));
    assert.deepEqual(answers, [...Array.from({ length: 20 }, (_, index) => `|answer ${index}`), "news|the very last"]);
    const rows = Array.from({ length: opened.capture.lastN }, (_, at) => opened.capture.row(at + 1)!);
    assert.equal(rows.filter(({ exchange }) => exchange === "answered").length, 20);
    assert.equal(rows.filter(({ event }) => event === "subscribe").length, 1);
    assert.equal(opened.summary.zeromq, 2);
    for (const socket of [req, rep, sub, xpub]) await socket.close();
  },
);

test(
  "A file that dumpcap began in the middle of a conversation shows what can be told for certain",
  { timeout: 60_000 },
  async (t) => {
    const pull = await python.open("PULL");
    const endpoint = await pull.bind("tcp://127.0.0.1:*");
    const push = await python.open("PUSH");
    await push.connect(endpoint);
    await push.send(text("before"));
    await pull.receive();
    const sniffer = await Sniffer.start(t, "middle.pcapng", [portOf(endpoint)]);
    const sent = Array.from({ length: 50 }, (_, index) => text(`message ${index}`, "x".repeat(index * 50)));
    for (const message of sent) {
      await push.send(message);
      await pull.receive();
    }
    await push.send(text("end"));
    await pull.receive();
    const opened = await openFile(await sniffer.stopAfter("\x00\x03end"));
    // Which end listens is guessed by the ports, and may be guessed wrong; only one of them sends messages.
    const shown = [...messages(opened, 0), ...messages(opened, 1)];
    assert.ok(shown.length > 40, `${shown.length} of 51`);
    assert.deepEqual(shown, [...sent, text("end")].slice(-shown.length));
    assert.equal(opened.capture.row(2)!.event, "gap");
    await push.close();
    await pull.close();
  },
);

test("What dumpcap saw can be exported, and tshark reads the same in it", { timeout: 60_000 }, async (t) => {
  const rep = await python.open("REP");
  const endpoint = await rep.bind("tcp://127.0.0.1:*");
  const sniffer = await Sniffer.start(t, "foreign.pcapng", [portOf(endpoint)]);
  const req = await javascript.open("REQ");
  await req.connect(endpoint);
  for (let index = 0; index < 30; index++) {
    await req.send(text(`question ${index}`, "x".repeat(index * 3000)));
    await rep.receive();
    await rep.send(text(index === 29 ? "the very end" : `answer ${index}`));
    await req.receive();
  }
  const file = await sniffer.stopAfter("the very end");
  const { capture } = await openFile(file);
  const path = join(folder, "exported.pcapng");
  await exportCapture({ capture, rows: everyRow(capture.firstN, capture.lastN), format: "pcapng", path });
  checkExpert(path);
  assert.deepEqual(follow(path, 0), follow(file, 0));
  const filtered = join(folder, "filtered.pcapng");
  const chosen = Array.from({ length: capture.lastN }, (_, at) => at + 1).filter((n) => n % 7 === 0);
  await exportCapture({ capture, rows: theseRows(chosen), format: "pcapng", path: filtered });
  checkExpert(filtered);
  const reopened = await openFile(filtered);
  const asked = messages({ ...reopened }, 0).map(([, topic]) => String(topic));
  assert.deepEqual(
    asked,
    chosen.flatMap((n) =>
      capture.row(n)!.direction === 0 && capture.row(n)!.kind === "message" ? [String(readAll(capture, n)[1])] : [],
    ),
  );
  for (const socket of [req, rep]) await socket.close();
});
