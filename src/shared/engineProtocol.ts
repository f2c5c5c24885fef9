import type {
  CallRequest,
  CallResult,
  CaptureStats,
  CopyFormat,
  Decoded,
  DecoderName,
  MessageDetail,
  ProbeResult,
  ReplayResult,
  Row,
  TapConfig,
  TapId,
  TapState,
} from "./model.ts";
import type { CurvePair, TapSecurity } from "./security.ts";

/** Raised whenever host and engine must be of the same build to understand each other. */
export const ENGINE_PROTOCOL_VERSION = 2;

/** What the user allows the engine to hold, in octets. */
export type EngineLimits = {
  /** Of the capture in memory. */
  readonly maxBytes: number;
  /** Of one frame on a link that the tap encrypts or decrypts, where it is held until it is whole. */
  readonly maxFrameBytes: number;
};

/** A search over the capture, made by `search/start`. `null` stands for all rows. */
export type SearchId = number | null;

export type SearchState = {
  readonly search: number;
  readonly text: string;
  /** Rows found so far. */
  readonly hits: number;
  /** Rows looked at so far; those that were evicted before count for nothing. */
  readonly looked: number;
  readonly done: boolean;
};

/** A window of rows by position: 0 is the oldest kept row, or the oldest hit of a search. */
export type RowWindow = {
  readonly from: number;
  readonly rows: readonly Row[];
  /** How many positions there are now. */
  readonly total: number;
  /** `n` of position 0; the view subtracts to keep its place when old rows are evicted. Only without a search. */
  readonly firstN: number;
};

export const MAX_ROWS_PER_READ = 500;
export const MAX_BYTES_PER_READ = 65536;

/** What the host (and through it the view) may ask the engine. One entry is one whole request. */
export type EngineRequests = {
  "engine/hello": { ask: { version: number; limits: EngineLimits }; answer: { version: number; pid: number } };
  /** Frames of links that are open keep their limit. */
  "engine/limit": { ask: EngineLimits; answer: CaptureStats };
  /** `security` is `null` for a tap without keys. */
  "tap/start": { ask: { config: TapConfig; security: TapSecurity | null }; answer: TapState };
  /** Gives a tap other keys; links that are open keep theirs. */
  "tap/secure": { ask: { tap: TapId; security: TapSecurity | null }; answer: TapState };
  /** Public keys of those pairs that open what CURVE clients of a tap without keys said last: the server's pair. */
  "tap/fit": { ask: { tap: TapId; pairs: readonly CurvePair[] }; answer: readonly string[] };
  /** Lets a waiting CURVE client in at its next attempt, or refuses it for good. */
  "tap/admit": { ask: { tap: TapId; client: string; allow: boolean }; answer: TapState };
  "tap/stop": { ask: { tap: TapId }; answer: TapState };
  "tap/remove": { ask: { tap: TapId }; answer: null };
  /** Points a tap at another server; links that are open stay with the old one. */
  "tap/retarget": { ask: { tap: TapId; server: string }; answer: TapState };
  "tap/list": { ask: null; answer: readonly TapState[] };
  "capture/stats": { ask: null; answer: CaptureStats };
  "capture/clear": { ask: null; answer: CaptureStats };
  "rows/read": { ask: { search: SearchId; from: number; count: number }; answer: RowWindow };
  /** Position of row `n`, or of the next one after it, in the list. */
  "rows/find": { ask: { search: SearchId; n: number }; answer: { position: number } };
  /** Substring over all payload bytes, ASCII letters without regard to case. Goes on with new rows until stopped. */
  "search/start": { ask: { text: string }; answer: SearchState };
  "search/stop": { ask: { search: number }; answer: null };
  "message/read": { ask: { n: number }; answer: MessageDetail };
  /** Decodes one frame; `decoder` null guesses. Values are cut to 256 KiB. */
  "frame/decode": {
    ask: { n: number; frame: number; decoder: DecoderName | null };
    answer: { decoder: DecoderName; decoded: Decoded };
  };
  "bytes/read": { ask: { n: number; frame: number; from: number; count: number }; answer: Uint8Array };
  "message/copy": { ask: { n: number; format: CopyFormat }; answer: string };
  /** All frames whole, for the editor; refused above 16 MiB. */
  "message/frames": { ask: { n: number }; answer: readonly Uint8Array[] };
  /**
   * Sends a captured message again. `frames` replaces its frames; `link` chooses among several live links; `confirmed`
   * says that the user agreed to send beyond this machine (else refused with code `confirm-not-loopback`).
   */
  "replay/send": {
    ask: { n: number; frames?: readonly Uint8Array[]; link?: number; timeoutMs?: number; confirmed?: boolean };
    answer: ReplayResult;
  };
  "call/send": { ask: CallRequest; answer: CallResult };
  "call/cancel": { ask: { call: string }; answer: null };
  /**
   * Finds out what listens on an endpoint, with the credentials of a tap where one is named. Takes up to a quarter of a
   * minute. Only ever the user's own act; refused like a replay when it leaves this machine unconfirmed.
   */
  "endpoint/probe": { ask: { endpoint: string; tap: TapId | null; confirmed?: boolean }; answer: ProbeResult };
};

/** What the engine tells unasked, each kind at most 10 times a second. */
export type EngineNotice =
  | { readonly kind: "capture/grew"; readonly stats: CaptureStats }
  | { readonly kind: "tap/changed"; readonly taps: readonly TapState[] }
  | { readonly kind: "search/advanced"; readonly state: SearchState };
