import {
  asksRemotes,
  type BridgeConfig,
  type BridgeCounters,
  type BridgeKind,
  bridgeSockets,
  type BridgeState,
  type BridgeStatus,
} from "./bridges.ts";
import { durationText } from "./callText.ts";
import { formatBytes, formatCount, formatRate, shortEndpoint } from "./tapText.ts";

/** What each kind is called and does, for those who choose one. */
export const BRIDGE_KIND_WORDS: Readonly<Record<BridgeKind, { readonly label: string; readonly does: string }>> = {
  "sub-pub": { label: "SUB → PUB", does: "Publishes again, at one endpoint, what several publishers say" },
  "sub-req": { label: "SUB → REQ", does: "Asks a server with each publication; what it replies goes no further" },
  "rep-pub": { label: "REP → PUB", does: "Publishes each request; the caller gets OK at once" },
  "rep-req": { label: "REP → REQ", does: "Passes requests on and replies back; the caller always gets an answer" },
  "buffered-rep-req": {
    label: "Buffered REP → REQ",
    does: "Says OK at once, and delivers when the server is there; can keep its queue on disk",
  },
};

/** The word for each state, which stands beside its icon. */
const BRIDGE_STATUS_WORDS: Readonly<Record<BridgeStatus, string>> = {
  starting: "starting",
  running: "running",
  stopped: "stopped",
  failed: "failed",
};

/** A row below a bridge. */
export type BridgePart = "in" | "out" | "queue" | "counters";

/** One line about a bridge, behind its name. That it runs goes without saying: its icon and `sayBridge` tell it. */
export function describeBridge(bridge: BridgeState): string {
  const { status, problem, messagesPerSecond, counters, queue } = bridge;
  const parts = status === "running" ? [] : [BRIDGE_STATUS_WORDS[status]];
  if (queue.messages > 0) parts.push(`${formatCount(queue.messages)} queued`);
  if (status !== "failed") parts.push(shortLegs(bridge));
  if (status === "running") parts.push(formatRate(messagesPerSecond));
  if (counters.received > 0) parts.push(`${formatCount(counters.received)} msgs`);
  if (problem !== null) parts.push(problem);
  return parts.join(" · ");
}

/** What a screen reader says of a bridge: name, state and the line behind the name. */
export function sayBridge(bridge: BridgeState): string {
  const { config, status } = bridge;
  const isRunning = status === "running";
  return [config.name, "bridge", ...(isRunning ? [BRIDGE_STATUS_WORDS.running] : []), describeBridge(bridge)].join(
    ", ",
  );
}

/** Both legs, short: `REP :5555 → REQ :5556`. */
export function shortLegs(bridge: BridgeState): string {
  return `${shortLeg(bridge, "in")} → ${shortLeg(bridge, "out")}`;
}

/** What a bridge does that has nothing in the log yet. */
export function bridgeSentence(bridge: BridgeState): string {
  const { config, status, problem } = bridge;
  if (status === "failed") return `${config.name}: ${problem ?? "failed to start."}`;
  if (status !== "running") return `${config.name} is ${BRIDGE_STATUS_WORDS[status]}.`;
  const ends = `${endpointsOf(bridge, "in").join(", ")} to ${endpointsOf(bridge, "out").join(", ")}`;
  return `${config.name} bridges ${ends}, and no message came yet.`;
}

/** The rows below a bridge: its legs, and what there is to tell of its queue and its counters. */
export function bridgeParts({ config, counters }: BridgeState): readonly BridgePart[] {
  return [
    "in",
    "out",
    ...(asksRemotes(config.kind) ? (["queue"] as const) : []),
    ...(countsOf(counters).length > 0 ? (["counters"] as const) : []),
  ];
}

/** Label and description of such a row. */
export function describePart(
  bridge: BridgeState,
  part: BridgePart,
): { readonly label: string; readonly description: string } {
  const { config, counters } = bridge;
  if (part === "queue") return { label: "queue", description: describeQueue(bridge) };
  if (part === "counters") return { label: "counters", description: countsOf(counters).join(" · ") };
  const endpoints = endpointsOf(bridge, part).map(shortEndpoint);
  return { label: `${part} ${bridgeSockets(config.kind)[part]}`, description: describeLeg(bridge, part, endpoints) };
}

/** Endpoints of a leg, what it does there, its mechanism, and of several servers how they share the messages. */
function describeLeg({ config }: BridgeState, part: "in" | "out", endpoints: readonly string[]): string {
  const { attach, security } = config[part];
  const keys =
    security?.serverPair !== undefined || security?.serverKey !== undefined
      ? ["CURVE"]
      : security?.plain !== undefined
        ? ["PLAIN"]
        : [];
  const fanOut = part === "out" && config.out.endpoints.length > 1 && asksRemotes(config.kind) ? [config.fanOut] : [];
  return [endpoints.join(", "), `${attach}s`, ...keys, ...fanOut].join(" · ");
}

/** What hovering over a bridge says: what it is, its legs, its queue, every counter that is not 0. */
export function explainBridge(bridge: BridgeState): string {
  const { config, status, problem, counters } = bridge;
  const { label, does } = BRIDGE_KIND_WORDS[config.kind];
  const legs = (["in", "out"] as const).map((part) => {
    const leg = describeLeg(bridge, part, endpointsOf(bridge, part));
    return `${part} ${bridgeSockets(config.kind)[part]}: ${leg}`;
  });
  return [
    `${config.name}: ${BRIDGE_STATUS_WORDS[status]}`,
    `${label}: ${does}`,
    ...legs,
    ...(asksRemotes(config.kind) ? [`Queue: ${describeQueue(bridge)}`, describeAttempts(config)] : []),
    ...countsOf(counters),
    ...(problem === null ? [] : [problem]),
  ].join("\n");
}

/** Endpoints of a leg as they really are, or as they are wanted. */
export function endpointsOf(bridge: BridgeState, leg: "in" | "out"): readonly string[] {
  return bridge[leg].length > 0 ? bridge[leg] : bridge.config[leg].endpoints.map(({ endpoint }) => endpoint);
}

/** A name for a bridge that none of `taken` has. */
export function suggestBridgeName(kind: BridgeKind, endpoint: string, taken: readonly string[]): string {
  const tail = /([^/:@]+)\/*$/.exec(endpoint)?.[1] ?? endpoint;
  const stem = tail === "*" || tail === "" ? kind : `${kind} ${tail}`;
  let name = stem;
  for (let n = 2; taken.includes(name); n++) name = `${stem} (${n})`;
  return name;
}

function shortLeg(bridge: BridgeState, leg: "in" | "out"): string {
  const [first = "", ...others] = endpointsOf(bridge, leg);
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  return `${bridgeSockets(bridge.config.kind)[leg]} ${shortEndpoint(first)}${more}`;
}

function describeQueue({ config, queue }: BridgeState): string {
  const { maxMessages } = config.limits;
  const where = config.persist ? ["on disk"] : [];
  if (queue.messages === 0) return ["empty", ...where].join(" · ");
  return [
    `${formatCount(queue.messages)} of ${formatCount(maxMessages)} messages`,
    formatBytes(queue.bytes),
    `oldest ${spanText(queue.oldestMs)}`,
    ...where,
  ].join(" · ");
}

function describeAttempts({ timeoutMs, retries }: BridgeConfig): string {
  const each = `Each attempt waits ${spanText(timeoutMs)}`;
  if (retries === null) return `${each}, until the message is too old`;
  return retries === 0 ? `${each}, and is the only one` : `${each}, then up to ${retries} more`;
}

/** `1.2 s`, `5 min`, `26 h`, `3 days`. */
export function spanText(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes < 2) return durationText(ms);
  if (minutes < 120) return `${Math.round(minutes)} min`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 60 / 24)} days`;
}

/** What is wrong comes first, since a narrow side bar cuts the rest. */
const COUNTER_WORDS: Readonly<Record<keyof BridgeCounters, string>> = {
  expired: "expired",
  failed: "failed",
  refused: "refused",
  dropped: "dropped",
  errors: "answered with an error",
  retried: "retried",
  delivered: "delivered",
  received: "received",
  sent: "sent",
  answered: "answered",
  queued: "taken into the queue",
  heartbeats: "heartbeats",
  recreated: "sockets made anew",
};

function countsOf(counters: BridgeCounters): readonly string[] {
  return (Object.keys(COUNTER_WORDS) as (keyof BridgeCounters)[])
    .filter((counter) => counters[counter] > 0)
    .map((counter) => `${formatCount(counters[counter])} ${COUNTER_WORDS[counter]}`);
}
