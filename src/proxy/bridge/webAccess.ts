import { createHash, timingSafeEqual } from "node:crypto";
import { formatEndpoint, isProblem, parseEndpoint } from "../../shared/endpoint.ts";
import type { WebAccess, WebSocketType } from "../../shared/webBridge.ts";
import { fitsWildcardWithin } from "../../shared/wildcard.ts";
import { readObject } from "./webEnvelope.ts";

const MAX_ENDPOINT_CHARS = 512;

/** What a WebSocket request says of itself. */
export type Knock = {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** Tokens that it shows, of its address and of its subprotocols. */
  readonly tokens: readonly string[];
  /** The bridge's own, whose pages may come in. */
  readonly url: string;
};

/** Close codes of refused connections; the numbers are those of HTTP. */
export type KnockRefusal = { readonly code: 4401 | 4403; readonly reason: string };

/** Why a WebSocket is refused; `null` when it may come in. A program that is no browser has no origin. */
export function refuseKnock({ token, origins }: WebAccess, knock: Knock): KnockRefusal | null {
  const { host, origin, tokens, url } = knock;
  // A name that someone points at 127.0.0.1 would make a foreign page one of the bridge's own.
  if (!isOwnHost(host)) return { code: 4403, reason: "this host name is not the web bridge's own" };
  if (origin !== undefined && !isAllowedOrigin(origins, origin, url)) {
    return { code: 4403, reason: `pages of ${origin.slice(0, 60)} are not allowed` };
  }
  if (token === null) return null;
  if (tokens.length === 0) return { code: 4401, reason: "the token is missing" };
  return tokens.some((shown) => isSame(shown, token)) ? null : { code: 4401, reason: "the token is wrong" };
}

/** Whether a request was sent to this machine by one of its own names; forwarded ports have another number. */
export function isOwnHost(host: string | undefined): boolean {
  return /^(?:127\.0\.0\.1|localhost)(?::\d{1,5})?$/i.test(host ?? "");
}

function isAllowedOrigin(origins: readonly string[], origin: string, url: string): boolean {
  const isOwn = origin === url || origin === url.replace("127.0.0.1", "localhost");
  const written = origin.toLowerCase();
  return isOwn || origins.some((pattern) => fitsWildcardWithin(pattern.toLowerCase(), written, "/"));
}

/** Digests are of one length, so that the time of comparing tells nothing. */
function isSame(shown: string, token: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(shown), digest(token));
}

/** The endpoint as `zeromq` takes it, or why a page may not use it. */
export function allowEndpoint(
  { endpoints }: WebAccess,
  type: WebSocketType,
  text: string,
): { readonly endpoint: string } | { readonly problem: string } {
  if (text.length > MAX_ENDPOINT_CHARS)
    return { problem: `The endpoint is longer than ${MAX_ENDPOINT_CHARS} characters.` };
  // A page that binds has to say where, too: nobody would know of a free port.
  const parsed = parseEndpoint(text, "server");
  if (isProblem(parsed)) return { problem: `"${text}" is no endpoint: ${parsed.problem}` };
  if (parsed.transport === "tcp" && parsed.source !== null) {
    return { problem: `"${text}" has a source address, which a page may not choose.` };
  }
  const endpoint = formatEndpoint(parsed);
  const isAllowed = endpoints.some(({ types, pattern }) => types.includes(type) && isMatch(pattern, endpoint));
  if (isAllowed) return { endpoint };
  return { problem: `The web bridge does not allow ${type} on ${endpoint}.` };
}

/** `*` stands for no more than a host, a port or a part of a path. Letters of hosts are alike in both cases. */
function isMatch(pattern: string, endpoint: string): boolean {
  if (/^ipc:/i.test(pattern)) return fitsWildcardWithin(`ipc${pattern.slice(3)}`, endpoint, "/;");
  return fitsWildcardWithin(pattern.toLowerCase(), endpoint.toLowerCase(), ":/;");
}

/** Why a page's request may not go on; `null` when it may. */
export function refuseCall({ functions }: WebAccess, content: string): string | null {
  if (functions === null) return null;
  const name = readObject(content)?.["funcname"];
  if (typeof name !== "string") return "only calls with funcname are allowed";
  return functions.includes(name) ? null : "unauthorized access";
}

/** What a SUB subscribes to for a page that wants these topics, or why it may not. */
export function allowTopics(
  { topics: allowed }: WebAccess,
  wanted: readonly string[],
): { readonly topics: readonly string[] } | { readonly problem: string } {
  if (allowed === null) return { topics: wanted.length === 0 ? [""] : wanted };
  if (wanted.length === 0) return { topics: allowed };
  const foreign = wanted.find((topic) => !allowed.some((prefix) => topic.startsWith(prefix)));
  if (foreign !== undefined)
    return { problem: `The web bridge does not allow the topic ${JSON.stringify(foreign.slice(0, 80))}.` };
  return { topics: wanted };
}
