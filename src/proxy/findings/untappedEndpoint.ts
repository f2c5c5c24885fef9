import { formatEndpoint, isLoopbackHost, isProblem, parseEndpoint } from "../../shared/endpoint.ts";
import { ORIGINS } from "../../shared/model.ts";
import { isAnyHost, MAX_SERVERS } from "./places.ts";
import { Recent } from "./recent.ts";
import type { MakeRule, Rule, RuleContext, SeenRow } from "./rule.ts";

/** Octets of a message that are searched, over its first frames; longer messages do not tell where to connect. */
const SEARCHED_BYTES = 1024;
const SEARCHED_FRAMES = 8;
const MAX_MESSAGE_BYTES = 64 * 1024;
/** `tcp://a:1` */
const SHORTEST = 9;
/** Messages that are searched in a second of rows' time: what a fast stream names it names again. */
const SEARCHES_PER_SECOND = 2000;
/** Endpoints that are told of; in longer lists nobody looks. */
const MAX_ENDPOINTS = 100;
/** Longer paths are not ones of sockets. */
const MAX_ENDPOINT_CHARS = 128;

/** Place in ORIGINS. */
const WIRE = ORIGINS.indexOf("wire");
const SLASH = 0x2f;
const COLON = 0x3a;
const TCP = /^tcp:\/\/(?:\[[0-9a-f:.%\w]{2,60}\]|[\w.-]{1,100}):\d{1,5}(?!\d)/i;
const IPC = /^ipc:\/\/[\w@/.~+=%-]+/i;

/** A message names an endpoint that no tap covers, so what goes there is not seen. */
export const untappedEndpoint: MakeRule = (context) => new UntappedEndpoint(context);

class UntappedEndpoint implements Rule {
  readonly finds = ["untapped-endpoint"] as const;
  readonly #context: RuleContext;
  /** Endpoints that were told of and have no tap yet, by how they are compared. */
  readonly #told = new Map<string, string>();
  /** Servers that links lead to, which is all that a file tells of its taps. */
  readonly #servers = new Recent<string, true>(MAX_SERVERS);
  #count = 0;
  #second = -1;
  #searches = 0;

  constructor(context: RuleContext) {
    this.#context = context;
  }

  message(row: SeenRow): void {
    const { sizeBytes, timeNs, origin } = row;
    // What ZMQ Tap itself says or hands on, such as a bridge's word about its server, names what it knows.
    if (origin !== WIRE) return;
    if (sizeBytes < SHORTEST || sizeBytes > MAX_MESSAGE_BYTES) return;
    const second = Math.floor(timeNs / 1e9);
    if (second !== this.#second) {
      this.#second = second;
      this.#searches = 0;
    }
    if (this.#searches++ >= SEARCHES_PER_SECOND) return;
    let left = SEARCHED_BYTES;
    for (let frame = 0; frame < Math.min(row.frames, SEARCHED_FRAMES) && left > 0; frame++) {
      const octets = row.frame(frame);
      if (octets === null) return;
      this.#search(row, octets, Math.min(octets.length, left));
      left -= octets.length;
    }
  }

  event(row: SeenRow): void {
    if (row.event === "link-opened" && row.link !== null) this.#servers.set(keyOf(`tcp://${row.link.server}`), true);
  }

  tick(): void {
    if (this.#told.size === 0) return;
    const tapped = this.#tapped();
    for (const [key, endpoint] of this.#told) {
      if (!this.#isCovered(key, tapped)) continue;
      this.#told.delete(key);
      this.#context.ended("untapped-endpoint", endpoint);
    }
  }

  /** Looks for `://`, and what stands around it. */
  #search(row: SeenRow, octets: Uint8Array, end: number): void {
    for (let at = octets.indexOf(SLASH, 4); at >= 0 && at + 2 < end; at = octets.indexOf(SLASH, at + 1)) {
      if (octets[at + 1] !== SLASH || octets[at - 1] !== COLON) continue;
      const text = latin1(octets, at - 4, Math.min(end, at + MAX_ENDPOINT_CHARS));
      const [found] = TCP.exec(text) ?? IPC.exec(text) ?? [];
      if (found !== undefined && found.length < MAX_ENDPOINT_CHARS) this.#named(row, found.replace(/[.:]+$/, ""));
    }
  }

  #named(row: SeenRow, text: string): void {
    const parsed = parseEndpoint(text, "server");
    if (isProblem(parsed) || (parsed.transport === "tcp" && isAnyHost(parsed.host))) return;
    const endpoint = formatEndpoint(parsed);
    const key = keyOf(endpoint);
    if (!this.#told.has(key)) {
      if (this.#count >= MAX_ENDPOINTS || this.#isCovered(key, this.#tapped())) return;
      this.#count++;
      this.#told.set(key, endpoint);
    }
    const { tapName, link, n, timeNs } = row;
    this.#context.found({
      id: "untapped-endpoint",
      about: this.#told.get(key)!,
      text: `A message names ${this.#told.get(key)!}, which no tap covers: what goes there is not seen.`,
      advice: `Attach There puts a tap in front of ${endpoint}. Programs that take the endpoint from messages must be given the tap's instead.`,
      tapName,
      link: link?.link ?? null,
      evidence: [n],
      timeNs,
      isOpen: true,
      endpoint: this.#told.get(key)!,
    });
  }

  /** Who listens on all addresses of a machine does so on each of them. */
  #isCovered(key: string, tapped: ReadonlySet<string>): boolean {
    const onAny = key.replace(/^tcp \S+/, "tcp *");
    return tapped.has(key) || tapped.has(onAny) || this.#servers.get(key) === true;
  }

  #tapped(): ReadonlySet<string> {
    return new Set(this.#context.tappedEndpoints().map(keyOf));
  }
}

/** An endpoint as two ways to write the same are compared. */
function keyOf(text: string): string {
  const parsed = parseEndpoint(text, "listen");
  if (isProblem(parsed) || parsed.transport !== "tcp") return text;
  const { host, port } = parsed;
  return `tcp ${isAnyHost(host) ? "*" : isLoopbackHost(host) ? "127.0.0.1" : host.toLowerCase()} ${port}`;
}

/** One character per octet, which is all that an endpoint needs. */
function latin1(octets: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...octets.subarray(from, to));
}
