import type { EngineRequests } from "./engineProtocol.ts";
import type { CallSocket, CallTarget, CaptureStats, DecoderName, TapState } from "./model.ts";
import type { SearchState } from "./engineProtocol.ts";

/** Questions of the view that the host hands to the engine as they are. */
export const FORWARDED_REQUESTS = [
  "rows/read",
  "rows/find",
  "search/start",
  "search/stop",
  "message/read",
  "frame/decode",
  "bytes/read",
  "call/cancel",
] as const satisfies readonly (keyof EngineRequests)[];

export type ForwardedRequest = (typeof FORWARDED_REQUESTS)[number];

/** Commands a view may run by its own keys and buttons; ids of package.json. `n` is the active row. */
export const VIEW_COMMANDS = [
  "zmqTap.attach",
  "zmqTap.startDemo",
  "zmqTap.openInspector",
  "zmqTap.clearLog",
  "zmqTap.pauseDisplay",
  "zmqTap.resumeDisplay",
  "zmqTap.replayMessage",
  "zmqTap.editAndReplay",
  "zmqTap.copyMessageAs",
  "zmqTap.newCall",
] as const;

export type ViewCommand = (typeof VIEW_COMMANDS)[number];

/** A past call, newest first, at most 50; kept by the host in workspaceState. Frames are base64. */
export type CallRecord = {
  readonly target: CallTarget;
  readonly socket: CallSocket;
  readonly frames: readonly CallFrame[];
  readonly timeoutMs: number;
  readonly outcome: string;
  readonly timeMs: number;
};

export const FRAME_FORMATS = ["text", "json", "msgpack", "hex"] as const;
export type FrameFormat = (typeof FRAME_FORMATS)[number];

/** A frame as it was typed. `msgpack` is typed as JSON and sent as MessagePack; `hex` ignores white space. */
export type CallFrame = { readonly format: FrameFormat; readonly text: string };

/** What the Call tab asks for; the host checks it, asks the user where needed, and hands it to the engine. */
export type ViewCall = {
  readonly call: string;
  readonly target: CallTarget;
  readonly socket: CallSocket;
  readonly frames: readonly CallFrame[];
  readonly timeoutMs: number;
};

export type ViewCallOutcome = {
  readonly result: EngineRequests["call/send"]["answer"];
  readonly history: readonly CallRecord[];
};

/** Everything a view needs to draw its first picture. */
export type ViewStart = {
  readonly surface: "messages" | "inspector";
  readonly taps: readonly TapState[];
  readonly stats: CaptureStats | null;
  readonly paused: boolean;
  readonly trusted: boolean;
  /** Decoder the user chose per channel. */
  readonly decoders: Readonly<Record<string, DecoderName>>;
  readonly history: readonly CallRecord[];
  /** A sentence about what a reload lost, or `null`. */
  readonly lost: string | null;
};

export type ViewRequests = Pick<EngineRequests, ForwardedRequest> & {
  "view/start": { ask: null; answer: ViewStart };
  "command/run": { ask: { command: ViewCommand; n?: number }; answer: null };
  /** Remembers the decoder for a channel (tap name, direction, topic of pub/sub); `null` forgets it. */
  "decoder/remember": { ask: { channel: string; decoder: DecoderName | null }; answer: null };
  "call/send": { ask: ViewCall; answer: ViewCallOutcome };
  "text/copy": { ask: { text: string }; answer: null };
  /** Tells the host which row is active, so that palette commands act on it. */
  "row/activate": { ask: { n: number | null }; answer: null };
};

export type ViewNotice =
  | { readonly kind: "capture/grew"; readonly stats: CaptureStats }
  | { readonly kind: "tap/changed"; readonly taps: readonly TapState[] }
  | { readonly kind: "search/advanced"; readonly state: SearchState }
  | { readonly kind: "display/paused"; readonly paused: boolean }
  /** The user trusted the workspace while the view was open. */
  | { readonly kind: "trust/granted" }
  /** Everything was cleared, or the engine is new: forget rows and positions. `lost` says what went, if anything. */
  | { readonly kind: "capture/reset"; readonly lost: string | null }
  /** Show and select row `n`. */
  | { readonly kind: "row/reveal"; readonly n: number }
  /** Open the Call tab, filled with `call` when given. */
  | { readonly kind: "call/open"; readonly call: Omit<ViewCall, "call"> | null };
