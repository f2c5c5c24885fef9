import type { HandshakeStep, Direction, ExchangeState, Side, SocketPair, Verdict } from "../../shared/model.ts";

/**
 * What a LinkReader says about the bytes it was shown. Positions are (chunk, offset): the chunk number is the caller's
 * own, handed to push(); the offset counts octets within that chunk. Calls carry numbers only, since they run once per message.
 */
export type LinkSink = {
  /**
   * A whole message ended at `endOffset` of the chunk being pushed. `start…` is the first octet of its first frame
   * header; `sizeBytes` counts payload only. Command frames may lie in between. Returns the row's number `n`.
   */
  message(
    direction: Direction,
    startChunk: number,
    startOffset: number,
    endOffset: number,
    sizeBytes: number,
    frames: number,
  ): number;
  /** A frame of an encrypted link without keys: bounds as for message(). */
  encrypted(direction: Direction, startChunk: number, startOffset: number, endOffset: number, sizeBytes: number): void;
  /**
   * A command or subscription message; `code` says which. Bounds as for message(). `isBetween`: the frames of a message
   * stand before and behind it.
   */
  command(
    direction: Direction,
    code: CommandCode,
    startChunk: number,
    startOffset: number,
    endOffset: number,
    sizeBytes: number,
    isBetween: boolean,
  ): void;
  /** Request row `request` got its reply. `isLate`: after the requester had asked again. */
  paired(request: number, reply: number, guessed: boolean, isLate: boolean): void;
  /** What else is known of a row of an exchange. */
  exchange(n: number, state: ExchangeState): void;
  /** The handshake is done, or can no longer succeed. Called once per link. */
  handshake(detail: HandshakeDetail): void;
  /** The direction cannot be followed any further and is opaque from now on. Bytes still flow. */
  fault(direction: Direction, detail: FaultDetail): void;
};

/** Commands after the handshake, and subscription messages, which older peers and XSUB send instead of commands. */
export const COMMAND_CODES = ["ping", "pong", "subscribe", "unsubscribe", "error-command", "command"] as const;
/** Index into COMMAND_CODES. */
export type CommandCode = 0 | 1 | 2 | 3 | 4 | 5;

export type PeerDetail = {
  /** As in its greeting; of 1.0 and 2.0 peers, that. `null` when its greeting never came. */
  version: string | null;
  mechanism: string | null;
  socket: string | null;
  /** Hex; empty when it has none or the wire does not say. */
  identityHex: string;
  /** READY metadata other than the above, names and values as text (hex behind `0x` where not UTF-8), at most 32. */
  metadata: Record<string, string>;
};

export type HandshakeDetail = {
  state: "done" | "failed" | "waiting";
  /** The version both sides use. */
  version: string | null;
  mechanism: string | null;
  sockets: SocketPair;
  client: PeerDetail;
  server: PeerDetail;
  /** PLAIN user name where it parses. */
  user?: string;
  /** Of a link whose security the tap ends on both sides: what each leg speaks, and who the CURVE client is (Z85). */
  rekeyed?: {
    client: string | null;
    server: string | null;
    clientKey: string | null;
    isHostOrder: boolean;
    /** The CURVE server that was shown a key pair which the tap has made for this link alone. */
    freshPairTo?: Side;
  };
  /** Which of the tap's own checks failed, on a link with keys. */
  check?: string;
  /** What was said so far, in order; the first 24 things. */
  steps: readonly HandshakeStep[];
  /** What it came to; `null` while it is under way. */
  verdict: Verdict | null;
};

export type FaultDetail = {
  code: string;
  /** One sentence. */
  message: string;
  /** The first octets that could not be read, hex, at most 32; empty on PLAIN links. */
  bytesHex: string;
};
