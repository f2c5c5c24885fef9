import type { SubjectLink } from "../../src/proxy/filter/subject.ts";
import { KINDS } from "../../src/proxy/filter/subject.ts";
import type { Found, MakeRule, Rule, RuleContext, SeenRow } from "../../src/proxy/findings/rule.ts";
import type { FindingId } from "../../src/shared/findings.ts";
import { type Origin, ORIGINS, type SocketPair } from "../../src/shared/model.ts";
import type { Sequence } from "../../src/shared/sequences.ts";

type LinkOptions = {
  readonly tap?: string;
  readonly sockets?: SocketPair;
  readonly origin?: Origin;
  readonly version?: string;
};

type Told = Found & { readonly isOver: boolean };

/** Rows written down by hand for one rule, in order, and what it finds in them. Times are in milliseconds. */
export class RowTape {
  /** What stands now, by id and what it is about. */
  readonly found = new Map<string, Told>();
  readonly withdrawn: string[] = [];
  readonly heldUpMs = new Map<number, number>();
  sequences: readonly Sequence[] = [];
  isLive = true;
  n = 0;
  ms = 0;
  readonly #rule: Rule;
  readonly #links = new Map<number, { readonly link: SubjectLink; readonly origin: Origin }>();

  constructor(make: MakeRule) {
    const context: Partial<RuleContext> = {
      found: (found) => {
        const key = `${found.id} ${found.about}`;
        const before = this.found.get(key);
        const times = (before?.times ?? 0) + (found.times ?? 1);
        this.found.set(key, { ...found, times, isOver: false });
      },
      ended: (id, about) => {
        const told = this.found.get(`${id} ${about}`);
        if (told !== undefined) this.found.set(`${id} ${about}`, { ...told, isOver: true });
      },
      withdrawn: (id, about) => {
        if (this.found.delete(`${id} ${about}`)) this.withdrawn.push(id);
      },
      heldUpMs: (link) => this.heldUpMs.get(link) ?? 0,
    };
    // What may change while the rule lives.
    Object.defineProperty(context, "sequences", { get: () => this.sequences });
    Object.defineProperty(context, "isLive", { get: () => this.isLive });
    this.#rule = make(context as RuleContext);
  }

  /** Ids of what stands now, in order. */
  get ids(): readonly FindingId[] {
    return [...this.found.values()].map(({ id }) => id).sort();
  }

  /** The only finding of this kind. */
  only(id: FindingId): Told {
    const found = [...this.found.values()].filter((each) => each.id === id);
    if (found.length !== 1) throw new Error(`There are ${found.length} findings of ${id}.`);
    return found[0]!;
  }

  /** A link is opened and shakes hands; between SUB and PUB where nothing else is said. */
  open(
    link: number,
    { tap = "prices", sockets = { client: "SUB", server: "PUB" }, origin = "wire", version = "3.1" }: LinkOptions = {},
  ): void {
    const info: SubjectLink = {
      link,
      tapName: tap,
      client: `127.0.0.1:${40_000 + link}`,
      server: "127.0.0.1:5556",
      sockets,
      identity: { client: "", server: "" },
      mechanism: "NULL",
    };
    this.#links.set(link, { link: info, origin });
    this.#event(link, "link-opened");
    this.#event(link, "handshake", { detail: { version } });
  }

  subscribe(link: number, topic: string | Uint8Array): number {
    return this.#event(link, "subscribe", { topic: Buffer.from(topic), kind: "command" });
  }

  unsubscribe(link: number, topic: string): number {
    return this.#event(link, "unsubscribe", { topic: Buffer.from(topic), kind: "command" });
  }

  close(link: number): void {
    this.#event(link, "link-closed");
    this.#links.delete(link);
  }

  /** A publication that these links get; all but the first row are copies, but for the tap's own link. */
  publish(links: readonly number[], ...frames: readonly (string | Uint8Array)[]): number {
    let first = 0;
    let isCopy = false;
    for (const link of links) {
      const isWatch = this.#links.get(link)?.origin === "watch";
      const n = this.message(link, 1, frames, isCopy && !isWatch);
      if (first === 0) first = n;
      if (!isWatch) isCopy = true;
    }
    return first;
  }

  message(link: number, direction: 0 | 1, frames: readonly (string | Uint8Array)[], isCopy = false): number {
    const octets = frames.map((frame) => Buffer.from(frame));
    const row = this.#row(link, {
      kind: KINDS.indexOf("message"),
      direction,
      frames: octets.length,
      sizeBytes: octets.reduce((sum, { length }) => sum + length, 0),
      isCopy,
      frame: (i) => octets.at(i) ?? null,
    });
    this.#rule.message?.(row);
    return row.n;
  }

  /** Lets so much time pass. */
  wait(ms: number): void {
    this.ms += ms;
    this.#rule.tick?.(this.ms * 1e6);
  }

  skip(rows: number): void {
    this.n += rows;
    this.#rule.skipped?.(this.n);
  }

  #event(
    link: number,
    event: string,
    more: { topic?: Uint8Array; detail?: Record<string, unknown>; kind?: "command" } = {},
  ): number {
    const row = this.#row(link, {
      kind: KINDS.indexOf(more.kind ?? "event"),
      direction: more.kind === undefined ? -1 : 0,
      event,
      topic: () => more.topic ?? null,
      detail: () => more.detail ?? null,
    });
    this.#rule.event?.(row);
    return row.n;
  }

  #row(link: number, parts: Partial<SeenRow>): SeenRow {
    const known = this.#links.get(link);
    if (known === undefined) throw new Error(`There is no link ${link}.`);
    const row: Partial<SeenRow> = {
      n: ++this.n,
      link: known.link,
      tapName: known.link.tapName,
      origin: ORIGINS.indexOf(known.origin),
      timeNs: this.ms * 1e6,
      event: "",
      isCopy: false,
      ...parts,
    };
    return row as SeenRow;
  }
}
