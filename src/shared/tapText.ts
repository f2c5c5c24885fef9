import { describeSteps } from "./handshakeSteps.ts";
import { t } from "./l10n.ts";
import type { FailingClient, LinkState, PassedBy, TapState, TapStatus, WatchState } from "./model.ts";
import { decimalNumber, wholeNumber } from "./numbers.ts";
import { describeSocks } from "./socks.ts";
import { describeStandIn } from "./standIn.ts";
import { verdictFacts, verdictWords } from "./verdictText.ts";

/** The word for each state, which stands beside its icon: colour alone says nothing to some. */
export const STATUS_WORDS: Readonly<Record<TapStatus, string>> = {
  starting: t("starting"),
  listening: t("listening"),
  "server-down": t("server down"),
  stopped: t("stopped"),
  failed: t("failed"),
};

/** One line about a tap, behind its name. That it listens goes without saying: its icon and `sayTap` tell it. */
export function describeTap(tap: TapState): string {
  if (tap.config.socks !== undefined) return describeSocksServer(tap);
  const parts = unusualStatus(tap);
  if (tap.config.isCaptured === false) parts.push(t("not captured"));
  if (tap.status !== "failed") parts.push(describeEnds(tap));
  if (tap.status === "listening") parts.push(formatRate(tap.messagesPerSecond));
  if (tap.watch !== undefined) parts.push(t("watches all topics"));
  if (tap.failing.length > 0) parts.push(t("{0} failing", tap.failing.length));
  if (tap.messages > 0) parts.push(t("{0} msgs", formatCount(tap.messages)), formatBytes(tap.bytes));
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
  if (config.isCaptured === false) parts.push(t("not captured"));
  parts.push(shortEndpoint(listening || config.listen));
  return [...parts, ...(socks === undefined ? [] : [describeSocks(socks)])].join(" · ");
}

/** What hovering over a tap says of its own subscriber. */
export function watchLine({ isOn, problem }: WatchState): string {
  if (isOn) return t("Watches all topics with a subscriber of its own, which the publisher sends everything to");
  const said = t("Watches all topics as soon as it can");
  return problem === null ? said : `${said}: ${problem}`;
}

/** What hovering over a tap says while it only relays. */
export function passedByLine({ messages, bytes }: PassedBy): string {
  return t(
    messages === 1
      ? "Only relays: {0} message ({1}) passed by since capturing was stopped"
      : "Only relays: {0} messages ({1}) passed by since capturing was stopped",
    formatCount(messages),
    formatBytes(bytes),
  );
}

/**
 * What is asked before taps end that programs are connected through; `null` when there are none. `all` are all taps, since
 * the programs of a SOCKS server are those of its destinations.
 */
export function cutQuestion(
  isRemoval: boolean,
  ending: readonly TapState[],
  all: readonly TapState[],
): { readonly message: string; readonly detail: string } | null {
  const ids = new Set(ending.map(({ config }) => config.id));
  const cut = all.filter(({ config }) => ids.has(config.id) || ids.has(config.door ?? ""));
  const links = cut.reduce((sum, tap) => sum + programLinks(tap), 0);
  if (links === 0) return null;
  const [one] = ending;
  const count = formatCount(links);
  return {
    message:
      ending.length === 1 && one !== undefined
        ? t(
            isRemoval
              ? links === 1
                ? 'Remove the tap "{0}"? {1} client is connected through it, and will be cut from the server.'
                : 'Remove the tap "{0}"? {1} clients are connected through it, and will be cut from the server.'
              : links === 1
                ? 'Stop the tap "{0}"? {1} client is connected through it, and will be cut from the server.'
                : 'Stop the tap "{0}"? {1} clients are connected through it, and will be cut from the server.',
            one.config.name,
            count,
          )
        : t(
            links === 1
              ? "Stop these taps? {0} client is connected through them, and will be cut from its server."
              : "Stop these taps? {0} clients are connected through them, and will be cut from their servers.",
            count,
          ),
    detail: t(
      "To both sides it is as if the other had been restarted: what is under way may be lost, and a REQ that waits for its reply may wait for ever. Stop Capturing keeps them connected, and only keeps their messages out of the log.",
    ),
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
    return t(count === 1 ? "{0} link" : "{0} links", count);
  }
  const here = shortEndpoint(listening || config.listen);
  const { standIn: own } = config;
  if (own === undefined) return `${here} → ${shortEndpoint(config.server)}`;
  const done = standIn === undefined ? "" : ` · ${describeStandIn(own, standIn)}`;
  if (own.kind === "answers") return t("{0} answers calls", here) + done;
  const said = own.connects
    ? t("listens for signals from {0}", shortEndpoint(config.server))
    : t("listens for signals on {0}", here);
  return said + done;
}

/** Socket pair and identity of a link, or its number where those are not known: what it is called. */
export function describeLink(link: LinkState): string {
  const client = [link.sockets.client ?? "?", link.identity.client].filter((text) => text !== "").join(" ");
  const server = [link.sockets.server ?? "?", link.identity.server].filter((text) => text !== "").join(" ");
  const isKnown = link.sockets.client !== null || link.sockets.server !== null;
  const pair = isKnown ? `${client} → ${server}` : t("link {0}", link.link);
  return link.origin === "wire" ? pair : `${pair} (${link.origin})`;
}

/** One line about a link, behind what it is called. */
export function describeLinkTraffic(link: LinkState): string {
  const parts: string[] = [];
  if (link.handshake === "opaque") parts.push(link.mechanism === "HTTP" ? t("not HTTP any more") : t("not ZeroMQ"));
  else if (link.handshake !== "done") parts.push(t("handshake {0}", link.handshake));
  if (link.verdict !== null && link.handshake !== "opaque") parts.push(verdictWords(link.verdict));
  if (link.mechanism !== null && link.mechanism !== "NULL") parts.push(link.mechanism);
  parts.push(t("{0} msgs", formatCount(link.messages)));
  if (link.pending > 0) parts.push(t("{0} pending", formatCount(link.pending)));
  if (link.subscriptionCount > 0) parts.push(describeTopics(link));
  parts.push(link.client);
  return parts.join(" · ");
}

function describeTopics(link: LinkState): string {
  const shown = link.subscriptions.slice(0, 3).map((topic) => (topic === "" ? t("everything") : topic));
  const more = link.subscriptionCount - shown.length;
  return more > 0 ? t("{0} and {1} more", shown.join(", "), more) : shown.join(", ");
}

/** One line about a client whose handshakes fail, behind its address. */
export function describeFailing({ count, verdict }: FailingClient): string {
  return [verdictWords(verdict), count === 1 ? "" : t("{0} times", formatCount(count))]
    .filter((part) => part !== "")
    .join(" · ");
}

/** What hovering over a link says: who talks to whom, how, and what is wrong. */
export function explainLink(link: LinkState): string {
  const ends = `${t("Link {0}", link.link)}: ${link.client} → ${link.server}`;
  if (link.mechanism === "HTTP") return `${ends}\n${t("HTTP/1, shown as REQ and REP")}`;
  return [
    ends,
    link.version === null
      ? t("Handshake {0}", link.handshake)
      : t("ZMTP {0}, {1}, handshake {2}", link.version, link.mechanism ?? t("no mechanism"), link.handshake),
    ...describeSteps(link.steps).map(({ label, value }) => `${label}: ${value}`),
    ...(link.verdict === null ? [] : verdictFacts(link.verdict).map(({ label, value }) => `${label}: ${value}`)),
  ].join("\n");
}

/** What hovering over a failing client says. */
export function explainFailing({ client, count, verdict }: FailingClient): string {
  return [
    `${client}: ${t(count === 1 ? "{0} handshake did not succeed" : "{0} handshakes did not succeed", formatCount(count))}`,
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
  if (count >= 1e6) return `${decimalNumber(count / 1e6, 1)} M`;
  if (count >= 1e5) return `${Math.round(count / 1e3)} k`;
  return wholeNumber(Math.round(count));
}

/** An amount of octets, short. */
export function formatBytes(bytes: number): string {
  if (bytes >= 1e6) return `${decimalNumber(bytes / 1e6, 1)} MB`;
  if (bytes >= 1e3) return `${decimalNumber(bytes / 1e3, 1)} kB`;
  return `${bytes} B`;
}
