import type { BridgeConfig, BridgeId, BridgeSecurity, BridgeState } from "./bridges.ts";
import type {
  CallBody,
  CallOutcome,
  CallPreview,
  CallReading,
  CallRequest,
  OtherReply,
  RepeatOutcome,
  RepeatPlan,
  SeenCalls,
} from "./calls.ts";
import type { DialectInfo, DialectName } from "./dialects.ts";
import type {
  CaptureId,
  CaptureStats,
  ConversationKind,
  CopyFormat,
  DecoderChoice,
  DialectChoice,
  ExportFormat,
  FrameValue,
  MessageDetail,
  OpenedCapture,
  ProbeResult,
  RecoverableCapture,
  ReplayResult,
  Row,
  TapConfig,
  TapId,
  TapState,
} from "./model.ts";
import type { FindingCounts, FindingId, FindingsState } from "./findings.ts";
import type { HeldMessages, InterventionState } from "./interventions.ts";
import type { OwnModule } from "./ownDialects.ts";
import type { Fidelity, LatencyPicture, LinksPicture, Overview, TopicsPicture, TopologyPicture } from "./pictures.ts";
import type { ReplayOptions, ReplayProgress, ReplaySummary } from "./replaySession.ts";
import type { CurvePair, DestinationKeys, TapSecurity } from "./security.ts";
import type { Sequence } from "./sequences.ts";
import type { WebBridgeConfig, WebBridgeState } from "./webBridge.ts";

/** Raised whenever host and engine must be of the same build to understand each other. */
export const ENGINE_PROTOCOL_VERSION = 5;

/** What the user allows the engine to hold, in octets. */
export type EngineLimits = {
  /** Of the capture in memory. */
  readonly maxBytes: number;
  /** Of the live capture's segment files; 0 keeps it in memory only. */
  readonly maxDiskBytes: number;
  /** Of one frame on a link that the tap encrypts or decrypts, where it is held until it is whole. */
  readonly maxFrameBytes: number;
};

/** Longest time that an engine goes on without a host. */
export const MAX_LINGER_MS = 3_600_000;

/** Taps, those that are stopped too, and bridges, as far as any were started. */
export type EngineRunning = {
  readonly taps: readonly TapState[];
  readonly bridges: readonly BridgeState[];
  readonly webBridges: readonly WebBridgeState[];
};

/** The rows that a filter lets through, made by `filter/start`. `null` stands for all rows. */
export type FilterId = number | null;

export type FilterState = {
  readonly filter: number;
  /** The expression; empty for all rows. */
  readonly text: string;
  /** Rows found so far, and still kept. */
  readonly hits: number;
  /** The number of the first of them: hits are numbered from 0 on, and keep their numbers when older ones are evicted. */
  readonly firstHit: number;
  /** Rows looked at so far; those that were evicted before count for nothing. */
  readonly looked: number;
  /** Rows that could not be judged within the budget of a regular expression. They are shown. */
  readonly unknown: number;
  /** Rows that matched when the list of hits was full, so that they are not among them. */
  readonly notListed: number;
  /**
   * Rows that came to be among the hits, or left them, when they were judged again, since what is found about a row may come
   * after it. Whenever it has grown, hits behind such rows have other positions and numbers.
   */
  readonly again: number;
  readonly done: boolean;
};

/** What an export holds. `selected` rows in any order. */
export type ExportedRows =
  | { readonly kind: "all" }
  | { readonly kind: "filtered"; readonly text: string }
  | { readonly kind: "selected"; readonly rows: readonly number[] };

export type ExportProgress = {
  readonly job: string;
  readonly rows: number;
  readonly total: number;
  readonly bytes: number;
};

/** A window of rows by position: 0 is the oldest kept row, or the oldest that a filter lets through. */
export type RowWindow = {
  readonly from: number;
  readonly rows: readonly Row[];
  /** How many positions there are now. */
  readonly total: number;
  /**
   * `n` of position 0, or with a filter the number of the hit there, see FilterState: the view subtracts to keep its place
   * when old rows are evicted.
   */
  readonly firstN: number;
  /** The time of the capture's own clock, to tell ages by: of a file, when its last row came. */
  readonly nowMs: number;
};

export const MAX_ROWS_PER_READ = 500;
export const MAX_BYTES_PER_READ = 65536;

/** What the host (and through it the view) may ask the engine. One entry is one whole request. */
export type EngineRequests = {
  /**
   * `storage` is the folder for segment files, `null` for none. What an engine that ended in order has left there is the
   * live capture again; what one has left that was killed waits for `capture/open`, and `recoverable` says what it is.
   */
  "engine/hello": {
    ask: { version: number; limits: EngineLimits; storage: string | null; lingerMs?: number };
    answer: { version: number; pid: number; recoverable: RecoverableCapture | null };
  };
  /** How long it goes on without a host, at most MAX_LINGER_MS; 0, the default, for not at all. Needs a storage. */
  "engine/linger": { ask: { ms: number }; answer: null };
  /** What runs, for a host that has adopted the engine; see engineDoor.ts. Nothing in it is secret. */
  "engine/running": { ask: null; answer: EngineRunning };
  /** Frames of links that are open keep their limit. */
  "engine/limit": { ask: EngineLimits; answer: CaptureStats };
  /**
   * `security` is `null` for a tap without keys. `dialectKey` is what messages of its dialect are signed with, such as
   * Jupyter's; secret, too. Of a SOCKS server `security` is for all destinations that no pattern of `destinations` fits;
   * the first that fits counts. A tap that `endsWithHost` is removed when the host goes, whether the engine goes on or not.
   */
  "tap/start": {
    ask: {
      config: TapConfig;
      security: TapSecurity | null;
      dialectKey?: string;
      destinations?: readonly DestinationKeys[];
      endsWithHost?: boolean;
    };
    answer: TapState;
  };
  /** Gives a tap other keys; links that are open keep theirs. */
  "tap/secure": { ask: { tap: TapId; security: TapSecurity | null }; answer: TapState };
  /** Public keys of those pairs that open what CURVE clients of a tap without keys said last: the server's pair. */
  "tap/fit": { ask: { tap: TapId; pairs: readonly CurvePair[] }; answer: readonly string[] };
  /** Lets a waiting CURVE client in at its next attempt, or refuses it for good. */
  "tap/admit": { ask: { tap: TapId; client: string; allow: boolean }; answer: TapState };
  /** Stops capturing what a tap relays, or starts it again; of a SOCKS server for all destinations. An event tells it. */
  "tap/capture": { ask: { tap: TapId; on: boolean }; answer: TapState };
  "tap/stop": { ask: { tap: TapId }; answer: TapState };
  "tap/remove": { ask: { tap: TapId }; answer: null };
  /** Points a tap at another server; links that are open stay with the old one. */
  "tap/retarget": { ask: { tap: TapId; server: string }; answer: TapState };
  /**
   * Adds a subscriber of the tap's own, without a port, that asks for all topics, or takes it away. Answers once it has
   * subscribed or waits for its server; refused when that is no publisher, or lets nobody in.
   */
  "tap/watchAll": { ask: { tap: TapId; on: boolean }; answer: TapState };
  "tap/list": { ask: null; answer: readonly TapState[] };
  /**
   * Starts a bridge; one of the same id that is stopped is started anew with this configuration. `folder` is where the queue
   * of one that persists lies, its own alone; `null` where there is no place for it.
   */
  "bridge/start": {
    ask: { config: BridgeConfig; security: BridgeSecurity; folder: string | null };
    answer: BridgeState;
  };
  "bridge/stop": { ask: { bridge: BridgeId }; answer: BridgeState };
  /** Stops it, too. What its queue has on disk stays there. */
  "bridge/remove": { ask: { bridge: BridgeId }; answer: null };
  "bridge/list": { ask: null; answer: readonly BridgeState[] };
  /**
   * Starts a web bridge; one of the same id that is stopped begins anew. Its access holds a token, which is secret and in no
   * answer.
   */
  "webBridge/start": { ask: { config: WebBridgeConfig }; answer: WebBridgeState };
  "webBridge/stop": { ask: { bridge: string }; answer: WebBridgeState };
  "webBridge/remove": { ask: { bridge: string }; answer: null };
  "capture/stats": { ask: { capture: CaptureId }; answer: CaptureStats };
  /** Clears the live capture, except for pinned messages when they are to be kept. */
  "capture/clear": { ask: { keepPinned: boolean }; answer: CaptureStats };
  /**
   * Opens a capture file (pcapng, pcap), or the segments of a capture that was not ended in order. Answers once rows can be
   * read; `capture/grew` tells of the rest.
   */
  "capture/open": { ask: { path: string; kind: "file" | "segments" }; answer: OpenedCapture };
  "capture/close": { ask: { capture: CaptureId }; answer: null };
  /** Deletes what a killed engine has left. */
  "capture/discard": { ask: { path: string }; answer: null };
  /** Writes rows to a file; `export/advanced` tells how far it is. Refused with code `cancelled` after job/cancel. */
  "capture/export": {
    ask: { job: string; capture: CaptureId; rows: ExportedRows; format: ExportFormat; path: string };
    answer: { rows: number; bytes: number };
  };
  /** Writes each frame of a message to a file of its own; answers with their names. */
  "frames/export": { ask: { capture: CaptureId; n: number; folder: string }; answer: readonly string[] };
  "job/cancel": { ask: { job: string }; answer: null };
  /** With `firstN`, `from` counts from the position 0 of then: rows that were evicted since are left out of the answer. */
  "rows/read": {
    ask: { capture: CaptureId; filter: FilterId; from: number; count: number; firstN?: number };
    answer: RowWindow;
  };
  /** Position of row `n`, or of the next one after it, in the list. */
  "rows/find": { ask: { capture: CaptureId; filter: FilterId; n: number }; answer: { position: number } };
  /**
   * Judges all rows, and new ones until it is stopped. `fold` leaves out further copies of a publication, `foldHeartbeats`
   * heartbeats and their answers. An empty `text` lets all rows through. Refused with code `bad-filter` for an expression
   * with an error.
   */
  "filter/start": {
    ask: { capture: CaptureId; text: string; fold: boolean; foldHeartbeats?: boolean };
    answer: FilterState;
  };
  "filter/stop": { ask: { filter: number }; answer: null };
  /** Values of a field that were seen among recent rows and begin with `prefix`, at most 50, for completion. */
  "filter/values": { ask: { capture: CaptureId; field: string; prefix: string }; answer: readonly string[] };
  /** Pins a message or notes something on it; what is left out stays. An empty note is none. */
  "row/mark": { ask: { capture: CaptureId; n: number; pinned?: boolean; note?: string }; answer: Row };
  /** What users say that channels speak, of all captures; replaces what was said before. At most 500. */
  "dialect/choose": { ask: { choices: readonly DialectChoice[] }; answer: null };
  /** Dialects and decoders of the user's, with whole paths; replaces those of before, and loads them anew. */
  "dialects/own": { ask: { modules: readonly OwnModule[] }; answer: null };
  "message/read": { ask: { capture: CaptureId; n: number }; answer: MessageDetail };
  /** Decodes one frame; `decoder` null guesses. Values are cut to 256 KiB. */
  "frame/decode": {
    ask: { capture: CaptureId; n: number; frame: number; decoder: DecoderChoice | null };
    answer: FrameValue;
  };
  /**
   * Reads `.proto` files in place of those before; at most 500 files of 8 MiB in all. Answers with the full names of their
   * messages in order, and a sentence for each file that cannot be read.
   */
  "proto/load": {
    ask: { files: readonly { readonly path: string; readonly text: string }[] };
    answer: { types: readonly string[]; problems: readonly string[] };
  };
  "bytes/read": {
    ask: { capture: CaptureId; n: number; frame: number; from: number; count: number };
    answer: Uint8Array;
  };
  "message/copy": { ask: { capture: CaptureId; n: number; format: CopyFormat }; answer: string };
  /** The filter that shows the conversation of a row: its link, exchange, topic, or correlation id. Refused when it has none. */
  "message/follow": { ask: { capture: CaptureId; n: number; what: ConversationKind }; answer: string };
  /** The message as text for comparing: decoded, keys in order, at most 1 MiB. */
  "message/normalised": { ask: { capture: CaptureId; n: number }; answer: string };
  /** All frames whole, for the editor; refused above 16 MiB. */
  "message/frames": { ask: { capture: CaptureId; n: number }; answer: readonly Uint8Array[] };
  /**
   * Sends a captured message again. `frames` replaces its frames; `link` chooses among several live links; `confirmed`
   * says that the user agreed to send beyond this machine (else refused with code `confirm-not-loopback`).
   */
  "replay/send": {
    ask: { n: number; frames?: readonly Uint8Array[]; link?: number; timeoutMs?: number; confirmed?: boolean };
    answer: ReplayResult;
  };
  /**
   * Sends rows of a capture again, in order; `replay/advanced` tells how far it is. `security` is what an endpoint that asks
   * for keys is shown. Answers also when it was cancelled by job/cancel; refused when nothing could be sent, and like a replay
   * when it leaves this machine unconfirmed.
   */
  "replay/session": {
    ask: {
      job: string;
      capture: CaptureId;
      rows: ExportedRows;
      options: ReplayOptions;
      security: TapSecurity | null;
      confirmed?: boolean;
    };
    answer: ReplaySummary;
  };
  /** Both replies of a difference that the summary of a session lists, as texts for comparing. */
  "replay/difference": { ask: { job: string; index: number }; answer: { recorded: string; replayed: string } };
  /** Refused with code `confirm-not-loopback` when it leaves this machine unconfirmed. */
  "call/send": { ask: CallRequest; answer: CallOutcome };
  /** The same again and again; `call/advanced` tells how far it is. Cancelled like a call. */
  "call/repeat": { ask: { request: CallRequest; plan: RepeatPlan }; answer: RepeatOutcome };
  "call/cancel": { ask: { call: string }; answer: null };
  /** The frames that a call would send. Refused with code `bad-call` where its dialect cannot write it. */
  "call/preview": { ask: { body: CallBody }; answer: CallPreview };
  /** A captured message as a call of `dialect`, or of the user's that takes it for its own, or of the one it looks most like. */
  "call/read": { ask: { capture: CaptureId; n: number; dialect: DialectName | null }; answer: CallReading };
  /** What was called through a tap among its newest messages, in `dialect` or in the one that most of them are of. */
  "call/methods": { ask: { tap: TapId; dialect: DialectName | null }; answer: SeenCalls };
  /** Whether a text has a match of a regular expression; `null` where that cannot be told within limits. */
  "pattern/test": { ask: { pattern: string; text: string }; answer: boolean | null };
  /** Those of ZMQ Tap's own. */
  "dialects/list": { ask: null; answer: readonly DialectInfo[] };
  /** The same, and those of the user's that write calls; waits for these to be loaded. */
  "dialects/calls": { ask: null; answer: readonly DialectInfo[] };
  /**
   * Finds out what listens on an endpoint, and with `security`, or the keys of the tap that is named, whether these get in.
   * Takes up to a quarter of a
   * minute. Only ever the user's own act; refused like a replay when it leaves this machine unconfirmed.
   */
  "endpoint/probe": {
    ask: { endpoint: string; tap: TapId | null; security: TapSecurity | null; confirmed?: boolean };
    answer: ProbeResult;
  };
  /**
   * Changes the traffic of a tap that runs, as a spec says (see interventionSpec.ts), until it is stopped or the tap is. Chance
   * comes from `seed`. Refused with code `bad-intervention` for a spec with an error. What is over at once is in no list.
   */
  "intervention/start": { ask: { tap: TapId; spec: string; seed?: number }; answer: InterventionState };
  /** Stops one, or with `null` all; what was held goes on. Answers with what is left. */
  "intervention/stop": { ask: { id: number | null }; answer: readonly InterventionState[] };
  "intervention/list": { ask: null; answer: readonly InterventionState[] };
  "held/list": { ask: null; answer: HeldMessages };
  /** Frames of a held message, whole. Refused with code `held-gone`, as the next two. */
  "held/frames": { ask: { id: number }; answer: readonly Uint8Array[] };
  /** Lets a held message go, with other frames where they are given; with `null` all. */
  "held/release": { ask: { id: number | null; frames?: readonly Uint8Array[] }; answer: null };
  "held/drop": { ask: { id: number }; answer: null };
  "findings/read": { ask: { capture: CaptureId }; answer: FindingsState };
  /** Findings that are switched off, in all captures; replaces what was said before. */
  "findings/disable": { ask: { disabled: readonly FindingId[] }; answer: null };
  /** Where messages say which one they are, in all captures, for rows that come from now on; replaces those of before. */
  "findings/sequences": { ask: { sequences: readonly Sequence[] }; answer: null };
  /** What the inspector's tabs are drawn from; see pictures.ts. */
  "picture/overview": { ask: { capture: CaptureId }; answer: Overview };
  "picture/latency": { ask: { capture: CaptureId }; answer: LatencyPicture };
  "picture/topics": { ask: { capture: CaptureId; prefix: string }; answer: TopicsPicture };
  "picture/links": { ask: { capture: CaptureId }; answer: LinksPicture };
  "picture/topology": { ask: { capture: CaptureId }; answer: TopologyPicture };
  "fidelity/read": { ask: { tap: TapId }; answer: Fidelity };
};

/** What the engine tells unasked, each kind but `call/late` and `engine/logged` at most 10 times a second. */
export type EngineNotice =
  /** A line for the log, of an engine that was adopted and has no other way to say it. */
  | { readonly kind: "engine/logged"; readonly line: string }
  | { readonly kind: "capture/grew"; readonly stats: CaptureStats }
  | { readonly kind: "tap/changed"; readonly taps: readonly TapState[] }
  | { readonly kind: "bridge/changed"; readonly bridges: readonly BridgeState[] }
  | { readonly kind: "webBridge/changed"; readonly bridges: readonly WebBridgeState[] }
  | { readonly kind: "filter/advanced"; readonly state: FilterState }
  | { readonly kind: "export/advanced"; readonly progress: ExportProgress }
  /** A dialect or decoder of the user's is off; the message says which, why and what to do. */
  | { readonly kind: "dialect/failed"; readonly name: string; readonly message: string }
  /** Dialects of the user's have said more of rows that were read. */
  | { readonly kind: "dialects/late" }
  /** A reply came to a call that had ended. */
  | { readonly kind: "call/late"; readonly call: string; readonly reply: OtherReply }
  | { readonly kind: "call/advanced"; readonly call: string; readonly done: number; readonly count: number }
  | { readonly kind: "replay/advanced"; readonly progress: ReplayProgress }
  /** Interventions have changed, or what they hold: so many messages. */
  | {
      readonly kind: "interventions/changed";
      readonly interventions: readonly InterventionState[];
      readonly held: number;
    }
  | {
      readonly kind: "findings/changed";
      readonly capture: CaptureId;
      readonly counts: FindingCounts;
      readonly pending: number;
    };
