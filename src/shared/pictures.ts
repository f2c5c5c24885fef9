import type { FindingId, Severity } from "./findings.ts";
import type { Origin, SocketPair, TapId, TapStatus } from "./model.ts";

/** What the inspector's tabs are drawn from. All of it is bounded, and none of it depends on which rows are still kept. */

/** Over time, per tap. Buckets are `stepMs` wide, the first begins at `startMs`; the engine widens them as time goes on. */
export type Overview = {
  readonly startMs: number;
  readonly stepMs: number;
  /** How many buckets there are, at most 600. The last one is under way. */
  readonly buckets: number;
  /** At most 50, those with the most messages, and how many others there are. */
  readonly taps: readonly TapTraffic[];
  readonly otherTaps: number;
  /** Errors and findings, at most 500, the newest. */
  readonly marks: readonly TimeMark[];
};

/** Arrays have one number for each bucket. */
export type TapTraffic = {
  readonly tap: TapId;
  readonly tapName: string;
  /** From the client to the server, and from the server to the client. Messages are also encrypted frames. */
  readonly messages: readonly [readonly number[], readonly number[]];
  /** On the wire; of a file those of its messages. */
  readonly bytes: readonly [readonly number[], readonly number[]];
  /** Problem events, and replies that are errors. */
  readonly errors: readonly number[];
  /** Of replies, in milliseconds; `null` where there were none. */
  readonly latency: {
    readonly p50: readonly (number | null)[];
    readonly p95: readonly (number | null)[];
    readonly p99: readonly (number | null)[];
  };
};

export type TimeMark = {
  readonly timeMs: number;
  readonly severity: Severity;
  /** `null` for an event that is a problem. */
  readonly finding: FindingId | null;
  readonly text: string;
  /** A row to jump to. */
  readonly n: number;
};

/**
 * Lower bounds of the buckets of a latency histogram, in milliseconds: each is 2^(1/4) times the one before, from 1 µs on. The
 * last bucket ends at 18 min, and holds what took longer, too; the first holds what was quicker.
 */
export const LATENCY_BUCKETS = 120;
export function latencyBucketMs(bucket: number): number {
  return 0.001 * 2 ** (bucket / 4);
}

/** The bucket of a latency in milliseconds. */
export function latencyBucketOf(ms: number): number {
  const bucket = Math.floor(4 * Math.log2(ms * 1000));
  return Math.min(Math.max(0, bucket), LATENCY_BUCKETS - 1);
}

export type LatencyPicture = {
  /** At most 200 methods, those with the most replies, and how many others there are; "" where no dialect names one. */
  readonly methods: readonly MethodLatency[];
  readonly otherMethods: number;
  /** The slowest exchanges there were, the slowest first, at most 50. Their rows may be gone. */
  readonly slowest: readonly SlowExchange[];
};

export type MethodLatency = {
  readonly tapName: string;
  readonly method: string;
  readonly replies: number;
  readonly errors: number;
  readonly minMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Counts by bucket, `LATENCY_BUCKETS` of them. */
  readonly histogram: readonly number[];
};

export type SlowExchange = {
  readonly request: number;
  readonly reply: number;
  readonly tapName: string;
  readonly method: string;
  readonly latencyMs: number;
  readonly timeMs: number;
};

/** Topics below `prefix`, one level at a time; levels are parted by `/`, `.` or `:`, whichever a topic uses first. */
export type TopicsPicture = {
  readonly prefix: string;
  /** At most 500, those with the most messages. */
  readonly topics: readonly TopicNode[];
  readonly otherTopics: number;
  /** Publications whose topic was not read since there were too many, and rows that were passed over in too fast traffic. */
  readonly uncounted: number;
};

export type TopicNode = {
  /** As text where it is UTF-8, else hex behind `0x`; whole, with the prefix. One that others are below ends with a separator. */
  readonly topic: string;
  /** What to show: the last level. */
  readonly label: string;
  readonly hasChildren: boolean;
  /** Of the topic and all below it. Copies of one publication count once. */
  readonly messages: number;
  readonly bytes: number;
  /** Over the last ten seconds of the capture. */
  readonly perSecond: number;
  /** Of the topic itself or below it: the latest message. */
  readonly lastN: number;
  readonly lastMs: number;
  /** The latest payload in one line, at most 200 characters. */
  readonly lastValue: string;
  /** Open links whose subscriptions cover it. */
  readonly subscribers: number;
};

/** All links that there were, the newest first; at most 1,000, closed ones are forgotten first. */
export type LinksPicture = {
  readonly links: readonly LinkRow[];
  readonly forgotten: number;
  /** The time of the capture's own clock, to tell ages by: of a file, when its last row came. */
  readonly nowMs: number;
};

export type LinkRow = {
  readonly link: number;
  readonly tap: TapId;
  readonly tapName: string;
  readonly origin: Origin;
  readonly client: string;
  readonly server: string;
  readonly sockets: SocketPair;
  readonly identity: { readonly client: string; readonly server: string };
  readonly version: string | null;
  readonly mechanism: string | null;
  /** Of its handshake: in a few words. */
  readonly verdict: string;
  readonly isProblem: boolean;
  /** Programs at both ends where the operating system tells: `python3 server.py (4711)`; empty where it does not. */
  readonly process: { readonly client: string; readonly server: string };
  /** At most 20, and how many there are. */
  readonly subscriptions: readonly string[];
  readonly subscriptionCount: number;
  readonly messages: readonly [number, number];
  readonly bytes: readonly [number, number];
  /** Requests without a reply yet; 0 in a file. */
  readonly pending: number;
  /** Octets of each direction that wait in the tap, and for how long each side was not read because of that. */
  readonly queued: readonly [number, number];
  readonly heldUpMs: readonly [number, number];
  readonly openedMs: number;
  /** `null` while it is open. */
  readonly closedMs: number | null;
  /** Who closed it, in a word or two; empty while it is open. */
  readonly closedBy: string;
  readonly findings: number;
};

/** Who talks to whom. */
export type TopologyPicture = {
  /** At most 200. */
  readonly nodes: readonly TopologyNode[];
  /** At most 500. */
  readonly edges: readonly TopologyEdge[];
  /** Peers that are left out, since there are too many. */
  readonly otherPeers: number;
};

export type TopologyNode = {
  readonly id: string;
  readonly kind: "client" | "tap" | "bridge" | "server";
  /** Address, or the tap's name. */
  readonly label: string;
  /** Program, identity; lines of small print, at most three. */
  readonly details: readonly string[];
  /** Socket type; `null` of taps and where the wire does not say. */
  readonly socket: string | null;
  readonly status: TapStatus | "gone" | "open";
  readonly severity: Severity | null;
};

export type TopologyEdge = {
  readonly from: string;
  readonly to: string;
  readonly links: number;
  readonly mechanism: string | null;
  /** Over the last second, along the edge and against it. */
  readonly perSecond: readonly [number, number];
  readonly messages: readonly [number, number];
  readonly severity: Severity | null;
  /** A filter that shows what goes along it. */
  readonly filter: string;
};

/**
 * What proves that a tap does no harm. Octets of all links since the tap was started, by direction, as the connections
 * themselves have counted them: received + added = sent + queued + undelivered + removed.
 */
export type Fidelity = {
  readonly received: readonly [number, number];
  /** What was written to the other side; of links whose receiver closed first the rest is `undelivered`. */
  readonly sent: readonly [number, number];
  readonly undelivered: readonly [number, number];
  /** Under way in the tap now. */
  readonly queued: readonly [number, number];
  /** What the tap itself put in and took out on the user's wish: messages sent again, interventions. */
  readonly added: readonly [number, number];
  readonly removed: readonly [number, number];
  /** Links whose security the tap ends: other octets go out than come in, so they are not among the others or compared. */
  readonly rekeyed: {
    readonly links: number;
    readonly received: readonly [number, number];
    readonly sent: readonly [number, number];
  };
  /** Messages and encrypted frames: seen = kept + evicted + passedBy. */
  readonly seen: number;
  readonly kept: number;
  readonly evicted: number;
  /** Those that came while capturing was stopped. */
  readonly passedBy: number;
  /**
   * From a chunk's arrival in the relay to its hand-over to the kernel, in milliseconds, of chunks that are sampled: without
   * the time in the kernel's buffers before, and without chunks that had to wait for their receiver, of which there are
   * `waited`.
   */
  readonly addedP50Ms: number | null;
  readonly addedP99Ms: number | null;
  readonly samples: number;
  readonly waited: number;
  /** For how long a side was not read because the other one did not take. */
  readonly heldUpMs: readonly [number, number];
  /** Equations that fail, in words; empty when all is well. */
  readonly problems: readonly string[];
};

/** Of a capture that there is not: no engine was started yet. */
export const NO_OVERVIEW: Overview = { startMs: 0, stepMs: 1000, buckets: 0, taps: [], otherTaps: 0, marks: [] };
export const NO_LATENCY: LatencyPicture = { methods: [], otherMethods: 0, slowest: [] };
export const NO_TOPICS: TopicsPicture = { prefix: "", topics: [], otherTopics: 0, uncounted: 0 };
export const NO_LINKS: LinksPicture = { links: [], forgotten: 0, nowMs: 0 };
export const NO_TOPOLOGY: TopologyPicture = { nodes: [], edges: [], otherPeers: 0 };
