import { withoutKey } from "./keys/curveKey.ts";
import { t } from "./l10n.ts";

/** What a browser's socket may be. A REP binds; the others connect. */
const WEB_SOCKETS = ["REQ", "SUB", "REP"] as const;
export type WebSocketType = (typeof WEB_SOCKETS)[number];

/** Endpoints that sockets of these types may use; `*` in the pattern stands for any host, port, or part of a path. */
export type EndpointRule = { readonly types: readonly WebSocketType[]; readonly pattern: string };

/** Whom and what a web bridge lets through. */
export type WebAccess = {
  /** What a page must show; `null` for none. Secret. */
  readonly token: string | null;
  /** Origins of pages besides the bridge's own; `*` stands for any port or host name. */
  readonly origins: readonly string[];
  readonly endpoints: readonly EndpointRule[];
  /** Functions that browsers may call; `null` for whatever they send. */
  readonly functions: readonly string[] | null;
  /** What the topics that browsers may hear begin with; `null` for all. */
  readonly topics: readonly string[] | null;
};

/** A web bridge to be started. */
export type WebBridgeConfig = {
  readonly id: string;
  readonly name: string;
  /** Of 127.0.0.1; 0 is a free one. */
  readonly port: number;
  readonly access: WebAccess;
  /** Messages that may wait for a browser's socket. */
  readonly highWaterMark: number;
  /** What a REQ waits for its reply, and a back end for a browser's. */
  readonly timeoutMs: number;
};

/** How a web bridge does. Holds no token. */
export type WebBridgeState = {
  readonly id: string;
  readonly name: string;
  readonly status: "listening" | "stopped" | "failed";
  /** Where pages find it, such as `http://127.0.0.1:8000`; empty while it does not listen. */
  readonly url: string;
  readonly problem: string | null;
  /** Patterns of the endpoints that pages may use. */
  readonly allowed: readonly string[];
  /** Open WebSocket connections, and sockets on them. */
  readonly browsers: number;
  readonly sockets: number;
  readonly messages: number;
  /** Publications that a browser was too slow for. */
  readonly dropped: number;
  /** Connections and connects that were refused. */
  readonly refused: number;
  /** Requests that were not answered in time. */
  readonly timedOut: number;
};

export const DEFAULT_HIGH_WATER_MARK = 100;
export const MAX_HIGH_WATER_MARK = 10_000;
export const DEFAULT_TIMEOUT_MS = 30_000;
export const MAX_TIMEOUT_MS = 3_600_000;
/** Rules, origins, functions and topics of one bridge, each. */
const MAX_RULES = 100;
const MAX_RULE_CHARS = 512;
const MAX_STARS = 4;
/** A WebSocket subprotocol can hold these (RFC 6455), and so can an address. */
const TOKEN = /^[A-Za-z0-9._~-]{8,128}$/;
const ORIGIN = /^(?:null|[a-z][a-z0-9+.-]*:\/\/[^\s/?#@]+)$/i;

export type RuleProblem = { readonly problem: string };

/**
 * Reads `tcp://127.0.0.1:*`, or `REP=tcp://127.0.0.1:10003` for some socket types (`REQ,SUB=…`). Without types it is for
 * REQ and SUB, since a REP listens. The problem is a sentence.
 */
export function readEndpointRule(text: string): EndpointRule | RuleProblem {
  const [, typesText, pattern] = /^(?:([A-Za-z, ]+)=)?(.*)$/s.exec(text.trim())!;
  if (text.length > MAX_RULE_CHARS)
    return { problem: t("A pattern of endpoints has at most {0} characters.", MAX_RULE_CHARS) };
  const names = (typesText ?? "REQ,SUB").split(",").map((name) => name.trim().toUpperCase());
  const types = WEB_SOCKETS.filter((type) => names.includes(type));
  const wrong = names.find((name) => !WEB_SOCKETS.some((type) => type === name));
  if (wrong !== undefined)
    return { problem: t('"{0}" is no socket of a browser. Write REQ, SUB or REP in front of =.', wrong) };
  if (!/^(?:tcp:\/\/[^\s;/]+:[\d*]+|ipc:\/\/[^\s;]+)$/i.test(pattern!)) {
    return {
      problem: t(
        '"{0}" is no pattern of endpoints. Write for example tcp://127.0.0.1:10001 or tcp://127.0.0.1:*.',
        withoutKey(pattern!),
      ),
    };
  }
  if (pattern!.split("*").length - 1 > MAX_STARS) return { problem: t("A pattern has at most {0} stars.", MAX_STARS) };
  return { types, pattern: pattern! };
}

export function formatEndpointRule({ types, pattern }: EndpointRule): string {
  const isDefault = types.length === 2 && !types.includes("REP");
  return isDefault ? pattern : `${types.join(",")}=${pattern}`;
}

/** Why a token cannot be one, as a sentence that does not repeat it. */
export function tokenProblem(token: string): string | undefined {
  return TOKEN.test(token) ? undefined : t("A token has 8 to 128 letters, digits, or characters of . _ ~ -");
}

/** Why a text cannot be the origin of a page, as a sentence. */
export function originProblem(origin: string): string | undefined {
  if (origin.length <= MAX_RULE_CHARS && ORIGIN.test(origin) && origin.split("*").length - 1 <= MAX_STARS)
    return undefined;
  return t(
    '"{0}" is no origin of a page. Write for example http://localhost:5173, or null for pages of the disk.',
    withoutKey(origin).slice(0, 100),
  );
}

/** Why the lists of an access cannot be used, as a sentence. */
export function accessProblem({ origins, endpoints, functions, topics }: WebAccess): string | undefined {
  const lists = [origins, endpoints.map(({ pattern }) => pattern), functions ?? [], topics ?? []];
  if (lists.some((list) => list.length > MAX_RULES))
    return t("A web bridge takes at most {0} of each rule.", MAX_RULES);
  if (lists.flat().some((rule) => rule.length > MAX_RULE_CHARS)) {
    return t("A rule of a web bridge has at most {0} characters.", MAX_RULE_CHARS);
  }
  return endpoints.length === 0 ? t("A web bridge needs at least one endpoint that pages may use.") : undefined;
}

/** The word for each state. */
export const WEB_BRIDGE_STATUS_WORDS: Readonly<Record<WebBridgeState["status"], string>> = {
  listening: t("listening"),
  stopped: t("stopped"),
  failed: t("failed"),
};

/** What pages of a bridge do, in a few words for a list. */
export function describeWebBridge(state: WebBridgeState): string {
  if (state.status !== "listening") return WEB_BRIDGE_STATUS_WORDS[state.status];
  const { browsers, sockets, messages, dropped, refused, timedOut } = state;
  const parts = [
    state.url,
    t(browsers === 1 ? "{0} browser" : "{0} browsers", browsers),
    t(sockets === 1 ? "{0} socket" : "{0} sockets", sockets),
    t(messages === 1 ? "{0} message" : "{0} messages", messages),
  ];
  if (dropped > 0) parts.push(t("{0} dropped", dropped));
  if (refused > 0) parts.push(t("{0} refused", refused));
  if (timedOut > 0) parts.push(t("{0} timed out", timedOut));
  return parts.join(" · ");
}
