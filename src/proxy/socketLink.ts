import type { Direction, Origin, SocketPair, SocketType } from "../shared/model.ts";
import type { LinkEnd } from "./relay/link.ts";
import type { LinkAddresses } from "./relay/tap.ts";
import { LONG, MORE } from "./wire/frames.ts";
import { encodeGreeting, encodeReady } from "./wire/writer.ts";

/** Octets of messages that are gathered before they are shown to the log; a longer frame is shown by itself. */
const GATHERED_BYTES = 64 * 1024;
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
 * NULL link, so that rows, pairing, dialects, filters and exports take it for any other. Messages are gathered in memory
 * that is used again, and shown when that is full or in the next turn of the event loop, always in their order; so what
 * message() costs is a copy. Sockets of the `zeromq` library leave out the empty delimiter of REQ and REP: it is put in
 * front of the messages of links that have one of these.
 */
export class SocketLink {
  readonly #log: Log;
  readonly #hasDelimiter: boolean;
  readonly #gathered = Buffer.allocUnsafeSlow(GATHERED_BYTES);
  #length = 0;
  /** Of what is gathered. */
  #direction: Direction = 0;
  #showing: NodeJS.Immediate | undefined;
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
   * Frames as the application sends or gets them, of which `from` on are the message; 0 is from the client. Call it when
   * the message is on its way, since this is only the record of it. Nothing is kept of the frames. After closed() it does
   * nothing.
   */
  message(direction: Direction, frames: readonly Uint8Array[], from = 0): void {
    if (this.#isClosed) return;
    if (direction !== this.#direction) {
      this.show();
      this.#direction = direction;
    }
    if (this.#hasDelimiter) this.#frame(DELIMITER, MORE);
    const last = frames.length - 1;
    for (let at = from; at <= last; at++) this.#frame(frames[at]!, at < last ? MORE : 0);
    this.#showing ??= setImmediate(() => this.show());
  }

  /** Shows what is gathered now. */
  show(): void {
    clearImmediate(this.#showing);
    this.#showing = undefined;
    if (this.#length === 0) return;
    const length = this.#length;
    this.#length = 0;
    this.#log.received(this.#direction, this.#gathered.subarray(0, length));
  }

  /** The link is over; requests without a reply are lost. */
  closed(by: LinkEnd["by"] = "tap"): void {
    if (this.#isClosed) return;
    this.show();
    this.#isClosed = true;
    this.#log.closed({ by, reset: false, bytesLost: 0 });
  }

  #frame(body: Uint8Array, flags: number): void {
    const size = body.length;
    if (this.#length + MAX_HEADER_BYTES + size > GATHERED_BYTES) {
      this.#showGathered();
      if (MAX_HEADER_BYTES + size > GATHERED_BYTES) {
        this.#header(size, flags);
        this.#showGathered();
        this.#log.received(this.#direction, body);
        return;
      }
    }
    this.#header(size, flags);
    this.#gathered.set(body, this.#length);
    this.#length += size;
  }

  #showGathered(): void {
    const length = this.#length;
    this.#length = 0;
    if (length > 0) this.#log.received(this.#direction, this.#gathered.subarray(0, length));
  }

  #header(size: number, flags: number): void {
    const bytes = this.#gathered;
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
