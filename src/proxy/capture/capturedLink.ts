import type { Origin, SocketPair, TapId } from "../../shared/model.ts";
import { Conversation } from "./conversation.ts";
import { Preamble } from "./preamble.ts";

/** How stored octets are cut into frames: ZMTP 3.x, 2.0 or 1.0. */
export type Framing = "zmtp3" | "zmtp2" | "zmtp1";

export type LinkInfo = {
  /** From 1, unique for the life of the engine; 0 stands for no link. */
  readonly link: number;
  readonly tap: TapId;
  readonly tapName: string;
  readonly origin: Origin;
  /** Addresses as shown: `127.0.0.1:51876`, `ipc:///tmp/x`, `@in-process`. */
  readonly client: string;
  readonly server: string;
  /** What the tap was told, where the wire does not say. */
  readonly sockets?: SocketPair;
  /**
   * What a slab's link record needs to stand alone: version, mechanism, READY metadata, subscriptions, position per
   * direction. Called when a slab is begun, before the octets that begin it are shown to a reader. JSON-able.
   */
  readonly record: () => object;
};

/** What is known of a link that may be closed for long: what rows are shown with. */
export type KnownLink = Pick<
  CapturedLink,
  "info" | "sockets" | "identity" | "framing" | "mechanism" | "isDecrypted" | "facts" | "preamble" | "openedNs"
>;

/** What a segment has of a tap. */
export type Tally = { messages: number };

/** A link as the capture knows it. Stays as long as rows of it are kept; its owner sets what the handshake told. */
export class CapturedLink {
  readonly info: Omit<LinkInfo, "record">;
  sockets: SocketPair = { client: null, server: null };
  /** As text where UTF-8, else hex behind `0x`; empty when there is none. */
  identity: { client: string; server: string } = { client: "", server: "" };
  framing: Framing = "zmtp3";
  /** NULL, PLAIN, CURVE, or what else its greetings say; `null` until they do. */
  mechanism: string | null = null;
  /** What is kept of it was encrypted on the wire. */
  isDecrypted = false;
  /** Further lines for the detail of a message: version, mechanism and whatever the link's owner knows. */
  facts: readonly { readonly label: string; readonly value: string }[] = [];

  /** What both sides sent before their traffic; whoever shows the link's octets to a reader fills it. */
  preamble = new Preamble();

  /** The rest belongs to the capture. `record` is let go when the link closes, and with it all it refers to. */
  record: (() => object) | null;
  readonly conversation: Conversation;
  /** When it was opened, since the clock's anchor. */
  openedNs = 0;
  /** Newest chunk of each direction, -1 before the first. */
  readonly lastChunk = new Float64Array(2).fill(-1);
  /** Octets appended per direction. */
  readonly octets = new Float64Array(2);
  /** Serial of the segment that has this link's record; -1 for none. */
  recordedIn = -1;
  /** Serial of the newest segment with anything of this link. */
  lastIn = 0;
  /** Where its messages are counted, and the serial of the segment that this belongs to. */
  tally: Tally = { messages: 0 };
  talliedIn = -1;

  constructor(info: LinkInfo) {
    const { record, ...rest } = info;
    this.info = rest;
    this.record = record;
    this.conversation = new Conversation(info.client, info.server, info.link);
  }
}
