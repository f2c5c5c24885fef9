import type { RowFinding } from "../../shared/findings.ts";
import type { RowStatus, SocketPair } from "../../shared/model.ts";

/** `Subject.kind` is an index into this. */
export const KINDS = ["message", "encrypted", "event", "command"] as const;

/** The row that a filter judges: one object that its owner moves from row to row. */
export type Subject = {
  readonly n: number;
  readonly kind: number;
  /** 0: client to server, 1: server to client, -1: neither. */
  readonly direction: number;
  /** `null` for events of a tap itself. */
  readonly link: SubjectLink | null;
  readonly tapName: string;
  /** Place in ORIGINS. */
  readonly origin: number;
  /** Place in EXCHANGES. */
  readonly exchange: number;
  readonly guessed: boolean;
  /** Since the capture's anchor. */
  readonly timeNs: number;
  /** On the same clock as `timeNs`. */
  readonly nowNs: number;
  /** Milliseconds since 1970 of `timeNs` 0. */
  readonly anchorMs: number;
  readonly sizeBytes: number;
  readonly frames: number;
  /** -1 when there is none. */
  readonly latencyNs: number;
  /** To how many subscribers this publication went; 0 when it is none. */
  readonly copies: number;
  /** See RawRow. */
  readonly isLate: boolean;
  readonly isDuplicate: boolean;
  readonly isHeartbeat: boolean;
  readonly isPinned: boolean;
  readonly note: string;
  /** Of command and event rows: their name; empty for messages. */
  readonly event: string;
  /**
   * Octets of frame `i`, negative from the end; `null` when there is none or it is not kept. A view, valid until the next
   * call of frame() or the next row.
   */
  frame(i: number): Uint8Array | null;
  /** What a message says in its channel's dialect; `null` where there is none. */
  said(): SubjectSaid | null;
  status(): RowStatus;
  /** What was found about it so far; `null` for nothing. */
  finding(): RowFinding | null;
  /** What the log shows. */
  topicText(): string;
  preview(): string;
  /** First frame on pub/sub, what a subscription is about; else `null`. Valid as long as that of frame(). */
  topic(): Uint8Array | null;
};

export type SubjectSaid = { readonly dialect: string; readonly method: string; readonly id: string | null };

/** A link as filters see it. What its handshake tells may come later, so nothing of it is kept between rows. */
export type SubjectLink = {
  readonly link: number;
  readonly tapName: string;
  readonly client: string;
  readonly server: string;
  readonly sockets: SocketPair;
  /** As text where UTF-8, else hex behind `0x`; empty when there is none. */
  readonly identity: { readonly client: string; readonly server: string };
  readonly mechanism: string | null;
  /** Encrypted on the wire, read with the tap's keys. */
  readonly isDecrypted?: boolean;
};
