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
import { t } from "./l10n.ts";
import { formatBytes, formatCount, formatRate, shortEndpoint } from "./tapText.ts";

/** What each kind is called and does, for those who choose one. */
export const BRIDGE_KIND_WORDS: Readonly<Record<BridgeKind, { readonly label: string; readonly does: string }>> = {
  "sub-pub": { label: "SUB → PUB", does: t("Publishes again, at one endpoint, what several publishers say") },
  "sub-req": { label: "SUB → REQ", does: t("Asks a server with each publication; what it replies goes no further") },
  "rep-pub": { label: "REP → PUB", does: t("Publishes each request; the caller gets OK at once") },
  "rep-req": { label: "REP → REQ", does: t("Passes requests on and replies back; the caller always gets an answer") },
  "buffered-rep-req": {
    label: t("Buffered REP → REQ"),
    does: t("Says OK at once, and delivers when the server is there; can keep its queue on disk"),
  },
};

/** The word for each state, which stands beside its icon. */
const BRIDGE_STATUS_WORDS: Readonly<Record<BridgeStatus, string>> = {
  starting: t("starting"),
  running: t("running"),
  stopped: t("stopped"),
  failed: t("failed"),
};

/** A row below a bridge. */
export type BridgePart = "in" | "out" | "queue" | "counters";

/** One line about a bridge, behind its name. That it runs goes without saying: its icon and `sayBridge` tell it. */
export function describeBridge(bridge: BridgeState): string {
  const { status, problem, messagesPerSecond, counters, queue } = bridge;
  const parts = status === "running" ? [] : [BRIDGE_STATUS_WORDS[status]];
  if (queue.messages > 0) parts.push(t("{0} queued", formatCount(queue.messages)));
  if (status !== "failed") parts.push(shortLegs(bridge));
  if (status === "running") parts.push(formatRate(messagesPerSecond));
  if (counters.received > 0) parts.push(t("{0} msgs", formatCount(counters.received)));
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
  if (status === "failed") return `${config.name}: ${problem ?? t("failed to start.")}`;
  if (status !== "running") return t("{0} is {1}.", config.name, BRIDGE_STATUS_WORDS[status]);
  const [from, to] = [endpointsOf(bridge, "in").join(", "), endpointsOf(bridge, "out").join(", ")];
  return t("{0} bridges {1} to {2}, and no message came yet.", config.name, from, to);
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
  if (part === "queue") return { label: t("queue"), description: describeQueue(bridge) };
  if (part === "counters") return { label: t("counters"), description: countsOf(counters).join(" · ") };
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
  return [endpoints.join(", "), attach === "bind" ? t("binds") : t("connects"), ...keys, ...fanOut].join(" · ");
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
    ...(asksRemotes(config.kind) ? [t("Queue: {0}", describeQueue(bridge)), describeAttempts(config)] : []),
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
  const shown = `${bridgeSockets(bridge.config.kind)[leg]} ${shortEndpoint(first)}`;
  return others.length === 0 ? shown : t("{0} and {1} more", shown, others.length);
}

function describeQueue({ config, queue }: BridgeState): string {
  const { maxMessages } = config.limits;
  const where = config.persist ? [t("on disk")] : [];
  if (queue.messages === 0) return [t("empty"), ...where].join(" · ");
  return [
    t("{0} of {1} messages", formatCount(queue.messages), formatCount(maxMessages)),
    formatBytes(queue.bytes),
    t("oldest {0}", spanText(queue.oldestMs)),
    ...where,
  ].join(" · ");
}

function describeAttempts({ timeoutMs, retries }: BridgeConfig): string {
  const each = spanText(timeoutMs);
  if (retries === null) return t("Each attempt waits {0}, until the message is too old", each);
  if (retries === 0) return t("Each attempt waits {0}, and is the only one", each);
  return t("Each attempt waits {0}, then up to {1} more", each, retries);
}

/** `1.2 s`, `5 min`, `26 h`, `3 days`. */
export function spanText(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes < 2) return durationText(ms);
  if (minutes < 120) return `${Math.round(minutes)} min`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : t("{0} days", Math.round(minutes / 60 / 24));
}

/** What is wrong comes first, since a narrow side bar cuts the rest. */
const COUNTER_WORDS: Readonly<Record<keyof BridgeCounters, string>> = {
  expired: t("expired"),
  failed: t("failed"),
  refused: t("refused"),
  dropped: t("dropped"),
  errors: t("answered with an error"),
  retried: t("retried"),
  delivered: t("delivered"),
  received: t("received"),
  sent: t("sent"),
  answered: t("answered"),
  queued: t("taken into the queue"),
  heartbeats: t("heartbeats"),
  recreated: t("sockets made anew"),
};

function countsOf(counters: BridgeCounters): readonly string[] {
  return (Object.keys(COUNTER_WORDS) as (keyof BridgeCounters)[])
    .filter((counter) => counters[counter] > 0)
    .map((counter) => `${formatCount(counters[counter])} ${COUNTER_WORDS[counter]}`);
}
