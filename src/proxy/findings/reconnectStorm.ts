import { readHandshakeEvent } from "./handshakeEvent.ts";
import { overflows, ttlTenths } from "./heartbeatTtl.ts";
import { MAX_LINKS, MAX_SERVERS, serverOf } from "./places.ts";
import { Recent } from "./recent.ts";
import type { MakeRule, Rule, RuleContext, SeenRow } from "./rule.ts";
import { hostOf } from "./words.ts";

/** So many links of one client, within so long, which last no longer than that and carry nothing. */
const MANY = 10;
const WITHIN_NS = 10e9;
const SHORT_NS = 2e9;
/** It is over when there was none for so long. */
const CALM_NS = 15e9;

type Storm = {
  readonly about: string;
  readonly tapName: string;
  readonly host: string;
  readonly server: string;
  /** Times and rows of the latest closes, in turn. */
  readonly timesNs: Float64Array;
  readonly rows: Float64Array;
  count: number;
  lastNs: number;
  isTold: boolean;
};

/** A client connects again and again, its handshakes are done, and it closes its links soon without a message. */
export const reconnectStorm: MakeRule = (context) => new ReconnectStorm(context);

class ReconnectStorm implements Rule {
  readonly finds = ["reconnect-storm"] as const;
  readonly #context: RuleContext;
  /** When links were opened, until their handshake is done. */
  readonly #opened = new Recent<number, number>(MAX_LINKS);
  /** The same once it is, as long as nothing else explains why such a link ends. */
  readonly #through = new Recent<number, number>(MAX_LINKS);
  readonly #storms = new Recent<string, Storm>(MAX_SERVERS);

  constructor(context: RuleContext) {
    this.#context = context;
  }

  event(row: SeenRow): void {
    if (row.event === "server-down") this.#restarted(row.tapName);
    if (row.link === null || row.origin !== 0) return;
    const { link } = row.link;
    switch (row.event) {
      case "link-opened":
        this.#opened.set(link, row.timeNs);
        return;
      case "handshake":
        this.#shaken(row, link);
        return;
      case "ping":
        if (overflows(ttlTenths(row))) this.#through.delete(link);
        return;
      case "link-closed":
        this.#closed(row);
        return;
    }
  }

  tick(nowNs: number): void {
    for (const [key, storm] of this.#storms) {
      if (nowNs - storm.lastNs < CALM_NS) continue;
      if (storm.isTold) this.#context.ended("reconnect-storm", storm.about);
      this.#storms.delete(key);
    }
  }

  skipped(): void {
    this.#opened.clear();
    this.#through.clear();
  }

  /** What is wrong with a handshake is told elsewhere, and explains why the client tries again. */
  #shaken(row: SeenRow, link: number): void {
    const told = readHandshakeEvent(row);
    const openedNs = this.#opened.get(link);
    if (told?.state === "waiting" || openedNs === undefined) return;
    this.#opened.delete(link);
    if (told?.state === "done" && told.verdict === null) this.#through.set(link, openedNs);
  }

  #closed(row: SeenRow): void {
    const { link, client, server } = row.link!;
    const openedNs = this.#through.get(link);
    this.#opened.delete(link);
    this.#through.delete(link);
    if (openedNs === undefined || row.timeNs - openedNs > SHORT_NS) return;
    const detail = row.detail();
    // A server that closes them may be one that is started anew.
    if (detail?.["messages"] !== 0 || detail["by"] !== "client") return;
    const host = hostOf(client);
    const key = `${serverOf(row.link!)} ${host}`;
    const storm =
      this.#storms.get(key) ??
      this.#storms.set(key, {
        about: `${row.tapName} client ${host} ${server}`,
        tapName: row.tapName,
        host,
        server,
        timesNs: new Float64Array(MANY),
        rows: new Float64Array(MANY),
        count: 0,
        lastNs: 0,
        isTold: false,
      });
    const at = storm.count++ % MANY;
    storm.timesNs[at] = row.timeNs;
    storm.rows[at] = row.n;
    storm.lastNs = row.timeNs;
    const first = storm.timesNs[storm.count % MANY]!;
    if (storm.count >= MANY && row.timeNs - first <= WITHIN_NS) this.#tell(storm, row.timeNs - first);
  }

  #tell(storm: Storm, spanNs: number): void {
    const { about, tapName, host, server, count, lastNs, rows } = storm;
    const isFirst = !storm.isTold;
    storm.isTold = true;
    this.#context.found({
      id: "reconnect-storm",
      about,
      text: `A client at ${host} connected to ${server} ${MANY} times in ${(spanNs / 1e9).toFixed(1)} s, and closed each link without a message.`,
      advice:
        "See why the client closes its links: a program that ends and is started anew, a socket that is made for each use, or " +
        "a heartbeat or timeout that is too short.",
      tapName,
      link: null,
      evidence: isFirst ? [rows[count % MANY]!, rows[(count - 1) % MANY]!] : [rows[(count - 1) % MANY]!],
      timeNs: lastNs,
      isOpen: true,
      times: isFirst ? MANY : 1,
    });
  }

  /** Its clients connect again because of that. */
  #restarted(tapName: string): void {
    for (const [key, storm] of this.#storms) {
      if (storm.tapName === tapName && !storm.isTold) this.#storms.delete(key);
    }
  }
}
