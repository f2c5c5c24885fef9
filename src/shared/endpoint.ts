import { t } from "./l10n.ts";

/** Where a server listens or a client connects, read as libzmq writes it; or the URL of an HTTP server. */
export type Endpoint =
  | {
      readonly transport: "tcp";
      /** Name, IPv4, IPv6 without brackets (zone kept), interface name, or `*`. */
      readonly host: string;
      /** 0 stands for a free one and is allowed only for listening. */
      readonly port: number;
      /** Address our own connection leaves from: the part before `;`. */
      readonly source: { readonly host: string; readonly port: number } | null;
    }
  | {
      readonly transport: "ipc";
      /** Path of the socket file, or the name of an abstract socket; empty for "any" (`ipc://*`). */
      readonly path: string;
      readonly abstract: boolean;
    }
  | {
      readonly transport: "http";
      /** As for tcp. */
      readonly host: string;
      readonly port: number;
      readonly source: null;
      /** With its leading `/` and its query; empty where the URL has none. */
      readonly path: string;
    };

export type EndpointRole = "server" | "listen";

/** Why a text is no endpoint, as the end of a sentence, and what to write instead. */
export type EndpointProblem = { readonly problem: string };

const HTTP_PORT = 80;
const HTTP_EXAMPLE = "http://127.0.0.1:8000";
const NOT_CARRIED = new Set(["udp", "pgm", "epgm", "norm", "tipc", "vmci", "vsock", "hyperv", "ws", "wss"]);
const EXAMPLE = { server: "tcp://127.0.0.1:5556", listen: "tcp://127.0.0.1:*" };

/**
 * Reads an endpoint as libzmq does: `tcp://host:port` (names, `*`, interface names, bracketed IPv6, `source;destination`),
 * `ipc://path` and `ipc://@abstract`. For listening the port may be `*` or 0. A server may also be `http://host:port/path`.
 * Never throws.
 */
export function parseEndpoint(text: string, role: EndpointRole): Endpoint | EndpointProblem {
  const trimmed = text.trim();
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(trimmed)?.[1]?.toLowerCase();
  if (trimmed === "") return { problem: t("it is empty. Write for example {0}.", EXAMPLE[role]) };
  if (scheme === undefined) {
    const looksLikeHost = /^[^/\s]+:(\d+|\*)$/.test(trimmed);
    const example = looksLikeHost ? `tcp://${trimmed}` : EXAMPLE[role];
    return { problem: t("the transport is missing. Write {0}.", example) };
  }
  const address = trimmed.slice(scheme.length + 3);
  if (scheme === "tcp") return parseTcp(address, role);
  if (scheme === "ipc") return parseIpc(address, role);
  if (scheme === "http") return parseHttp(address, role);
  if (scheme === "https") {
    return {
      problem: t(
        "https is encrypted between the programs (TLS), so a tap could not read it and calls do not speak it. Use plain http where that is safe, such as on this machine.",
      ),
    };
  }
  if (scheme === "inproc") {
    return {
      problem: t("inproc stays inside one process, there is no wire to tap. Give the programs a tcp or ipc endpoint."),
    };
  }
  if (NOT_CARRIED.has(scheme)) return { problem: t("{0} is not carried by a tap. Use a tcp or ipc endpoint.", scheme) };
  return { problem: t('"{0}" is no transport of ZeroMQ\'s. Use tcp or ipc, for example {1}.', scheme, EXAMPLE[role]) };
}

export function isProblem(parsed: Endpoint | EndpointProblem): parsed is EndpointProblem {
  return "problem" in parsed;
}

function parseTcp(address: string, role: EndpointRole): Endpoint | EndpointProblem {
  const parts = address.split(";");
  if (parts.length > 2) return { problem: t("it has more than one `;`. Write tcp://source:0;host:port.") };
  const destination = splitHostPort(parts.at(-1) ?? "", role);
  if ("problem" in destination) return destination;
  if (parts.length === 1) return { transport: "tcp", ...destination, source: null };
  if (role === "listen")
    return { problem: t("a source address (before `;`) makes no sense for listening. Leave it out.") };
  const source = splitHostPort(parts[0] ?? "", "listen");
  if ("problem" in source) return { problem: t("its source address cannot be used: {0}", source.problem) };
  return { transport: "tcp", ...destination, source };
}

function splitHostPort(text: string, role: EndpointRole): { host: string; port: number } | EndpointProblem {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):([^:]*)$/.exec(text);
  if (match === null) {
    if (/^[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.%\w]*$/i.test(text)) {
      return { problem: t("an IPv6 address needs brackets. Write tcp://[::1]:5556.") };
    }
    return { problem: t("the port is missing. Write for example {0}.", EXAMPLE[role]) };
  }
  const host = match[1] ?? match[2] ?? "";
  const portText = match[3] ?? "";
  if (host === "") return { problem: t("the host is missing. Write for example {0}.", EXAMPLE[role]) };
  if (/[\s/?#@]/.test(host)) return { problem: t('"{0}" is no host name or address.', host) };
  if (match[1] !== undefined && match[1] !== "*" && !match[1].includes(":")) {
    return { problem: t('"[{0}]" is no IPv6 address. Brackets are for IPv6 only.', match[1]) };
  }
  if (portText === "*") {
    return role === "listen"
      ? { host, port: 0 }
      : { problem: t("a server has one port; `*` only works for listening.") };
  }
  if (!/^\d{1,5}$/.test(portText) || Number(portText) > 65535) {
    return {
      problem: t(
        role === "listen"
          ? '"{0}" is no port. Ports are numbers from 1 to 65535, or *.'
          : '"{0}" is no port. Ports are numbers from 1 to 65535.',
        portText,
      ),
    };
  }
  const port = Number(portText);
  if (port === 0 && role === "server")
    return { problem: t("port 0 is no server's port. Give the port that it listens on.") };
  return { host, port };
}

function parseIpc(path: string, role: EndpointRole): Endpoint | EndpointProblem {
  if (path === "*") {
    return role === "listen"
      ? { transport: "ipc", path: "", abstract: false }
      : { problem: t("a server has one path; `*` only works for listening.") };
  }
  if (path === "" || path === "@")
    return { problem: t("the path is missing. Write for example ipc:///tmp/server.sock.") };
  if (path.includes("\0")) return { problem: t("a path cannot hold a NUL character.") };
  return path.startsWith("@")
    ? { transport: "ipc", path: path.slice(1), abstract: true }
    : { transport: "ipc", path, abstract: false };
}

function parseHttp(address: string, role: EndpointRole): Endpoint | EndpointProblem {
  if (role === "listen") {
    return {
      problem: t(
        "HTTP is for servers only, and a tap of one listens on tcp. Write tcp://127.0.0.1:*, and give its clients http:// and the port that it takes.",
      ),
    };
  }
  const [, authority = "", path = ""] = /^([^/?#]*)(.*)$/s.exec(address)!;
  if (authority.includes("@")) {
    return {
      problem: t("a user and password do not belong into an endpoint, where others can read them. Leave them out."),
    };
  }
  if (path !== "" && !/^\/[\x21\x22\x24-\x7e]*$/.test(path)) {
    return { problem: t("its path cannot be used. Write it percent-encoded, for example {0}/RPC2.", HTTP_EXAMPLE) };
  }
  const hasPort = /:[^:\]]*$/.test(authority);
  const destination = splitHostPort(hasPort || authority === "" ? authority : `${authority}:${HTTP_PORT}`, role);
  if ("problem" in destination) return { problem: destination.problem.replaceAll(EXAMPLE.server, HTTP_EXAMPLE) };
  if (destination.host === "*") return { problem: t("a URL names one host. Write for example {0}.", HTTP_EXAMPLE) };
  return { transport: "http", ...destination, source: null, path };
}

/** The endpoint as libzmq writes it; port 0 as `*`. */
export function formatEndpoint(endpoint: Endpoint): string {
  if (endpoint.transport === "ipc") {
    if (endpoint.path === "") return "ipc://*";
    return `ipc://${endpoint.abstract ? "@" : ""}${endpoint.path}`;
  }
  if (endpoint.transport === "http") return `http://${formatHostPort(endpoint)}${endpoint.path}`;
  const source = endpoint.source === null ? "" : `${formatHostPort(endpoint.source)};`;
  return `tcp://${source}${formatHostPort(endpoint)}`;
}

function formatHostPort({ host, port }: { host: string; port: number }): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port === 0 ? "*" : port}`;
}

/**
 * What clients of a tap on `server` connect to, where it listens on `listening`: of an http server the URL that they are
 * given in place of the server's.
 */
export function clientEndpoint(server: string, listening: string): string {
  const parsed = parseEndpoint(server, "server");
  const own = parseEndpoint(listening, "listen");
  if (isProblem(parsed) || isProblem(own) || parsed.transport !== "http" || own.transport !== "tcp") return listening;
  return formatEndpoint({ ...parsed, host: own.host === "*" ? "127.0.0.1" : own.host, port: own.port });
}

/**
 * A text that is no endpoint, without the user and password that it may hold. These are taken to go up to the last @, since
 * people write passwords as they are, with signs that end them in a URL.
 */
export function withoutUser(text: string): string {
  return text.replace(/(:\/\/).*@/s, "$1***@");
}

/** Whether what is sent there stays on this machine. A name other than localhost counts as elsewhere. */
export function isLoopback(endpoint: Endpoint): boolean {
  if (endpoint.transport === "ipc") return true;
  return isLoopbackHost(endpoint.host);
}

/** For an address, a host name or `*` (which as a server means this machine). */
export function isLoopbackHost(host: string): boolean {
  return /^(127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3}|localhost|\*)$/i.test(host);
}
