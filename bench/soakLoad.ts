import { Program } from "./program.ts";

/** A server's endpoint and where its clients connect, by what it is. */
export type SoakEndpoints = Readonly<Record<SoakGroup, { readonly server: string; readonly clients: string }>>;

/** In the order in which soakPeers.c takes them. */
export const SOAK_GROUPS = ["pull", "pub", "echo", "push", "probe"] as const;
type SoakGroup = (typeof SOAK_GROUPS)[number];

/** What the peers say each second; counters since their beginning. */
export type LoadSecond = {
  readonly second: number;
  /** Messages that arrived. */
  readonly passed: number;
  /** Questions that were asked again, since no answer came. */
  readonly again: number;
  readonly connected: number;
  readonly restarts: number;
  readonly garbage: number;
  readonly faults: number;
  /** Round trips of the last second. */
  readonly p50us: number;
  readonly p99us: number;
};

/** What one kind of links comes to in the end, by the peers' own words: `sent`, `received`, `unequal` and others. */
export type Account = Readonly<Record<string, number>>;

/** The peers of one way: 200 links whose messages are numbered and checked. It must be stopped by whoever started it. */
export class SoakLoad {
  readonly seconds: LoadSecond[] = [];
  readonly accounts = new Map<string, Account>();
  readonly faults: string[] = [];
  readonly #program: Program;

  constructor(peers: string, endpoints: SoakEndpoints, seconds: number, messagesPerSecond: number) {
    const places = SOAK_GROUPS.flatMap((group) => [endpoints[group].server, endpoints[group].clients]);
    this.#program = new Program(peers, [String(seconds), String(messagesPerSecond), ...places]);
  }

  get latest(): LoadSecond | undefined {
    return this.seconds.at(-1);
  }

  /** Resolves when the servers listen. */
  async ready(): Promise<void> {
    await this.#program.line();
  }

  /** Connects the clients. Resolves when all is sent and has arrived, or too much time has passed. Rejects when the peers fail. */
  async run(): Promise<void> {
    this.#program.go();
    await this.#program.each((line) => this.#take(line));
  }

  async stop(): Promise<void> {
    await this.#program.stop();
  }

  #take(line: string): void {
    if (line.startsWith("fault ")) this.faults.push(line.slice("fault ".length));
    else if (line.startsWith("second=")) this.seconds.push(values(line) as unknown as LoadSecond);
    else if (line.startsWith("account ")) {
      const group = /group=(\w+)/.exec(line)?.[1] ?? "";
      this.accounts.set(group, values(line));
    }
  }
}

/** The numbers of `name=value` pairs. */
function values(line: string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [, name = "", value] of line.matchAll(/(\w+)=([\d.]+)/g)) found[name] = Number(value);
  return found;
}
