import type { Direction, Origin, SocketPair, SocketType } from "../shared/model.ts";
import type { LinkEnd } from "./relay/link.ts";
import type { LinkAddresses } from "./relay/tap.ts";
import { LONG, MORE } from "./wire/frames.ts";
import { encodeGreeting, encodeReady } from "./wire/writer.ts";

/** Messages, and octets of their frames, that a link holds until it shows them in the next turn; with more it does at once. */
const MAX_HELD = 512;
const MAX_HELD_BYTES = 16 * 1024 * 1024;
const MAX_HEADER_BYTES = 9;
const DELIMITER = new Uint8Array(0);

/** Where octets of a link are read and kept; a LinkLog is one. */
type Log = {
  received(direction: Direction, bytes: Uint8Array): void;
  closed(end: LinkEnd): void;
};

/** What a socket of the engine's own and its peer are, for whoever opens the log of a link between them. */
export type SocketLinkOptions = {
  /** Whose rows these are; it need not be a tap of the engine's. */
  readonly tap: { readonly id: string; readonly name: string };
  readonly origin: Exclude<Origin, "wire">;
  readonly sockets: { readonly client: SocketType; readonly server: SocketType };
  /** As shown: `127.0.0.1:5556`, `ipc:///tmp/x`, or a name where there is no address. */
  readonly addresses: LinkAddresses;
  /** Routing ids, where they are known. */
  readonly identity?: { readonly client?: Uint8Array; readonly server?: Uint8Array };
};

/** How the log of such a link is opened; the engine's `openSocketLog` does. */
export type OpenSocketLog = (link: {
  readonly tap: SocketLinkOptions["tap"];
  readonly origin: Origin;
  readonly addresses: LinkAddresses;
  readonly sockets: SocketPair;
}) => Log;

/**
 * A link without a relay: what a socket of the engine's own exchanges is written into the capture as the ZMTP stream of a
 * NULL link, so that rows, pairing, dialects, filters and exports take it for any other. Messages are held and shown in the
 * next turn of the event loop, always in their order, so that message() costs next to nothing where something is to be sent.
 * Sockets of the `zeromq` library leave out the empty delimiter of REQ and REP: it is put in front of the messages of links
 * that have one of these.
 */
export class SocketLink {
  readonly #log: Log;
  readonly #hasDelimiter: boolean;
  /** Frames of each message that is held, and which of them is its first, up to `#count`; all have one direction. */
  readonly #held: (readonly Uint8Array[] | null)[] = [];
  readonly #from: number[] = [];
  #direction: Direction = 0;
  #count = 0;
  #heldBytes = 0;
  #isClosed = false;

  constructor({ tap, origin, sockets, addresses, identity }: SocketLinkOptions, open: OpenSocketLog) {
    this.#hasDelimiter = [sockets.client, sockets.server].some((type) => type === "REQ" || type === "REP");
    this.#log = open({ tap, origin, addresses, sockets });
    this.#log.received(0, encodeGreeting("NULL"));
    this.#log.received(1, encodeGreeting("NULL"));
    this.#log.received(0, encodeReady(sockets.client, identity?.client));
    this.#log.received(1, encodeReady(sockets.server, identity?.server));
  }

  /**
   * Frames as the application sends or gets them, of which `from` on are the message; 0 is from the client. This is only the
   * record of it, and what is sent is better sent first. Neither the frames nor their octets may be changed before the next
   * turn of the event loop. After closed() it does nothing.
   */
  message(direction: Direction, frames: readonly Uint8Array[], from = 0): void {
    if (this.#isClosed) return;
    // A reply so soon: what led to it on other links stands before it.
    if (direction !== this.#direction && this.#count > 0) showHolding();
    this.#direction = direction;
    const at = this.#count++;
    this.#held[at] = frames;
    this.#from[at] = from;
    for (let frame = from; frame < frames.length; frame++) this.#heldBytes += frames[frame]!.length;
    if (this.#count >= MAX_HELD || this.#heldBytes > MAX_HELD_BYTES) this.show();
    else if (at === 0) showInNextTurn(this);
  }

  /** Shows what is held now. */
  show(): void {
    const log = this.#log;
    const direction = this.#direction;
    const count = this.#count;
    this.#count = 0;
    this.#heldBytes = 0;
    for (let at = 0; at < count; at++) {
      const frames = this.#held[at]!;
      this.#held[at] = null;
      if (this.#hasDelimiter) gathered.add(log, direction, DELIMITER, MORE);
      const last = frames.length - 1;
      for (let frame = this.#from[at]!; frame <= last; frame++)
        gathered.add(log, direction, frames[frame]!, frame < last ? MORE : 0);
    }
    gathered.show(log, direction);
  }

  /** The link is over; requests without a reply are lost. */
  closed(by: LinkEnd["by"] = "tap"): void {
    if (this.#isClosed) return;
    this.show();
    this.#isClosed = true;
    this.#log.closed({ by, reset: false, bytesLost: 0 });
  }
}

/** Links that hold messages, in the order in which they began to: one turn shows all of them. */
const holding: SocketLink[] = [];
let showing: NodeJS.Immediate | undefined;

function showInNextTurn(link: SocketLink): void {
  holding.push(link);
  showing ??= setImmediate(showHolding);
}

function showHolding(): void {
  clearImmediate(showing);
  showing = undefined;
  for (const link of holding) link.show();
  holding.length = 0;
}

/** Frames behind each other, as they stand on the wire; a frame that is too long is shown by itself. */
class Gathered {
  readonly #bytes = Buffer.allocUnsafeSlow(64 * 1024);
  #length = 0;

  add(log: Log, direction: Direction, body: Uint8Array, flags: number): void {
    const size = body.length;
    const needed = MAX_HEADER_BYTES + size;
    if (this.#length + needed > this.#bytes.length) this.show(log, direction);
    this.#header(size, flags);
    if (needed > this.#bytes.length) {
      this.show(log, direction);
      log.received(direction, body);
      return;
    }
    this.#bytes.set(body, this.#length);
    this.#length += size;
  }

  show(log: Log, direction: Direction): void {
    const length = this.#length;
    this.#length = 0;
    if (length > 0) log.received(direction, this.#bytes.subarray(0, length));
  }

  #header(size: number, flags: number): void {
    const bytes = this.#bytes;
    if (size <= 0xff) {
      bytes[this.#length++] = flags;
      bytes[this.#length++] = size;
      return;
    }
    bytes[this.#length] = flags | LONG;
    bytes.writeUInt32BE(Math.floor(size / 0x100000000), this.#length + 1);
    bytes.writeUInt32BE(size % 0x100000000, this.#length + 5);
    this.#length += MAX_HEADER_BYTES;
  }
}

/** One for all links, since each empties it before it leaves it. */
const gathered = new Gathered();
