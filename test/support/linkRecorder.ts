import { LinkReader } from "../../src/proxy/wire/linkReader.ts";
import { walkFrames } from "../../src/proxy/wire/frames.ts";
import {
  COMMAND_CODES,
  type CommandCode,
  type FaultDetail,
  type HandshakeDetail,
  type LinkSink,
} from "../../src/proxy/wire/linkSink.ts";
import type { Direction, ExchangeState, SocketPair } from "../../src/shared/model.ts";

/** What a reader told, in order, with the frames of messages read back from the bytes at the positions it gave. */
export type Told =
  | { kind: "message"; direction: Direction; frames: string[]; sizeBytes: number }
  | { kind: "encrypted"; direction: Direction; sizeBytes: number }
  | { kind: "command"; direction: Direction; name: string; bytes: string }
  | { kind: "paired"; request: number; reply: number; guessed: boolean }
  | { kind: "exchange"; n: number; state: ExchangeState }
  | { kind: "handshake"; detail: HandshakeDetail }
  | { kind: "fault"; direction: Direction; detail: FaultDetail };

const OVERWRITTEN = 0xee;

/** A LinkReader with a memory: keeps what was pushed and what the reader said of it. Rows are numbered from 1. */
export class LinkRecorder implements LinkSink {
  readonly told: Told[] = [];
  readonly reader: LinkReader;
  /** What may be kept of all that was pushed. */
  readonly kept: [Uint8Array[], Uint8Array[]] = [[], []];
  readonly #chunks = new Map<number, { direction: Direction; bytes: Uint8Array }>();
  #nextChunk = 0;
  #current: [number, number] = [0, 0];
  #rows = 0;

  constructor(sockets?: SocketPair) {
    this.reader = new LinkReader(this, sockets === undefined ? {} : { sockets });
  }

  push(direction: Direction, ...parts: Uint8Array[]): this {
    for (const bytes of parts) {
      const chunk = this.#take(direction, bytes);
      // As a connection reads: into memory that is its own again afterwards. A Buffer, whose slice() is no copy.
      const memory = Buffer.from(bytes);
      this.reader.push(direction, memory, chunk);
      memory.fill(OVERWRITTEN);
    }
    return this;
  }

  /** Pushes what lies before the first gap of `bytes`, and returns how much that was; -1 when it is all of it. */
  pushToGap(direction: Direction, bytes: Uint8Array): number {
    const gap = this.reader.gapIn(direction, bytes);
    this.push(direction, gap < 0 ? bytes : bytes.subarray(0, gap));
    return gap;
  }

  isAtGap(direction: Direction): boolean {
    return this.reader.gapIn(direction, new Uint8Array(0)) === 0;
  }

  /** Everything of one kind. */
  of<Kind extends Told["kind"]>(kind: Kind): Extract<Told, { kind: Kind }>[] {
    return this.told.filter((each): each is Extract<Told, { kind: Kind }> => each.kind === kind);
  }

  #take(direction: Direction, bytes: Uint8Array): number {
    const chunk = this.#nextChunk++;
    this.kept[direction].push(new Uint8Array(this.reader.borrowKept(direction, bytes)));
    this.#chunks.set(chunk, { direction, bytes });
    this.#current[direction] = chunk;
    return chunk;
  }

  /** The bytes between two positions of one direction. */
  #gather(direction: Direction, startChunk: number, startOffset: number, endOffset: number): Uint8Array {
    const parts: Uint8Array[] = [];
    const last = this.#current[direction];
    for (let chunk = startChunk; chunk <= last; chunk++) {
      const stored = this.#chunks.get(chunk)!;
      if (stored.direction !== direction) continue;
      const from = chunk === startChunk ? startOffset : 0;
      parts.push(stored.bytes.subarray(from, chunk === last ? endOffset : undefined));
    }
    return new Uint8Array(Buffer.concat(parts));
  }

  message(
    direction: Direction,
    startChunk: number,
    startOffset: number,
    endOffset: number,
    sizeBytes: number,
    frames: number,
  ): number {
    const mayBeLate = this.#mayBeLate(direction, startChunk);
    const bytes = this.#gather(direction, startChunk, startOffset, mayBeLate ? Infinity : endOffset);
    const walked = walkFrames(bytes, this.reader.framing).filter(({ command }) => !command);
    const spans = mayBeLate ? walked.slice(0, frames) : walked;
    const bodies = spans.map(({ offset, keptBytes }) =>
      Buffer.from(bytes.subarray(offset, offset + keptBytes)).toString("hex"),
    );
    if (spans.length !== frames) bodies.push(`${frames} frames were told`);
    this.told.push({ kind: "message", direction, frames: bodies, sizeBytes });
    return ++this.#rows;
  }

  encrypted(direction: Direction, startChunk: number, startOffset: number, endOffset: number, sizeBytes: number): void {
    const bytes = this.#gather(direction, startChunk, startOffset, endOffset);
    const [span] = walkFrames(bytes, 3);
    this.#rows++;
    const isWhole = span?.sizeBytes === sizeBytes && span.keptBytes === sizeBytes;
    this.told.push({ kind: "encrypted", direction, sizeBytes: isWhole ? sizeBytes : -1 });
  }

  command(direction: Direction, code: CommandCode, startChunk: number, startOffset: number, endOffset: number): void {
    const mayBeLate = this.#mayBeLate(direction, startChunk);
    let bytes = this.#gather(direction, startChunk, startOffset, mayBeLate ? Infinity : endOffset);
    const [span] = mayBeLate ? walkFrames(bytes, this.reader.framing) : [];
    if (span !== undefined) bytes = bytes.subarray(0, span.offset + span.keptBytes);
    this.#rows++;
    this.told.push({
      kind: "command",
      direction,
      name: COMMAND_CODES[code],
      bytes: Buffer.from(bytes).toString("hex"),
    });
  }

  /** What was held for the other side's greeting is told late: it ended in a chunk that is not the last. */
  #mayBeLate(direction: Direction, startChunk: number): boolean {
    return startChunk !== this.#current[direction] && this.of("handshake").length === 0;
  }

  paired(request: number, reply: number, guessed: boolean): void {
    this.told.push({ kind: "paired", request, reply, guessed });
  }

  exchange(n: number, state: ExchangeState): void {
    this.told.push({ kind: "exchange", n, state });
  }

  handshake(detail: HandshakeDetail): void {
    this.told.push({ kind: "handshake", detail });
  }

  fault(direction: Direction, detail: FaultDetail): void {
    this.told.push({ kind: "fault", direction, detail });
  }
}
