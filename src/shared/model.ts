import type { DialectName, SaidKind } from "./dialects.ts";
import type { RowFinding } from "./findings.ts";
import type { SecurityNames, WaitingClient } from "./security.ts";
import type { SocksConfig, SocksState } from "./socks.ts";
import type { StandIn, StandInState } from "./standIn.ts";

/** The nouns of ZMQ Tap as readonly data, shared by engine, host, view and command line. */

/** Names a tap for as long as it exists; given by whoever starts it. */
export type TapId = string;

/** The side that connects, or the side that listens. */
export type Side = "client" | "server";

/** 0: from the client to the server. 1: from the server to the client. A number because it indexes arrays. */
export type Direction = 0 | 1;

/** ZeroMQ's socket types as READY writes them (RFC 23, 37 and the draft types of libzmq). */
export const SOCKET_TYPES = [
  "PAIR",
  "PUB",
  "SUB",
  "REQ",
  "REP",
  "DEALER",
  "ROUTER",
  "PULL",
  "PUSH",
  "XPUB",
  "XSUB",
  "STREAM",
  "SERVER",
  "CLIENT",
  "RADIO",
  "DISH",
  "GATHER",
  "SCATTER",
  "DGRAM",
  "PEER",
  "CHANNEL",
] as const;

export type SocketType = (typeof SOCKET_TYPES)[number];

/** `null` where the wire does not say: ZMTP 1.0, or encrypted links without keys. */
export type SocketPair = { readonly client: SocketType | null; readonly server: SocketType | null };

/** Who put the bytes on the wire: the programs, or we. Rows keep the place in this list. */
export const ORIGINS = ["wire", "replay", "call", "bridge", "watch"] as const;
export type Origin = (typeof ORIGINS)[number];

export type EventName =
  | "link-opened"
  | "handshake"
  | "subscribe"
  | "unsubscribe"
  | "ping"
  | "pong"
  | "command"
  | "error-command"
  | "server-down"
  | "gap"
  | "fault"
  /** A bridge or a server of ours let somebody not do something. */
  | "refused"
  /** The user's intervention did something to traffic. */
  | "intervention"
  /** The user stopped capturing a tap, or started it again. */
  | "capturing"
  | "link-closed";

export type RowKind = "message" | "encrypted" | "event";

/**
 * What became of a request, or what a reply is. `none`: not part of an exchange; `unasked`: a reply with nothing open;
 * `abandoned`: the requester asked again before the reply; `lost`: the connection closed first. Rows keep the place in
 * this list.
 */
export const EXCHANGES = ["none", "pending", "answered", "reply", "unasked", "abandoned", "lost"] as const;
export type ExchangeState = (typeof EXCHANGES)[number];

/**
 * How a call stands, or what a reply says. `none`: neither, or nobody can tell; `acknowledged`: it arrived, and more is not
 * known; `timed-out`: its requester gave up, or what it should lead to never came; `lost`: its connection closed first.
 */
export const STATUSES = ["none", "ok", "error", "pending", "acknowledged", "timed-out", "lost"] as const;
export type RowStatus = (typeof STATUSES)[number];

/** One line of the log. Made only for rows that somebody looks at. */
export type Row = {
  /** Counts every message and event of the engine from 1, in order of arrival. */
  readonly n: number;
  readonly kind: RowKind;
  /** Milliseconds since 1970 with microseconds as the fraction, from one monotonic clock. */
  readonly timeMs: number;
  readonly tap: TapId;
  readonly tapName: string;
  readonly link: number;
  /** `null` for an event of the link or tap itself. */
  readonly from: Side | null;
  readonly origin: Origin;
  readonly sockets: SocketPair;
  /** It was encrypted on the wire, on one leg of its link at least, and is read with the tap's keys. */
  readonly decrypted: boolean;
  /** Address of the peer that sent it as the tap sees it, its identity where it has one. */
  readonly peer: string;
  /** Only for kind `event`. */
  readonly event: EventName | null;
  /** An event that tells of something that does not work. */
  readonly isProblem: boolean;
  /** Topic or first text of a message; what an event is about. At most 80 characters. */
  readonly topic: string;
  readonly frames: number;
  readonly sizeBytes: number;
  readonly exchange: ExchangeState;
  /** The pairing is a guess, since the protocol has no id that proves it (RFC 28, ZMQ_REQ_RELAXED). */
  readonly guessed: boolean;
  /** `n` of the request or reply that belongs to it. */
  readonly partner: number | null;
  /** Of a reply: milliseconds since its request. */
  readonly latencyMs: number | null;
  /** Whether Replay can do anything with it. */
  readonly replayable: boolean;
  /** Of a publication that went to several subscribers: how many got it through taps, and of how many; else 0. */
  readonly copies: number;
  readonly subscribers: number;
  /** `n` of the first copy when this is a further one. */
  readonly copyOf: number | null;
  readonly pinned: boolean;
  /** What the user noted on it; empty for nothing. */
  readonly note: string;
  /** The payload or event in one line, at most 200 characters. */
  readonly preview: string;
  /** What its channel speaks; `null` for events, encrypted frames, and channels that speak nothing known. */
  readonly dialect: string | null;
  /** What it is in that dialect; `null` where it cannot be read. */
  readonly saidKind: SaidKind | null;
  /** Method, signal, service or topic as the dialect names it, at most 80 characters; empty where it names none. */
  readonly method: string;
  readonly status: RowStatus;
  /** Why the status is not well, at most 200 characters; else empty. */
  readonly problem: string;
  readonly isHeartbeat: boolean;
  /** A reply that came after its requester gave up. */
  readonly isLate: boolean;
  /** A message with an id that was there before. */
  readonly isDuplicate: boolean;
  /** Of a call that a signal answers, or of such a signal: `n` of the other one. Always a guess. */
  readonly outcome: number | null;
  /** What was found about it so far; `null` for nothing. */
  readonly finding: RowFinding | null;
};

/** Names a capture: the live one, or one that was opened from a file. */
export type CaptureId = number;

export const LIVE_CAPTURE: CaptureId = 0;

/** What a user put on a row. */
export type Mark = { readonly pinned: boolean; readonly note: string };

export type CaptureStats = {
  readonly capture: CaptureId;
  /** seen = kept + evicted, in rows. */
  readonly seen: number;
  readonly kept: number;
  readonly evicted: number;
  /** Of those evicted: rows that fell out of memory before the disk had taken them. */
  readonly unwritten: number;
  /** First kept `n`; `lastN` + 1 when nothing is kept. */
  readonly firstN: number;
  readonly lastN: number;
  readonly usedBytes: number;
  readonly maxBytes: number;
  /** Octets in segment files. */
  readonly diskBytes: number;
  readonly maxDiskBytes: number;
  /** Why nothing is written to disk any more; `null` when all is well. */
  readonly diskProblem: string | null;
  /** Kept rows that are further copies of a publication which went to several subscribers, and their octets. */
  readonly copies: number;
  readonly copyBytes: number;
  /** Kept rows that are heartbeats of a dialect, or their answers. */
  readonly heartbeats: number;
  readonly pinned: number;
  /** Messages and encrypted frames per second over the last second, all taps. */
  readonly messagesPerSecond: number;
  /** Of a file: how far it was read, and what was wrong with it; `null` for the live capture. */
  readonly file: FileStats | null;
};

export type FileStats = {
  readonly readBytes: number;
  readonly totalBytes: number;
  readonly isDone: boolean;
  /** TCP conversations in it, and how many of them are ZeroMQ's. */
  readonly conversations: number;
  readonly zmtpConversations: number;
  /** One sentence with the offset, or `null`. */
  readonly problem: string | null;
};

export type OpenedCapture = { readonly capture: CaptureId; readonly stats: CaptureStats };

/** What a killed engine has left on disk. */
export type RecoverableCapture = {
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since 1970 of when it was last written. */
  readonly endedMs: number;
};

export const EXPORT_FORMATS = ["pcapng", "jsonl", "csv"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export const CONVERSATION_KINDS = ["link", "exchange", "topic", "correlation"] as const;
export type ConversationKind = (typeof CONVERSATION_KINDS)[number];

/** One thing that somebody said in a handshake. */
export type HandshakeStep = {
  /** Which leg of a re-keyed link; `null` where the tap only relays. */
  readonly leg: Side | null;
  readonly from: Side | "tap";
  /** `greeting 3.1 CURVE`, or a command's name. */
  readonly what: string;
};

/**
 * Whether a libzmq client tries again by itself. `after-30s`: once its handshake timer has ended the attempt; `by-chance`:
 * it depends on which side closes first; `null`: there is nothing to try again, or it cannot be told.
 */
export type Retries = "yes" | "no" | "after-30s" | "by-chance" | null;

/** What a handshake came to, in words. Never surer than what was on the wire. */
export type Verdict = {
  /** Names the section of docs/handshakes.md about it. */
  readonly id: string;
  /** What happened; when it is not certain, what it may have been. */
  readonly sentence: string;
  /** What to do; empty when there is nothing to do. */
  readonly advice: string;
  readonly isCertain: boolean;
  /** The few causes that leave the same trace on the wire; empty when certain. */
  readonly candidates: readonly string[];
  readonly retries: Retries;
  /** Which leg of a re-keyed link; `null` where the tap only relays. */
  readonly leg: Side | null;
  /** Asking the server itself with Probe Endpoint can tell more. */
  readonly offersProbe: boolean;
};

export type LinkState = {
  readonly link: number;
  readonly origin: Origin;
  readonly client: string;
  readonly server: string;
  readonly sockets: SocketPair;
  /** Identities as text where they are UTF-8, else hex behind `0x`; empty when there is none. */
  readonly identity: { readonly client: string; readonly server: string };
  /** "3.1", "3.0", "2.0", "1.0"; `null` until the greetings say. */
  readonly version: string | null;
  readonly mechanism: string | null;
  readonly handshake: "waiting" | "done" | "failed" | "opaque";
  /** What was said in its handshake, in order. */
  readonly steps: readonly HandshakeStep[];
  /** `null` when all is well, or the handshake is under way. */
  readonly verdict: Verdict | null;
  /** Topics as text where they are UTF-8, else hex behind `0x`; the first 20. */
  readonly subscriptions: readonly string[];
  readonly subscriptionCount: number;
  readonly messages: number;
  readonly pending: number;
};

export type TapStatus =
  /** `listening`: ready. `server-down`: the server refuses, so the tap does not listen either. `failed`: see `problem`. */
  "starting" | "listening" | "server-down" | "stopped" | "failed";

/** What the user chose. */
export type TapConfig = {
  readonly id: TapId;
  readonly name: string;
  /** Endpoint of the real server as libzmq writes it: `tcp://host:port`, `ipc://path`. */
  readonly server: string;
  /** Endpoint clients connect to; port 0 or `*` takes a free one. */
  readonly listen: string;
  /** Socket types for wires that do not say (ZMTP 1.0). */
  readonly sockets?: SocketPair;
  /** Filter that views begin with for this tap's rows. */
  readonly filter?: string;
  /** What its channels speak, where that shall not be found out from their messages. */
  readonly dialect?: DialectName;
  /** Keys of the tap, by name. The engine never sees the names: whoever starts the tap hands it the keys. */
  readonly security?: SecurityNames;
  /** The engine's own server behind the tap, in place of one at `server`, unless it connects there. */
  readonly standIn?: StandIn;
  /** It is a SOCKS server, and `server` is ANY_DESTINATION: what clients ask for gets taps of their own. */
  readonly socks?: SocksConfig;
  /** The SOCKS server that its clients come through; only of taps that a SOCKS server has made. */
  readonly door?: TapId;
  /** Path of the Jupyter connection file that it was made from. Whoever starts the tap reads the keys in it. */
  readonly connectionFile?: string;
  /** It only relays, on the user's wish; left out for a tap that captures. */
  readonly isCaptured?: false;
};

/** What has passed through a tap since its capturing was stopped. */
export type PassedBy = { readonly messages: number; readonly bytes: number; readonly sinceMs: number };

/** A client whose handshakes have been failing in the same way. */
export type FailingClient = {
  /** Its address without the port. */
  readonly client: string;
  /** Attempts so far. */
  readonly count: number;
  readonly verdict: Verdict;
};

/** A subscriber of a tap's own that is sent all topics: whether it has subscribed, and if not, why. */
export type WatchState = { readonly isOn: boolean; readonly problem: string | null };

export type TapState = {
  readonly config: TapConfig;
  readonly status: TapStatus;
  /** The endpoint really listened on, with its port; empty until there is one. */
  readonly listening: string;
  readonly problem: string | null;
  /** Messages and encrypted frames, captured or not; of a SOCKS server those of destinations whose taps have ended. */
  readonly messages: number;
  readonly bytes: number;
  readonly messagesPerSecond: number;
  readonly links: readonly LinkState[];
  /** Open links that are not in `links`, which holds the newest 200. */
  readonly moreLinks: number;
  /** Clients whose latest handshakes failed, the newest 20. */
  readonly failing: readonly FailingClient[];
  /** Whether a client has begun a CURVE handshake through the tap; stays when its link is gone. */
  readonly speaksCurve: boolean;
  /** CURVE clients that the tap's allow-list keeps out, the newest 50. */
  readonly waiting: readonly WaitingClient[];
  /** Only while it watches all topics. */
  readonly watch?: WatchState;
  /** Only while it only relays. */
  readonly passedBy?: PassedBy;
  /** What its stand-in has done; only of taps that have one. */
  readonly standIn?: StandInState;
  /** What it has done as a SOCKS server; only of taps that are one. */
  readonly socks?: SocksState;
};

/** One frame of an opened message. */
export type FrameInfo = {
  readonly frame: number;
  readonly sizeBytes: number;
  /** Bytes still kept; less than `sizeBytes` when the message is partly kept. */
  readonly keptBytes: number;
  /** Whether it is the empty delimiter or a request id of the envelope. */
  readonly role: "payload" | "delimiter" | "request-id" | "topic";
  /** Decoder guessed for it. */
  readonly decoder: DecoderName;
};

/**
 * In the order in which they are offered. `numbers`, `struct` and `protobuf` are never guessed. `own` are modules of the
 * user's.
 */
export const DECODERS = [
  "json",
  "msgpack",
  "cbor",
  "xml",
  "numpy",
  "pickle",
  "image",
  "text",
  "hex",
  "numbers",
  "struct",
  "protobuf",
  "own",
] as const;
export type DecoderName = (typeof DECODERS)[number];

/**
 * A decoder as users choose it and hosts remember it: its name, and where it takes one its option behind a colon, such as
 * `text:shift_jis`, `numbers:int16-le`, `struct:<IHf`, `numpy:<f4 (-1, 3)`, `protobuf:weather.Update`,
 * `own:my-decoder`. See decoderChoice.ts.
 */
export type DecoderChoice = DecoderName | `${DecoderName}:${string}`;

/** A decoded value as plain data, or why there is none. */
export type Decoded =
  | { readonly kind: "text"; readonly text: string; readonly truncated: boolean }
  /** `json` is JSON text of the value, at most 256 KiB; `truncated` values are shortened, never invalid. */
  | {
      readonly kind: "tree";
      readonly json: string;
      readonly truncated: boolean;
      /** A sentence that a user must not miss, such as what opening it in its own program would do. */
      readonly warning?: string;
      /** The same octets step by step, for who wants to know how they came to this value. */
      readonly listing?: { readonly title: string; readonly text: string };
    }
  /** `base64` is the whole file, at most 2 MiB of it; width and height as its header says, in pixels. */
  | {
      readonly kind: "image";
      readonly format: "PNG" | "JPEG" | "GIF" | "WebP";
      readonly mime: string;
      readonly base64: string;
      readonly width: number;
      readonly height: number;
    }
  | { readonly kind: "none"; readonly reason: string };

/** What a message says in its dialect, for whoever opens it. Values are JSON texts as of a decoded tree. */
export type SaidDetail = {
  /** Of ZMQ Tap's own, or of the user's. */
  readonly dialect: string;
  /** As people write it. */
  readonly title: string;
  /** The user chose it, or the settings did. */
  readonly isChosen: boolean;
  /** Why it cannot be read, in a sentence; then there is nothing else. */
  readonly unread: string | null;
  readonly kind: SaidKind | null;
  readonly method: string;
  /** `null` where there are none. */
  readonly args: string | null;
  readonly kwargs: string | null;
  readonly value: string | null;
  readonly problem: string;
  readonly code: string;
  readonly id: string;
  readonly facts: readonly { readonly label: string; readonly value: string }[];
};

/** What a user says that a channel speaks: all of a tap, or its links with these sockets (`REQ-REP`, client first). */
export type DialectChoice = {
  /** `null` for every tap. */
  readonly tapName: string | null;
  readonly sockets: string | null;
  readonly dialect: DialectName;
};

/** Wrappers that are taken off before a value is decoded. */
export type LayerName = "base64" | "zlib" | "gzip" | "zstd";

/** One wrapper around a value, and its size with everything inside. */
export type Layer = { readonly name: LayerName; readonly sizeBytes: number };

/** A guess that is less sure is shown as one. */
export const SURE_GUESS = 0.75;

/** What a frame holds. */
export type FrameValue = {
  readonly decoder: DecoderName;
  /** How sure the guess is, by the octets or by what is usual in the channel, from 0 to 1; 1 when the decoder was chosen. */
  readonly confidence: number;
  /** Outermost first; empty for most frames. */
  readonly layers: readonly Layer[];
  /** Of what was decoded: the frame, or what was inside its layers. */
  readonly sizeBytes: number;
  readonly decoded: Decoded;
};

export type MessageDetail = {
  readonly row: Row;
  readonly frames: readonly FrameInfo[];
  /** Frames that are not in `frames`, which holds the first 1,000. */
  readonly moreFrames: number;
  /** The link's handshake in words, label and value. */
  readonly link: readonly { readonly label: string; readonly value: string }[];
  /** What an event row says, as label and value; empty for messages. */
  readonly event: readonly { readonly label: string; readonly value: string }[];
  /** `null` for events, encrypted frames, and channels that speak nothing known. */
  readonly said: SaidDetail | null;
};

export const COPY_FORMATS = ["text", "json", "hex", "base64", "python", "javascript", "command"] as const;
export type CopyFormat = (typeof COPY_FORMATS)[number];

/** What a call or an endpoint replay is sent with. */
export const CALL_SOCKETS = ["REQ", "DEALER", "PUSH", "PUB"] as const;
export type CallSocket = (typeof CALL_SOCKETS)[number];

export type CallTarget =
  { readonly kind: "tap"; readonly tap: TapId } | { readonly kind: "endpoint"; readonly endpoint: string };

/** What became of a message that was replayed on a link of its own. */
export type CallResult =
  /** `n` are rows of the log when the call went through a tap. */
  | {
      readonly kind: "answer";
      readonly frames: readonly Uint8Array[];
      readonly latencyMs: number;
      readonly request: number | null;
      readonly reply: number | null;
    }
  | { readonly kind: "sent"; readonly request: number | null }
  | { readonly kind: "timeout"; readonly afterMs: number }
  | { readonly kind: "cancelled" };

export type ReplayResult = {
  /** One sentence for the user: what was sent where, and what came back if anything can. */
  readonly summary: string;
  /** Rows it made in the log. */
  readonly rows: readonly number[];
  readonly answer: CallResult | null;
};

/** What Probe Endpoint found out. Nothing in it is secret. */
export type ProbeResult = {
  readonly endpoint: string;
  /**
   * `zmtp`: a ZeroMQ server; `tls`, `http`, `other`: another one, see `name`; `silent`: it accepts and says nothing;
   * `closed`: it accepts and closes; `nothing`: no connection, see `problem`.
   */
  readonly kind: "zmtp" | "tls" | "http" | "other" | "silent" | "closed" | "nothing";
  /** What the other kinds are, in words; empty for a ZeroMQ server, and when nothing is known. */
  readonly name: string;
  /** Why there is no connection, as the end of a sentence. */
  readonly problem: string;
  readonly version: string | null;
  readonly mechanism: string | null;
  readonly socket: SocketType | null;
  /** What became of the credentials: `unknown` when the server closed or was silent; `not-tried` when there were none. */
  readonly access: "accepted" | "refused" | "unknown" | "not-tried";
  /** What the server's ERROR says. */
  readonly refusal: string | null;
};
