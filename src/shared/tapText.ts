import { describeSteps } from "./handshakeSteps.ts";
import type { FailingClient, LinkState, PassedBy, TapState, TapStatus, WatchState } from "./model.ts";
import { describeSocks } from "./socks.ts";
import { describeStandIn } from "./standIn.ts";
import { verdictFacts, verdictWords } from "./verdictText.ts";

/** The word for each state, which stands beside its icon: colour alone says nothing to some. */
export const STATUS_WORDS: Readonly<Record<TapStatus, string>> = {
  starting: "starting",
  listening: "listening",
  "server-down": "server down",
  stopped: "stopped",
  failed: "failed",
};

/** One line about a tap, behind its name. That it listens goes without saying: its icon and `sayTap` tell it. */
export function describeTap(tap: TapState): string {
  if (tap.config.socks !== undefined) return describeSocksServer(tap);
  const parts = unusualStatus(tap);
  if (tap.config.isCaptured === false) parts.push("not captured");
  if (tap.status !== "failed") parts.push(describeEnds(tap));
  if (tap.status === "listening") parts.push(formatRate(tap.messagesPerSecond));
  if (tap.watch !== undefined) parts.push("watches all topics");
  if (tap.failing.length > 0) parts.push(`${tap.failing.length} failing`);
  if (tap.messages > 0) parts.push(`${formatCount(tap.messages)} msgs`, formatBytes(tap.bytes));
  if (tap.status === "failed" && tap.problem !== null) parts.push(tap.problem);
  return parts.join(" · ");
}

/** What a screen reader says of a tap: name, state and the line behind the name. */
export function sayTap(tap: TapState): string {
  // A destination does not listen: its clients come through the SOCKS server.
  const isListening = tap.status === "listening" && tap.config.door === undefined;
  return [tap.config.name, ...(isListening ? [STATUS_WORDS.listening] : []), describeTap(tap)].join(", ");
}

function unusualStatus({ status }: TapState): string[] {
  return status === "listening" ? [] : [STATUS_WORDS[status]];
}

function describeSocksServer(tap: TapState): string {
  const { status, listening, config, socks, problem } = tap;
  const parts = unusualStatus(tap);
  if (status === "failed" && problem !== null) return [...parts, problem].join(" · ");
  if (config.isCaptured === false) parts.push("not captured");
  parts.push(shortEndpoint(listening || config.listen));
  return [...parts, ...(socks === undefined ? [] : [describeSocks(socks)])].join(" · ");
}

/** What hovering over a tap says of its own subscriber. */
export function watchLine({ isOn, problem }: WatchState): string {
  if (isOn) return "Watches all topics with a subscriber of its own, which the publisher sends everything to";
  return `Watches all topics as soon as it can${problem === null ? "" : `: ${problem}`}`;
}

/** What hovering over a tap says while it only relays. */
export function passedByLine({ messages, bytes }: PassedBy): string {
  const count = `${formatCount(messages)} ${messages === 1 ? "message" : "messages"}`;
  return `Only relays: ${count} (${formatBytes(bytes)}) passed by since capturing was stopped`;
}

/**
 * What is asked before taps end that programs are connected through; `null` when there are none. `all` are all taps, since
 * the programs of a SOCKS server are those of its destinations.
 */
export function cutQuestion(
  verb: "Stop" | "Remove",
  ending: readonly TapState[],
  all: readonly TapState[],
): { readonly message: string; readonly detail: string } | null {
  const ids = new Set(ending.map(({ config }) => config.id));
  const cut = all.filter(({ config }) => ids.has(config.id) || ids.has(config.door ?? ""));
  const links = cut.reduce((sum, tap) => sum + programLinks(tap), 0);
  if (links === 0) return null;
  const [one] = ending;
  const what = ending.length === 1 && one !== undefined ? `the tap "${one.config.name}"` : "these taps";
  const clients = links === 1 ? "1 client is" : `${formatCount(links)} clients are`;
  return {
    message: `${verb} ${what}? ${clients} connected through ${ending.length === 1 ? "it" : "them"}, and will be cut from the server.`,
    detail:
      "To both sides it is as if the other had been restarted: what is under way may be lost, and a REQ that waits for its reply may wait for ever. Stop Capturing keeps them connected, and only keeps their messages out of the log.",
  };
}

/** Links of programs; those of the tap's own cut nobody. */
function programLinks({ links, moreLinks }: TapState): number {
  return links.filter(({ origin }) => origin === "wire").length + moreLinks;
}

/** Where clients connect, and what is behind. */
function describeEnds({ config, listening, standIn, links, moreLinks }: TapState): string {
  if (config.door !== undefined) {
    const count = links.length + moreLinks;
    return `${count} ${count === 1 ? "link" : "links"}`;
  }
  const here = shortEndpoint(listening || config.listen);
  const { standIn: own } = config;
  if (own === undefined) return `${here} → ${shortEndpoint(config.server)}`;
  const done = standIn === undefined ? "" : ` · ${describeStandIn(own, standIn)}`;
  if (own.kind === "answers") return `${here} answers calls${done}`;
  const where = own.connects ? `from ${shortEndpoint(config.server)}` : `on ${here}`;
  return `listens for signals ${where}${done}`;
}

/** Socket pair and identity of a link, or its number where those are not known: what it is called. */
export function describeLink(link: LinkState): string {
  const client = [link.sockets.client ?? "?", link.identity.client].filter((text) => text !== "").join(" ");
  const server = [link.sockets.server ?? "?", link.identity.server].filter((text) => text !== "").join(" ");
  const isKnown = link.sockets.client !== null || link.sockets.server !== null;
  const pair = isKnown ? `${client} → ${server}` : `link ${link.link}`;
  return link.origin === "wire" ? pair : `${pair} (${link.origin})`;
}

/** One line about a link, behind what it is called. */
export function describeLinkTraffic(link: LinkState): string {
  const parts: string[] = [];
  if (link.handshake === "opaque") parts.push(link.mechanism === "HTTP" ? "not HTTP any more" : "not ZeroMQ");
  else if (link.handshake !== "done") parts.push(`handshake ${link.handshake}`);
  if (link.verdict !== null && link.handshake !== "opaque") parts.push(verdictWords(link.verdict));
  if (link.mechanism !== null && link.mechanism !== "NULL") parts.push(link.mechanism);
  parts.push(`${formatCount(link.messages)} msgs`);
  if (link.pending > 0) parts.push(`${formatCount(link.pending)} pending`);
  if (link.subscriptionCount > 0) parts.push(describeTopics(link));
  parts.push(link.client);
  return parts.join(" · ");
}

function describeTopics(link: LinkState): string {
  const shown = link.subscriptions.slice(0, 3).map((topic) => (topic === "" ? "everything" : topic));
  const more = link.subscriptionCount - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}

/** One line about a client whose handshakes fail, behind its address. */
export function describeFailing({ count, verdict }: FailingClient): string {
  return [verdictWords(verdict), count === 1 ? "" : `${formatCount(count)} times`]
    .filter((part) => part !== "")
    .join(" · ");
}

/** What hovering over a link says: who talks to whom, how, and what is wrong. */
export function explainLink(link: LinkState): string {
  const ends = `Link ${link.link}: ${link.client} → ${link.server}`;
  if (link.mechanism === "HTTP") return `${ends}\nHTTP/1, shown as REQ and REP`;
  return [
    ends,
    link.version === null
      ? `Handshake ${link.handshake}`
      : `ZMTP ${link.version}, ${link.mechanism ?? "no mechanism"}, handshake ${link.handshake}`,
    ...describeSteps(link.steps).map(({ label, value }) => `${label}: ${value}`),
    ...(link.verdict === null ? [] : verdictFacts(link.verdict).map(({ label, value }) => `${label}: ${value}`)),
  ].join("\n");
}

/** What hovering over a failing client says. */
export function explainFailing({ client, count, verdict }: FailingClient): string {
  return [
    `${client}: ${formatCount(count)} ${count === 1 ? "handshake" : "handshakes"} did not succeed`,
    ...verdictFacts(verdict).map(({ label, value }) => `${label}: ${value}`),
  ].join("\n");
}

/** Text of the status bar item. Only for at least one tap or bridge. */
export function statusBarText(running: readonly { readonly messagesPerSecond: number }[]): string {
  const rate = running.reduce((sum, { messagesPerSecond }) => sum + messagesPerSecond, 0);
  return `$(radio-tower) ZMQ ${running.length} ▸ ${formatRate(rate)}`;
}

/** An endpoint without what most endpoints have: `tcp://127.0.0.1:5556` is `:5556`. */
export function shortEndpoint(endpoint: string): string {
  return endpoint.replace(/^tcp:\/\/(?:127\.0\.0\.1|localhost)(?=:)/, "").replace(/^tcp:\/\//, "");
}

/** A name for a tap of this server that none of `taken` has. */
export function suggestName(server: string, taken: readonly string[]): string {
  const tail = /([^/:@]+)\/*$/.exec(server)?.[1] ?? server;
  const stem = server.startsWith("ipc:") ? tail.replace(/\.[a-z]+$/i, "") : `tap ${tail}`;
  let name = stem;
  for (let n = 2; taken.includes(name); n++) name = `${stem} (${n})`;
  return name;
}

export function formatRate(perSecond: number): string {
  return `${formatCount(perSecond)}/s`;
}

/** 1,234 as it is; large numbers short. */
export function formatCount(count: number): string {
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)} M`;
  if (count >= 1e5) return `${Math.round(count / 1e3)} k`;
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** An amount of octets, short. */
export function formatBytes(bytes: number): string {
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`;
  if (bytes >= 1e3) return `${(bytes / 1e3).toFixed(1)} kB`;
  return `${bytes} B`;
}
