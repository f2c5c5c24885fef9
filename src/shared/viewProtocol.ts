import type { CallOutcome, CallPreview, OtherReply, RepeatOutcome, RepeatPlan } from "./calls.ts";
import type { TypedCall } from "./callForm.ts";
import type { DialectInfo } from "./dialects.ts";
import type { EngineRequests } from "./engineProtocol.ts";
import type { FindingCounts } from "./findings.ts";
import type { KeySummary } from "./keys/storedKey.ts";
import type { CallSocket, CallTarget, CaptureStats, DecoderChoice, TapState } from "./model.ts";
import type { FilterState } from "./engineProtocol.ts";
import type { SecurityNames } from "./security.ts";

/** Questions of the view that the host hands to the engine as they are. */
export const FORWARDED_REQUESTS = [
  "rows/read",
  "rows/find",
  "filter/start",
  "filter/stop",
  "filter/values",
  "message/read",
  "frame/decode",
  "bytes/read",
  "row/mark",
  "call/cancel",
  "call/methods",
  "findings/read",
  "picture/overview",
  "picture/latency",
  "picture/topics",
  "picture/links",
  "picture/topology",
  "fidelity/read",
] as const satisfies readonly (keyof EngineRequests)[];

type ForwardedRequest = (typeof FORWARDED_REQUESTS)[number];

/** A question of the view: the host adds which capture it is about. */
type Forwarded = {
  [K in ForwardedRequest]: {
    ask: EngineRequests[K]["ask"] extends { capture: number }
      ? Omit<EngineRequests[K]["ask"], "capture">
      : EngineRequests[K]["ask"];
    answer: EngineRequests[K]["answer"];
  };
};

/** A filter that the user gave a name; kept by the host in workspaceState, at most 50. */
export type SavedFilter = {
  readonly name: string;
  readonly text: string;
  /** It is written in the settings, so a view cannot delete it. */
  readonly isFromSettings?: boolean;
};

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
  "zmqTap.clearAllButPinned",
  "zmqTap.pinMessage",
  "zmqTap.unpinMessage",
  "zmqTap.editNote",
  "zmqTap.exportCapture",
  "zmqTap.openCapture",
  "zmqTap.saveFrames",
  "zmqTap.followConversation",
  "zmqTap.compareWithSelected",
  "zmqTap.saveFilter",
  "zmqTap.setDialect",
  "zmqTap.explainFinding",
  "zmqTap.stopInterventions",
] as const;

export type ViewCommand = (typeof VIEW_COMMANDS)[number];

/** Decoders with an option that the user is asked for. */
export const CHOOSABLE_DECODERS = ["text", "numbers", "struct", "numpy", "protobuf", "own"] as const;
export type ChoosableDecoder = (typeof CHOOSABLE_DECODERS)[number];

/** A past call, newest first, at most 50; kept by the host in workspaceState, without what is secret in it. */
export type CallRecord = Omit<ViewCall, "call"> & {
  readonly outcome: string;
  readonly timeMs: number;
};

/** How pictures are written to files. */
export const PICTURE_KINDS = ["svg", "mermaid"] as const;
export type PictureKind = (typeof PICTURE_KINDS)[number];

export const FRAME_FORMATS = ["text", "json", "msgpack", "hex"] as const;
export type FrameFormat = (typeof FRAME_FORMATS)[number];

/** A frame as it was typed. `msgpack` is typed as JSON and sent as MessagePack; `hex` ignores white space. */
export type CallFrame = { readonly format: FrameFormat; readonly text: string };

/** Credentials for an endpoint, by their names in the key store. */
export type CallKeys = Pick<SecurityNames, "serverKey" | "clientPair" | "plain">;

/** What is sent: `typed` in its dialect, else the frames as they are. */
export type ViewCallBody = {
  readonly typed?: TypedCall;
  readonly socket: CallSocket;
  readonly frames: readonly CallFrame[];
};

/** What the Call tab asks for; the host checks it, asks the user where needed, and hands it to the engine. */
export type ViewCall = ViewCallBody & {
  readonly call: string;
  readonly target: CallTarget;
  /** Of each attempt. */
  readonly timeoutMs: number;
  /** Attempts after the first one; 0 when it is left out. */
  readonly retries?: number;
  /** Only for endpoints: a tap has its own. */
  readonly keys?: CallKeys;
};

export type ViewCallOutcome = { readonly result: CallOutcome; readonly history: readonly CallRecord[] };
export type ViewRepeatOutcome = { readonly result: RepeatOutcome; readonly history: readonly CallRecord[] };

/** What the Call tab's form offers. */
export type CallFormParts = { readonly dialects: readonly DialectInfo[]; readonly keys: readonly KeySummary[] };

/** Everything a view needs to draw its first picture. */
export type ViewStart = {
  readonly surface: "messages" | "inspector";
  readonly taps: readonly TapState[];
  /** A sentence for each bridge. */
  readonly bridges: readonly string[];
  /** What changes traffic, in a sentence; empty while nothing does. */
  readonly interventions: string;
  readonly stats: CaptureStats | null;
  readonly paused: boolean;
  readonly trusted: boolean;
  /** Decoder the user chose per channel. */
  readonly decoders: Readonly<Record<string, DecoderChoice>>;
  readonly history: readonly CallRecord[];
  /** A sentence about what a reload lost, or `null`. */
  readonly lost: string | null;
  /** Of a view of an opened capture: its file's name. Nothing can be sent, cleared or paused there. `null` for the live one. */
  readonly file: string | null;
  readonly savedFilters: readonly SavedFilter[];
  /** Expressions that were applied, newest first, at most 50. */
  readonly filterHistory: readonly string[];
  /** What the filter bar begins with when the page remembers nothing: the start filters of the taps. */
  readonly startFilter: string;
};

export type ViewRequests = Forwarded & {
  "view/start": { ask: null; answer: ViewStart };
  /** `finding` is what the command is about, where it is about one. */
  "command/run": { ask: { command: ViewCommand; n?: number; finding?: string }; answer: null };
  /** Remembers the decoder for a channel (tap name, direction, topic of pub/sub); `null` forgets it. */
  "decoder/remember": { ask: { channel: string; decoder: DecoderChoice | null }; answer: null };
  /** Lets the user choose the option of a decoder, in VS Code's own input; `null` when they leave it. */
  "decoder/choose": {
    ask: { decoder: ChoosableDecoder; current: DecoderChoice | null };
    answer: DecoderChoice | null;
  };
  "call/form": { ask: null; answer: CallFormParts };
  "call/send": { ask: ViewCall; answer: ViewCallOutcome };
  "call/repeat": { ask: { call: ViewCall; plan: RepeatPlan }; answer: ViewRepeatOutcome };
  "call/preview": { ask: ViewCallBody; answer: CallPreview };
  /** Writes a call as it was typed into a call file that the user chooses. */
  "call/save": { ask: ViewCall; answer: null };
  "text/copy": { ask: { text: string }; answer: null };
  /** Writes a picture to a file that the user chooses; false when they leave. The text has at most 16 Mi characters. */
  "picture/save": { ask: { name: string; kind: PictureKind; text: string }; answer: boolean };
  /** Tells the host which row is active and which are selected (at most 10,000), so that palette commands act on them. */
  "row/activate": { ask: { n: number | null; selected: readonly number[] }; answer: null };
  /**
   * Tells the host which filter is applied, for "Export Capture…" and the history. `isTyping`: it is applied while somebody
   * still types it, and is not one for the history yet.
   */
  "filter/applied": { ask: { text: string; isTyping?: boolean }; answer: null };
  /** Saves a filter under a name, or with an empty text forgets it. */
  "filter/save": { ask: SavedFilter; answer: null };
};

export type ViewNotice =
  | { readonly kind: "capture/grew"; readonly stats: CaptureStats }
  | { readonly kind: "tap/changed"; readonly taps: readonly TapState[] }
  /** A sentence for each bridge, as they are now. */
  | { readonly kind: "bridge/changed"; readonly bridges: readonly string[] }
  /** What changes traffic, in a sentence; empty while nothing does. */
  | { readonly kind: "interventions/changed"; readonly text: string }
  | { readonly kind: "filter/advanced"; readonly state: FilterState }
  /** Findings of the view's capture have changed: they, and rows with marks, are to be read anew. */
  | { readonly kind: "findings/changed"; readonly counts: FindingCounts; readonly pending: number }
  | { readonly kind: "display/paused"; readonly paused: boolean }
  /** The user trusted the workspace while the view was open. */
  | { readonly kind: "trust/granted" }
  /** Everything was cleared, or the engine is new: forget rows and positions. `lost` says what went, if anything. */
  | { readonly kind: "capture/reset"; readonly lost: string | null }
  | { readonly kind: "filters/changed"; readonly saved: readonly SavedFilter[]; readonly history: readonly string[] }
  /** Channels speak something else than was shown: rows and filters are to be read anew. */
  | { readonly kind: "dialects/changed" }
  /** Apply this filter. */
  | { readonly kind: "filter/set"; readonly text: string }
  /** A row was pinned, unpinned or noted on. */
  | { readonly kind: "row/changed"; readonly n: number }
  /** Show and select row `n`. */
  | { readonly kind: "row/reveal"; readonly n: number }
  /** A reply came to a call of this window that had ended. */
  | { readonly kind: "call/late"; readonly call: string; readonly reply: OtherReply }
  /** How far a repeated call is. */
  | { readonly kind: "call/advanced"; readonly call: string; readonly done: number; readonly count: number }
  /** Open the Call tab, filled with `call` when given. */
  | { readonly kind: "call/open"; readonly call: Omit<ViewCall, "call"> | null };
