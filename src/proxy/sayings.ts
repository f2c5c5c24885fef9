import type { DialectName } from "../shared/dialects.ts";
import type { Direction, SocketPair } from "../shared/model.ts";
import type { Capture, RawRow } from "./capture/capture.ts";
import type { RowSaid } from "./capture/talk.ts";
import type { ChannelDialects } from "./channelDialects.ts";
import { dialectTools } from "./dialectTools.ts";
import type { DialectKey, DialectMessage, SaidOrProblem } from "./dialects/dialect.ts";
import { dialectNamed } from "./dialects/registry.ts";

/** Longer messages are not read for the log: the octets of all frames. */
export const MAX_SAID_BYTES = 65_536;
/** Messages with more frames are none of a dialect's. */
const MAX_FRAMES = 256;
/** Rows whose saying is remembered. */
const MAX_REMEMBERED = 4096;
const NO_SOCKETS: SocketPair = { client: null, server: null };

/** A message with what its channel's dialect makes of it. */
export type Read = {
  readonly dialect: DialectName;
  readonly isChosen: boolean;
  readonly read: SaidOrProblem;
};

/** Reads rows of a capture in the dialects of their channels. Bounded octets per row; the latest are remembered. */
export class Sayings {
  readonly #capture: Capture;
  readonly #channels: ChannelDialects;
  readonly #keyOf: (tapName: string) => DialectKey;
  /** The newest last. */
  readonly #known = new Map<number, RowSaid | null>();
  #version = 0;

  /** `keyOf` is what messages of a tap are signed with. */
  constructor(capture: Capture, channels: ChannelDialects, keyOf: (tapName: string) => DialectKey) {
    this.#capture = capture;
    this.#keyOf = keyOf;
    this.#channels = channels;
  }

  forget(): void {
    this.#known.clear();
  }

  /** What a row says, in short; `null` for what is no message, or of a channel that speaks nothing known. */
  of(n: number): RowSaid | null {
    if (this.#version !== this.#channels.version) {
      this.#version = this.#channels.version;
      this.#known.clear();
    }
    const known = this.#known.get(n);
    if (known !== undefined) return known;
    const raw = this.#capture.row(n);
    const full = raw === undefined ? null : this.read(raw, MAX_SAID_BYTES);
    const said = full === null ? null : inShort(full);
    // What a channel speaks may become known later.
    if (said === null && raw?.kind === "message") return null;
    if (this.#known.size >= MAX_REMEMBERED) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(n, said);
    return said;
  }

  /** The same of a message that is no row yet. Its channel learns nothing from it. */
  ofFrames(tapName: string, sockets: SocketPair, direction: Direction, frames: readonly Uint8Array[]): RowSaid | null {
    const dialect = this.#channels.of(tapName, sockets);
    const isTooMuch =
      frames.length > MAX_FRAMES || frames.reduce((sum, { length }) => sum + length, 0) > MAX_SAID_BYTES;
    if (dialect === null || isTooMuch) return null;
    const { client, server } = sockets;
    const [sender, receiver] = direction === 0 ? [client, server] : [server, client];
    const read = decoded(dialect, { frames: [...frames], sender, receiver }, this.#keyOf(tapName));
    return inShort({ dialect, isChosen: false, read });
  }

  /** All that a message of up to `maxBytes` says; `null` as of(). Its channel learns from it. */
  read(raw: RawRow, maxBytes: number): Read | null {
    if (raw.kind !== "message" || raw.link === null || raw.direction === null) return null;
    const { tapName, n } = raw;
    const { sockets } = raw.link;
    const channels = this.#channels;
    const isTooMuch = raw.sizeBytes > maxBytes || raw.frames > MAX_FRAMES;
    const isWanted = !isTooMuch && channels.wants(tapName, sockets, n);
    if (!isWanted && channels.of(tapName, sockets) === null) return null;
    const message = isTooMuch ? null : messageOf(this.#capture, raw);
    if (isWanted && message !== null) channels.see(tapName, sockets, n, message, raw.direction);
    const dialect = channels.of(tapName, sockets);
    if (dialect === null) return null;
    const isChosen = channels.isChosen(tapName, sockets);
    return {
      dialect,
      isChosen,
      read: message === null ? { problem: unread(raw, maxBytes) } : decoded(dialect, message, this.#keyOf(tapName)),
    };
  }
}

function decoded(dialect: DialectName, message: DialectMessage, key: DialectKey): SaidOrProblem {
  return (
    dialectNamed(dialect)?.decode(message, key, dialectTools) ?? { problem: "This build cannot read this dialect." }
  );
}

function unread({ sizeBytes, frames }: RawRow, maxBytes: number): string {
  if (sizeBytes <= maxBytes && frames <= MAX_FRAMES) return "Some of its octets are no longer kept.";
  return `It has ${sizeBytes} octets in ${frames} frames, and no more than ${maxBytes} in ${MAX_FRAMES} are read here.`;
}

/** A row's frames with who sent them; `null` when some of them are no longer kept. */
function messageOf(capture: Capture, raw: RawRow): DialectMessage | null {
  const { frames, more } = capture.framePrefixes(raw.n, MAX_FRAMES, raw.sizeBytes);
  if (more > 0 || frames.some(({ sizeBytes, prefix }) => prefix.length < sizeBytes)) return null;
  const { client, server } = raw.link?.sockets ?? NO_SOCKETS;
  const [sender, receiver] = raw.direction === 0 ? [client, server] : [server, client];
  return { frames: frames.map(({ prefix }) => prefix), sender, receiver };
}

function inShort({ dialect, read }: Read): RowSaid {
  if ("problem" in read) return { dialect, kind: null, method: "", problem: null, id: null };
  const { kind, method, problem, id } = read.said;
  return { dialect, kind, method, problem, id };
}
