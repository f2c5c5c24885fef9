import { readSecurityNames } from "./keys/securityNames.ts";
import { t } from "./l10n.ts";
import type { SecurityNames } from "./security.ts";
import { fitsWildcard } from "./wildcard.ts";

/**
 * A SOCKS5 server in place of a tap's one server: every destination that a program connects to through it gets a tap of its
 * own, which is there for as long as it is used.
 */
export type SocksConfig = {
  /** What may be connected to, as destination patterns; empty for everything. */
  readonly allow: readonly string[];
  /** Keys of single destinations by their endpoint, by name. All others have those of the entry itself. */
  readonly keys?: Readonly<Record<string, SecurityNames>>;
};

/** What a SOCKS server has done so far, and what is open. */
export type SocksState = {
  /** Destinations that have a tap now. */
  readonly destinations: number;
  /** Clients that are connected now. */
  readonly connections: number;
  /** Connections made. */
  readonly made: number;
  /** Turned away since nothing may be connected to there. */
  readonly denied: number;
  /** Of clients whose server could not be reached when they asked. */
  readonly unreached: number;
  /** Closed since they spoke no SOCKS5, or not in time. */
  readonly faulty: number;
  /** Turned away since there were too many connections or destinations. */
  readonly surplus: number;
};

/** In place of the server's endpoint of a tap that is a SOCKS server. */
export const ANY_DESTINATION = "every destination";
export const MAX_PATTERNS = 100;
const MAX_PATTERN_LENGTH = 300;
const MAX_KEYED_DESTINATIONS = 500;

/** Destinations by host and port. `host` is in small letters, and `*` in it stands for any text. */
export type DestinationPattern = {
  readonly host: string;
  readonly lowestPort: number;
  readonly highestPort: number;
};

const EXAMPLE = t("Write for example 127.0.0.1:*, *.example.org:5556 or [::1]:5000-5999.");

/**
 * Reads `host:port`, with or without `tcp://` in front. `*` stands for any text in a host and for any port, `5000-5999` for
 * these ports; without a port it is any. IPv6 is in brackets, in its shortest form. What is wrong ends a sentence.
 */
export function readDestinationPattern(text: string): DestinationPattern | { readonly problem: string } {
  const address = text
    .trim()
    .replace(/^tcp:\/\//i, "")
    .toLowerCase();
  if (address === "") return { problem: t("it is empty. {0}", EXAMPLE) };
  if (address.length > MAX_PATTERN_LENGTH)
    return { problem: t("it is longer than {0} characters.", MAX_PATTERN_LENGTH) };
  if (/^[a-z]+:\/\//.test(address)) return { problem: t("only tcp goes through SOCKS. {0}", EXAMPLE) };
  const match = /^(?:\[([0-9a-f:.%*]+)\]|([^\s:[\]/]+))(?::([^:]*))?$/.exec(address);
  if (match === null) return { problem: t("it is no host with a port. {0}", EXAMPLE) };
  const host = match[1] ?? match[2]!;
  const [, low, high = low] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(match[3] ?? "") ?? [];
  if (match[3] === undefined || match[3] === "*") return { host, lowestPort: 1, highestPort: 65535 };
  const [lowestPort, highestPort] = [Number(low), Number(high)];
  // No number at all fails here, too.
  if (!(lowestPort >= 1 && lowestPort <= highestPort && highestPort <= 65535))
    return { problem: t('"{0}" is no port. {1}', match[3], EXAMPLE) };
  return { host, lowestPort, highestPort };
}

/** Whether a pattern stands for a destination as its client wrote it; IPv6 without brackets. */
export function fitsDestination(pattern: DestinationPattern, host: string, port: number): boolean {
  if (port < pattern.lowestPort || port > pattern.highestPort) return false;
  const name = host.toLowerCase();
  // A pattern for addresses must not stand for a name that begins like one.
  const isForAddresses = /^[\d.*]*\d[\d.*]*$/.test(pattern.host);
  if (isForAddresses && !/^[\d.]+$/.test(name)) return false;
  return fitsWildcard(pattern.host, name);
}

/** A SOCKS server as memory holds it; `null` for what is none. Its patterns are read when it starts. */
export function readSocks(value: unknown): SocksConfig | null {
  if (typeof value !== "object" || value === null) return null;
  const { allow, keys = {} } = value as Readonly<Record<string, unknown>>;
  if (!Array.isArray(allow) || allow.length > MAX_PATTERNS || !allow.every((each) => typeof each === "string"))
    return null;
  if (typeof keys !== "object" || keys === null) return null;
  const named: Record<string, SecurityNames> = {};
  for (const [destination, names] of Object.entries(keys).slice(0, MAX_KEYED_DESTINATIONS)) {
    const read = readSecurityNames(names);
    if ("problem" in read) return null;
    named[destination] = read;
  }
  return { allow, ...(Object.keys(named).length === 0 ? {} : { keys: named }) };
}

/** The same SOCKS server with other keys for one destination; `undefined` for those of the entry. */
export function withDestinationKeys(
  socks: SocksConfig,
  destination: string,
  names: SecurityNames | undefined,
): SocksConfig {
  const others = Object.entries(socks.keys ?? {}).filter(([known]) => known !== destination);
  // The newest stands last, and the oldest makes room.
  const entries = [...others, ...(names === undefined ? [] : [[destination, names] as const])];
  const kept = entries.slice(-MAX_KEYED_DESTINATIONS);
  return { allow: socks.allow, ...(kept.length === 0 ? {} : { keys: Object.fromEntries(kept) }) };
}

/** `host:port` as programs are told of a SOCKS server that listens on an endpoint; where any address will do, 127.0.0.1. */
export function socksAddress(listening: string): string {
  return listening.replace(/^tcp:\/\//, "").replace(/^(?:\*|0\.0\.0\.0|\[::\])(?=:)/, "127.0.0.1");
}

/** The line that sends a program's connections through a SOCKS server; it stands before connect. */
export type SocksLine = { readonly language: string; readonly line: string };

/** That line, per language. */
export function socksLines(listening: string): readonly SocksLine[] {
  const address = socksAddress(listening);
  return [
    { language: "Python", line: `socket.setsockopt(zmq.SOCKS_PROXY, b"${address}")` },
    { language: "JavaScript", line: `socket.socksProxy = "${address}"` },
    { language: "C", line: `zmq_setsockopt(socket, ZMQ_SOCKS_PROXY, "${address}", ${address.length});` },
    { language: "C++", line: `socket.set(zmq::sockopt::socks_proxy, "${address}");` },
  ];
}

/** What a SOCKS server has done, in a few words. */
export function describeSocks(state: SocksState): string {
  const { destinations, connections, denied, unreached, faulty, surplus } = state;
  return [
    t(destinations === 1 ? "{0} destination" : "{0} destinations", destinations),
    t(connections === 1 ? "{0} connection" : "{0} connections", connections),
    ...(denied === 0 ? [] : [t("{0} denied", denied)]),
    ...(unreached === 0 ? [] : [t("{0} unreached", unreached)]),
    ...(faulty === 0 ? [] : [t("{0} without SOCKS5", faulty)]),
    ...(surplus === 0 ? [] : [t("{0} too many", surplus)]),
  ].join(" · ");
}
