import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { EventCounts } from "../support/eventCounts.ts";
import type { Admission, Message, Peer, PeerOptions, PeerSocket, SocketKind } from "./peer.ts";

type Answer = { id: number; value?: unknown; error?: string };
type Said = Answer | { socket: string; event: string } | { ready: string };

/** The first Python that can import these modules of Debian's packages. Throws an Error that says what to install. */
export function findPython(
  modules: readonly string[] = ["zmq"],
  packages: readonly string[] = ["python3-zmq"],
): string {
  const wanted = `import ${modules.join(", ")}`;
  const known = pythons.get(wanted);
  if (known !== undefined) return known;
  const candidates = [process.env["ZMQ_TAP_PYTHON"], "python3", "/usr/bin/python3"];
  const found = candidates.find((python) => python !== undefined && spawnSync(python, ["-c", wanted]).status === 0);
  if (found !== undefined) {
    pythons.set(wanted, found);
    return found;
  }
  throw new Error(
    `The interop tests need a Python that can import ${modules.join(", ")}: install the Debian packages ` +
      `${packages.join(", ")}, or set ZMQ_TAP_PYTHON to such a Python.`,
  );
}

/** Each is looked for once, which takes a good part of a second. */
const pythons = new Map<string, string>();

/** Whom the ZAP handler of zap.py lets in, and what it answers the others. */
export type ZapRules = {
  readonly allowAny?: boolean;
  readonly keys?: readonly string[];
  readonly passwords?: Readonly<Record<string, string>>;
  readonly addresses?: readonly string[];
  readonly status?: "300" | "400" | "500";
};

/** pyzmq in a process of its own. */
export class PythonPeer implements Peer {
  readonly library = "pyzmq";
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  readonly #events = new Map<string, EventCounts>();
  readonly #ready: Promise<void>;
  #nextId = 1;
  #nextSocket = 1;

  constructor() {
    const file = join(import.meta.dirname, "peer.py");
    this.#child = spawn(findPython(), ["-B", file], { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: this.#child.stdout });
    this.#ready = new Promise((resolve, reject) => {
      lines.on("line", (line) => {
        const said = JSON.parse(line) as Said;
        if ("ready" in said) resolve();
        else if ("event" in said) this.#events.get(said.socket)?.add(said.event);
        else this.#answer(said);
      });
      this.#child.on("close", () => {
        const ended = new Error("The pyzmq peer ended.");
        reject(ended);
        for (const { reject: refuse } of this.#pending.values()) refuse(ended);
        for (const events of this.#events.values()) events.end(ended);
      });
    });
  }

  async open(kind: SocketKind, options: PeerOptions = {}): Promise<PythonSocket> {
    await this.#ready;
    const socket = String(this.#nextSocket++);
    const events = new EventCounts();
    this.#events.set(socket, events);
    await this.#ask({ socket, op: "open", type: kind, options });
    return new PythonSocket(events, (op, request = {}) => this.#ask({ socket, op, ...request }));
  }

  async admit({ keys, addresses }: Admission): Promise<void> {
    await this.#ready;
    const rules = { allowAny: keys === null, ...(keys && { keys }), ...(addresses && { addresses }) };
    await this.#ask({ op: "admit", rules });
  }

  async setPasswords(passwords: Readonly<Record<string, string>>): Promise<void> {
    await this.#ready;
    await this.#ask({ op: "passwords", passwords });
  }

  /** Servers of this peer that have a ZAP domain, or CURVE, let in whom these rules allow; once per peer. */
  async authenticate(rules: ZapRules): Promise<void> {
    await this.#ready;
    await this.#ask({ op: "zap", rules });
  }

  /** Makes all its sockets stand still, or go on. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#child.kill(signal);
  }

  /** Ends it as a crash does; whoever waits for it is told. */
  async kill(): Promise<void> {
    const closed = once(this.#child, "close");
    this.#child.kill("SIGKILL");
    await closed;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGCONT");
    const closed = once(this.#child, "close");
    this.#child.stdin.end();
    await closed;
  }

  #ask(request: Record<string, unknown>): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#child.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
    });
  }

  #answer({ id, value, error }: Answer): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (error === undefined) pending?.resolve(value);
    else pending?.reject(new Error(`pyzmq: ${error}`));
  }
}

/** A socket of a PythonPeer, with the loops that only pyzmq runs. */
export class PythonSocket implements PeerSocket {
  readonly events: EventCounts;
  readonly #ask: (op: string, request?: Record<string, unknown>) => Promise<unknown>;

  constructor(events: EventCounts, ask: (op: string, request?: Record<string, unknown>) => Promise<unknown>) {
    this.events = events;
    this.#ask = ask;
  }

  async bind(endpoint: string): Promise<string> {
    return (await this.#ask("bind", { endpoint })) as string;
  }

  async connect(endpoint: string, proxy?: string): Promise<void> {
    await this.#ask("connect", { endpoint, ...(proxy === undefined ? {} : { proxy }) });
  }

  async subscribe(topic: string): Promise<void> {
    await this.#ask("subscribe", { topic: base64(topic) });
  }

  async unsubscribe(topic: string): Promise<void> {
    await this.#ask("unsubscribe", { topic: base64(topic) });
  }

  async send(...messages: readonly Message[]): Promise<void> {
    await this.#ask("send", { messages: messages.map((frames) => frames.map((frame) => frame.toString("base64"))) });
  }

  async receive(count = 1): Promise<Message[]> {
    const messages = (await this.#ask("receive", { count })) as string[][];
    return messages.map((frames) => frames.map((frame) => Buffer.from(frame, "base64")));
  }

  /** Sends back what comes, until halted or closed. */
  async echo(): Promise<void> {
    await this.#ask("echo");
  }

  /** Sends `count` messages of `size` octets that begin with their number (8 octets, big-endian, from 0). */
  async number(count: number, size: number): Promise<void> {
    await this.#ask("number", { count, size });
  }

  /** Sends numbered messages with a pause after each until halted; those that would wait are given up. Says how many went. */
  async pace(pauseMs: number): Promise<number> {
    return (await this.#ask("pace", { pauseMs })) as number;
  }

  /** Sends until nothing more was accepted for `stallMs`; says how many messages were. */
  async flood(size: number, stallMs: number): Promise<number> {
    return (await this.#ask("flood", { size, stallMs })) as number;
  }

  /** Receives until halted; says the number that each message begins with. */
  async collect(): Promise<number[]> {
    return (await this.#ask("collect")) as number[];
  }

  /** Receives `count` messages and forgets them. */
  async discard(count: number): Promise<void> {
    await this.#ask("discard", { count });
  }

  /** Makes as many connections to one endpoint, which libzmq allows a PUSH. */
  async connectTimes(endpoint: string, times: number): Promise<void> {
    await this.#ask("connect", { endpoint, times });
  }

  /** Asks one question after the other until halted, with a fresh REQ whenever an answer stays out. */
  async pirate(endpoint: string, timeoutMs: number): Promise<{ answered: number; renewed: number }> {
    return (await this.#ask("pirate", { endpoint, timeoutMs })) as { answered: number; renewed: number };
  }

  /** Ends the loop that runs; the socket can only be closed then. */
  async halt(): Promise<void> {
    await this.#ask("halt");
  }

  async close(): Promise<void> {
    await this.#ask("close");
  }
}

const base64 = (value: string): string => Buffer.from(value).toString("base64");
