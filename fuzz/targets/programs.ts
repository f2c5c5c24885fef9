import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { Packr } from "msgpackr";
import { Engine } from "../../src/proxy/engine.ts";
import { DECODERS, type DecoderChoice } from "../../src/shared/model.ts";
import { ENGINE_PROTOCOL_VERSION, type EngineRequests } from "../../src/shared/engineProtocol.ts";
import { recordHeader } from "../../src/shared/recordReader.ts";
import { UserError } from "../../src/shared/userError.ts";
import { checkViewAsk } from "../../src/shared/viewCheck.ts";
import { FORWARDED_REQUESTS, VIEW_COMMANDS } from "../../src/shared/viewProtocol.ts";
import { startEngine } from "../../test/support/engineProcess.ts";
import { join } from "../../test/support/octets.ts";
import { conversation } from "../conversation.ts";
import { Draw, seedDraws } from "../draw.ts";
import { Harness } from "../harness.ts";
import { type Target, textOf } from "../target.ts";

/** A tap between two sockets of this process, both on paths, since links come by the thousand. */
class Relay {
  readonly engine: Engine;
  readonly bugs: unknown[] = [];
  readonly #folder = mkdtempSync(joinPath(tmpdir(), "zf-"));
  readonly #server: net.Server;
  readonly #came: net.Socket[] = [];
  #wake = (): void => undefined;

  private constructor() {
    this.engine = new Engine({
      maxBytes: 16 * 1024 * 1024,
      hasPictures: true,
      onNotice: () => undefined,
      onBug: (error) => this.bugs.push(error),
    });
    this.#server = net.createServer({ allowHalfOpen: true }, (socket) => {
      socket.on("error", () => undefined);
      this.#came.push(socket);
      this.#wake();
    });
  }

  static async start(): Promise<Relay> {
    const relay = new Relay();
    const server = joinPath(relay.#folder, "s");
    relay.#server.listen(server);
    await once(relay.#server, "listening");
    const listen = `ipc://${joinPath(relay.#folder, "l")}`;
    await relay.engine.startTap({ id: "t", name: "t", server: `ipc://${server}`, listen }, null);
    return relay;
  }

  /** Both ends of a new link. */
  async link(): Promise<{ readonly client: net.Socket; readonly server: net.Socket }> {
    const client = net.connect({ path: joinPath(this.#folder, "l"), allowHalfOpen: true });
    client.on("error", () => undefined);
    while (this.#came.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    return { client, server: this.#came.shift()! };
  }

  async stop(): Promise<void> {
    await this.engine.stop({ isRead: false });
    this.#server.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

let relaying: Promise<Relay> | undefined;

/** Everything that a socket hears, once its other side has ended. */
async function heard(socket: net.Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(socket, "end");
  return Buffer.concat(chunks);
}

export const relay: Target = {
  name: "relay",
  about:
    "conversations and any octets between two sockets through a tap, in any pieces: each side hears exactly what the other said, and the tap's readers fail at nothing",
  seeds: () => seedDraws(32, 200),
  maxBytes: 1000,
  slowMs: 10_000,
  run: async (input) => {
    const { engine, bugs, link } = await (relaying ??= Relay.start()).then((one) => ({
      engine: one.engine,
      bugs: one.bugs,
      link: () => one.link(),
    }));
    const draw = new Draw(input);
    const said = draw.rarely(4)
      ? draw.list(6, () => ({ direction: draw.pick([0, 1] as const), bytes: draw.some(300) }))
      : conversation(draw);
    const { client, server } = await link();
    const hears = [heard(server), heard(client)] as const;
    for (const { direction, bytes } of said) {
      for (const piece of draw.cut(bytes)) (direction === 0 ? client : server).write(piece);
      if (draw.rarely(4)) await new Promise((resolve) => setImmediate(resolve));
    }
    const first = draw.flag() ? client : server;
    first.end();
    if (draw.flag()) await new Promise((resolve) => setImmediate(resolve));
    (first === client ? server : client).end();
    const [toServer, toClient] = await Promise.all(hears);
    const all = (direction: 0 | 1): Uint8Array =>
      join(...said.filter((one) => one.direction === direction).map(({ bytes }) => bytes));
    assert.equal(Buffer.compare(toServer, all(0)), 0, "the server heard something else than the client said");
    // Once one side is gone what the other still says goes nowhere.
    const isWhole = first === server || toClient.length === all(1).length;
    assert.equal(Buffer.compare(toClient, isWhole ? all(1) : all(1).subarray(0, toClient.length)), 0);
    // Told once, so that others are found, too.
    assert.deepEqual(bugs.splice(0), []);
    const { seen, kept, evicted } = engine.capture.stats();
    assert.equal(seen, kept + evicted);
  },
  stop: async () => (await relaying)?.stop(),
};

type Running = ReturnType<typeof startEngine>;

/** An engine process that has captured a few messages. */
class Host {
  readonly #harness = new Harness();
  readonly #server: net.Server;
  readonly running: Running;

  private constructor() {
    this.running = startEngine(this.#harness.context, "ignore");
    this.#server = net.createServer((socket) => socket.on("error", () => undefined).pipe(socket));
  }

  static async start(): Promise<Host> {
    const host = new Host();
    const { channel } = host.running;
    const limits = { maxBytes: 32 * 1024 * 1024, maxDiskBytes: 0, maxFrameBytes: 64 * 1024 };
    await channel.ask("engine/hello", { version: ENGINE_PROTOCOL_VERSION, limits, storage: null });
    host.#server.listen(0, "127.0.0.1");
    await once(host.#server, "listening");
    const server = `tcp://127.0.0.1:${(host.#server.address() as net.AddressInfo).port}`;
    const config = { id: "t", name: "t", server, listen: "tcp://127.0.0.1:*" };
    const { listening } = await channel.ask("tap/start", { config, security: null });
    // Both ends say the same, since the server sends back what it hears; that is a link of two PAIRs.
    for (const seed of [1, 2, 3]) {
      const client = net.connect(Number(listening.split(":").at(-1)), "127.0.0.1");
      const pieces = conversation(new Draw(seedDraws(8)[seed]!));
      for (const { bytes } of pieces) client.write(bytes);
      client.end();
      client.resume();
      await once(client, "close");
    }
    return host;
  }

  /** What an engine that lives answers to a question within its time; the code of a refusal. */
  async ask(name: string, body: unknown): Promise<string | null> {
    const { channel, child } = this.running;
    const dead = new Promise<never>((_, reject) => {
      if (child.exitCode !== null || child.signalCode !== null) reject(new Error("The engine has ended."));
      child.once("exit", (code, signal) => reject(new Error(`The engine ended: ${code ?? signal ?? "?"}.`)));
    });
    dead.catch(() => undefined);
    try {
      await Promise.race([channel.ask(name as keyof EngineRequests, body as never), dead]);
      return null;
    } catch (error) {
      if (error instanceof UserError) return `${error.code}: ${error.message}`;
      throw error;
    } finally {
      child.removeAllListeners("exit");
    }
  }

  async stop(): Promise<void> {
    this.#server.close();
    await this.#harness.end();
  }
}

let hosting: Promise<Host> | undefined;
const host = async (): Promise<Host> => {
  const running = await (hosting ??= Host.start());
  if (running.running.child.exitCode === null && running.running.child.signalCode === null) return running;
  await running.stop();
  return (hosting = Host.start());
};
const stopHost = async (): Promise<void> => {
  await (await hosting)?.stop();
  hosting = undefined;
};

const NUMBERS = [0, 1, 2, 5, 50, 1e6, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, -1, 0.5, Number.NaN, Infinity];
const TEXTS = [
  "",
  "t",
  "topic",
  "a == 1",
  "pending and ~q",
  "(",
  "x".repeat(5000),
  "json",
  "tcp://127.0.0.1:1",
  "\0",
  "𝄞",
];
const VIEW_NAMES = [
  ...FORWARDED_REQUESTS,
  "view/start",
  "command/run",
  "call/send",
  "call/preview",
  "filter/save",
  "text/copy",
];
const FIELD_NAMES = [
  ...[
    "filter",
    "from",
    "count",
    "n",
    "text",
    "fold",
    "foldHeartbeats",
    "field",
    "prefix",
    "pinned",
    "note",
    "frame",
    "decoder",
  ],
  ...[
    "call",
    "tap",
    "dialect",
    "command",
    "finding",
    "name",
    "isTyping",
    "capture",
    "confirmed",
    "quiet",
    "security",
    "uri",
  ],
  ...["target", "timeoutMs", "retries", "keys", "socket", "frames", "typed", "kind", "__proto__", "constructor"],
];

function anything(draw: Draw, depth: number): unknown {
  switch (draw.below(depth > 0 ? 8 : 6)) {
    case 0:
      return draw.pick([null, true, false, undefined]);
    case 1:
    case 2:
      return draw.pick(NUMBERS);
    case 3:
      return draw.rarely(3) ? textOf(draw.some(40)) : draw.pick(TEXTS);
    case 4:
      return draw.pick<DecoderChoice>([...DECODERS, "struct:<I", "numbers:int8", "protobuf:a.B", "own:x"]);
    case 5:
      return draw.pick(VIEW_COMMANDS);
    case 6:
      return draw.list(3, () => anything(draw, depth - 1));
    default:
      return Object.fromEntries(draw.list(6, () => [draw.pick(FIELD_NAMES), anything(draw, depth - 1)] as const));
  }
}

/** A question's body of the right fields, mostly. */
function body(draw: Draw, name: string): unknown {
  const number = (): unknown => (draw.rarely(3) ? anything(draw, 1) : draw.pick([0, 1, 2, 3, 10, 100]));
  const text = (): unknown => (draw.rarely(3) ? anything(draw, 1) : draw.pick(TEXTS));
  const fields: Record<string, unknown> = {};
  const known: Readonly<Record<string, () => unknown>> = {
    filter: () => draw.pick([null, null, 0, 1, 2]),
    from: number,
    count: number,
    n: number,
    text,
    fold: () => draw.flag(),
    field: text,
    prefix: text,
    pinned: () => draw.flag(),
    note: text,
    frame: number,
    decoder: () => draw.pick([null, ...DECODERS, "struct:<I"]),
    call: text,
    tap: () => draw.pick(["t", "x"]),
    dialect: () => draw.pick([null, "json-rpc", "x"]),
  };
  for (const [field, make] of Object.entries(known)) if (name.includes("/") && !draw.rarely(8)) fields[field] = make();
  if (draw.rarely(6)) fields[draw.pick(FIELD_NAMES)] = anything(draw, 2);
  return draw.rarely(12) ? anything(draw, 3) : fields;
}

export const viewAsks: Target = {
  name: "view-asks",
  about:
    "what a hostile page could post to its host: dropped, or handed on with no field but those of the question, which an engine with a capture answers or refuses in a sentence, and lives",
  seeds: () => seedDraws(64, 120),
  maxBytes: 400,
  slowMs: 10_000,
  run: async (input) => {
    const draw = new Draw(input);
    const { running } = await host();
    assert.equal(running.child.exitCode, null);
    for (let left = 1 + draw.below(6); left > 0; left--) {
      const name = draw.rarely(8) ? textOf(draw.some(12)) : draw.pick(VIEW_NAMES);
      const posted = draw.rarely(12)
        ? anything(draw, 3)
        : { kind: "ask", id: draw.pick([1, 7, -1]), name, body: body(draw, name) };
      const ask = checkViewAsk(posted);
      if (ask === undefined) continue;
      assert.deepEqual(checkViewAsk(ask), ask);
      assert.deepEqual(Object.keys(ask), ["kind", "id", "name", "body"]);
      const given = ask.body as Readonly<Record<string, unknown>> | null;
      for (const field of ["capture", "confirmed", "quiet", "security", "uri"])
        assert.ok(!Object.hasOwn(given ?? {}, field), `${ask.name} lets ${field} through`);
      const forwarded = FORWARDED_REQUESTS.find((known) => known === ask.name);
      if (forwarded === undefined) continue;
      const refusal = await (await host()).ask(forwarded, { ...given, capture: draw.pick([0, 0, 0, 1]) });
      assert.ok(refusal?.startsWith("bug") !== true, `${forwarded} ${JSON.stringify(given)}: ${refusal ?? ""}`);
    }
  },
  stop: stopHost,
};

/** Questions of the host that open nothing beyond the engine, whatever they say. */
const ENGINE_NAMES: readonly (keyof EngineRequests)[] = [
  ...FORWARDED_REQUESTS,
  "engine/limit",
  "tap/list",
  "tap/fit",
  "tap/admit",
  "tap/secure",
  "capture/stats",
  "capture/open",
  "capture/close",
  "job/cancel",
  "dialect/choose",
  "proto/load",
  "message/copy",
  "message/follow",
  "message/normalised",
  "message/frames",
  "call/preview",
  "call/read",
  "pattern/test",
  "dialects/list",
  "replay/difference",
  "intervention/start",
  "intervention/stop",
  "intervention/list",
  "held/list",
  "held/frames",
  "held/release",
  "held/drop",
  "findings/disable",
  "findings/sequences",
  "bridge/list",
  "bridge/stop",
  "webBridge/stop",
];

export const engineAsks: Target = {
  name: "engine-asks",
  about:
    "questions of the engine's protocol with bodies of any shape: each is answered or refused, and the engine lives",
  seeds: () => seedDraws(64, 120),
  maxBytes: 400,
  slowMs: 10_000,
  run: async (input) => {
    const draw = new Draw(input);
    for (let left = 1 + draw.below(6); left > 0; left--) {
      const name = draw.rarely(10) ? textOf(draw.some(12)) : draw.pick(ENGINE_NAMES);
      const own = body(draw, name);
      const more = draw.list(
        3,
        () =>
          [
            draw.pick([...FIELD_NAMES, "path", "choices", "modules", "files", "id", "spec"]),
            anything(draw, 2),
          ] as const,
      );
      const isObject = typeof own === "object" && own !== null;
      const asked: unknown = isObject ? { capture: 0, ...own, ...Object.fromEntries(more) } : own;
      await (await host()).ask(name, asked);
    }
    // It still does what it is there for.
    assert.equal(await (await host()).ask("capture/stats", { capture: 0 }), null);
  },
  stop: stopHost,
};

const packr = new Packr();
const record = (value: unknown): Uint8Array => {
  const packed = packr.pack(value);
  return join(recordHeader(packed.length), packed);
};

/** A process an input, so these are few. */
export const pipe: Target = {
  name: "pipe",
  about:
    "octets on the pipe of an engine process, whose end follows: the process ends by itself, with or without an answer, and by no signal",
  seeds: () => {
    const limits = { maxBytes: 32 * 1024 * 1024, maxDiskBytes: 0, maxFrameBytes: 64 * 1024 };
    const hello = record({ kind: "ask", id: 1, name: "engine/hello", body: { version: 4, limits, storage: null } });
    return [
      hello,
      join(hello, record({ kind: "ask", id: 2, name: "tap/list", body: null })),
      record([1, 2]),
      record("x"),
    ];
  },
  maxBytes: 600,
  slowMs: 30_000,
  run: async (input) => {
    const harness = new Harness();
    const { child, pipe: stream } = startEngine(harness.context, "ignore");
    stream.on("error", () => undefined);
    const ended = once(child, "exit");
    stream.write(input);
    stream.end();
    const [code, signal] = (await ended) as [number | null, string | null];
    await harness.end();
    assert.equal(signal, null);
    assert.ok(code === 0 || code === 1, `exit code ${code}`);
  },
};
