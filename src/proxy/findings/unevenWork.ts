import { readHandshakeEvent } from "./handshakeEvent.ts";
import { MAX_LINKS, MAX_SERVERS, serverOf } from "./places.ts";
import { Recent } from "./recent.ts";
import type { MakeRule, Rule, RuleContext, SeenRow } from "./rule.ts";

/** Workers that came within so long of the first are compared: who comes later has less to do. */
const TOGETHER_NS = 5e9;
/** They are compared once there was so much for each, on average. */
const MESSAGES_EACH = 50;
/** More than so many times the share of the one in the middle is uneven. */
const TIMES = 3;
const MAX_WORKERS = 256;

type Worker = { readonly team: Team; readonly link: number; count: number; firstN: number };

/** Workers that came together, to one server that shares out its messages. */
type Team = {
  readonly key: string;
  readonly tapName: string;
  readonly server: string;
  readonly sharer: string;
  readonly sinceNs: number;
  readonly workers: Worker[];
  total: number;
  /** It was compared, or cannot be: one of them has gone. */
  isOver: boolean;
};

/** A PUSH or DEALER that listens shares its messages out, and one worker gets many times as many as others. */
export const unevenWork: MakeRule = (context) => new UnevenWork(context);

class UnevenWork implements Rule {
  readonly finds = ["uneven-work"] as const;
  readonly #context: RuleContext;
  readonly #teams = new Recent<string, Team>(MAX_SERVERS);
  readonly #workers = new Recent<number, Worker>(MAX_LINKS);

  constructor(context: RuleContext) {
    this.#context = context;
  }

  message(row: SeenRow): void {
    if (row.direction !== 1 || row.link === null) return;
    const { server } = row.link.sockets;
    if (server !== "PUSH" && server !== "DEALER") return;
    const worker = this.#workers.get(row.link.link);
    if (worker === undefined) return;
    if (worker.count === 0) worker.firstN = row.n;
    worker.count++;
    worker.team.total++;
  }

  event(row: SeenRow): void {
    if (row.link === null) return;
    if (row.event === "handshake") this.#joined(row);
    else if (row.event === "link-closed") this.#left(row.link.link);
  }

  tick(nowNs: number): void {
    for (const team of this.#teams.values()) {
      const { workers, total, sinceNs } = team;
      if (team.isOver || workers.length < 2 || nowNs - sinceNs < TOGETHER_NS) continue;
      if (total < MESSAGES_EACH * workers.length) continue;
      team.isOver = true;
      this.#compare(team, nowNs);
    }
  }

  /** What was shared out meanwhile is not known. */
  skipped(): void {
    this.#teams.clear();
    this.#workers.clear();
  }

  #compare({ key, tapName, server, sharer, workers, total }: Team, nowNs: number): void {
    const sorted = [...workers].sort((a, b) => b.count - a.count);
    const most = sorted[0]!;
    // Of an even number the lower one of the two in the middle.
    const middle = sorted[Math.floor(sorted.length / 2)]!;
    if (most.count < TIMES * Math.max(1, middle.count)) return;
    this.#context.found({
      id: "uneven-work",
      about: key,
      text:
        `Of ${total} messages that the ${sharer} at ${server} gave to ${sorted.length} workers, link ${most.link} got ` +
        `${most.count}, and link ${middle.link} ${middle.count}.`,
      advice:
        "Who connects first gets what is sent before the others are there: wait for all workers before the first message. " +
        "A worker that is slower gets less as soon as its queue (ZMQ_RCVHWM) is full.",
      tapName,
      link: most.link,
      evidence: [most.firstN],
      timeNs: nowNs,
    });
  }

  #joined(row: SeenRow): void {
    const told = readHandshakeEvent(row);
    if (told?.state !== "done" || !isShared(told.sockets.server, told.sockets.client)) return;
    const { link, tapName, server } = row.link!;
    const key = serverOf(row.link!);
    const known = this.#teams.get(key);
    if (known !== undefined && row.timeNs - known.sinceNs > TOGETHER_NS) return;
    const team =
      known ??
      this.#teams.set(key, {
        key,
        tapName,
        server,
        sharer: told.sockets.server!,
        sinceNs: row.timeNs,
        workers: [],
        total: 0,
        isOver: false,
      });
    if (team.workers.length >= MAX_WORKERS) return;
    const worker = { team, link, count: 0, firstN: 0 };
    team.workers.push(worker);
    this.#workers.set(link, worker);
  }

  #left(link: number): void {
    const worker = this.#workers.get(link);
    if (worker === undefined) return;
    this.#workers.delete(link);
    const { team } = worker;
    // Who is left gets what the one that has gone would have got.
    team.isOver = true;
    if (!team.workers.some((other) => this.#workers.get(other.link) !== undefined)) this.#teams.delete(team.key);
  }
}

function isShared(sharer: string | null, worker: string | null): boolean {
  if (sharer === "PUSH") return worker === "PULL";
  return sharer === "DEALER" && (worker === "DEALER" || worker === "REP");
}
