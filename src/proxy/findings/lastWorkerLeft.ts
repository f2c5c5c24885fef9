import { MAX_LINKS, MAX_SERVERS, serverOf } from "./places.ts";
import { readHandshakeEvent } from "./handshakeEvent.ts";
import { Recent } from "./recent.ts";
import type { MakeRule, Rule, RuleContext, SeenRow } from "./rule.ts";

/** So long after the last worker has gone the next one may still come, or the PUSH go as well. */
const PATIENCE_NS = 3e9;
/** Work is under way when the latest messages came within so long, the last one of them a moment ago. */
const LATEST = 10;
const UNDER_WAY_NS = 10e9;
const MOMENT_NS = 2e9;
/** Who leaves so soon behind a message that is unlike those before was told to. */
const TOLD_TO_LEAVE_NS = 0.5e9;

/** A PUSH that listens, and what it was doing lately. */
type Push = {
  readonly key: string;
  readonly tapName: string;
  readonly server: string;
  readonly workers: Set<number>;
  /** Times of the latest messages, in turn. */
  readonly latest: Float64Array;
  count: number;
  /** The link of the last worker, while it may be a finding that it has left; else 0. */
  leftLink: number;
  leftN: number;
  leftNs: number;
  isTold: boolean;
};

type Worker = { readonly push: Push; sizeBytes: number; sizeBefore: number; lastNs: number };

/** The last worker of a PUSH left in the middle of its work, and no other one has come. */
export const lastWorkerLeft: MakeRule = (context) => new LastWorkerLeft(context);

class LastWorkerLeft implements Rule {
  readonly finds = ["last-worker-left"] as const;
  readonly #context: RuleContext;
  readonly #pushes = new Recent<string, Push>(MAX_SERVERS);
  readonly #workers = new Recent<number, Worker>(MAX_LINKS);

  constructor(context: RuleContext) {
    this.#context = context;
  }

  message(row: SeenRow): void {
    if (row.direction !== 1 || row.link?.sockets.server !== "PUSH") return;
    const worker = this.#workers.get(row.link.link);
    if (worker === undefined) return;
    const { push } = worker;
    worker.sizeBefore = worker.sizeBytes;
    worker.sizeBytes = row.sizeBytes;
    worker.lastNs = row.timeNs;
    push.latest[push.count++ % LATEST] = row.timeNs;
  }

  event(row: SeenRow): void {
    if (row.link === null) return;
    if (row.event === "handshake") this.#joined(row);
    else if (row.event === "link-closed") this.#left(row);
  }

  tick(nowNs: number): void {
    for (const push of this.#pushes.values()) {
      if (push.leftLink === 0 || push.isTold || nowNs - push.leftNs < PATIENCE_NS) continue;
      push.isTold = true;
      const { tapName, server, leftLink, leftN, leftNs } = push;
      this.#context.found({
        id: "last-worker-left",
        about: push.key,
        text:
          `The last worker (link ${leftLink}) of the PUSH at ${server} left in the middle of the work: ` +
          "what the PUSH sends now waits for another one.",
        advice:
          "Start a worker. A PUSH without any holds what it sends, or its send() does not come back. " +
          "Whether it still has work cannot be seen without a worker.",
        tapName,
        link: leftLink,
        evidence: [leftN],
        timeNs: leftNs,
        isOpen: true,
      });
    }
  }

  /** Who came and went meanwhile is not known. */
  skipped(): void {
    for (const push of this.#pushes.values()) this.#isWorkedFor(push);
    this.#pushes.clear();
    this.#workers.clear();
  }

  #joined(row: SeenRow): void {
    const told = readHandshakeEvent(row);
    if (told?.state !== "done" || told.sockets.server !== "PUSH" || told.sockets.client !== "PULL") return;
    const { link, server, tapName } = row.link!;
    const key = serverOf(row.link!);
    const push =
      this.#pushes.get(key) ??
      this.#pushes.set(key, {
        key,
        tapName,
        server,
        workers: new Set(),
        latest: new Float64Array(LATEST),
        count: 0,
        leftLink: 0,
        leftN: 0,
        leftNs: 0,
        isTold: false,
      });
    this.#isWorkedFor(push);
    if (push.workers.size >= MAX_LINKS) return;
    push.workers.add(link);
    this.#workers.set(link, { push, sizeBytes: -1, sizeBefore: -1, lastNs: 0 });
  }

  #left(row: SeenRow): void {
    const { link } = row.link!;
    const worker = this.#workers.get(link);
    if (worker === undefined) return;
    this.#workers.delete(link);
    const { push } = worker;
    push.workers.delete(link);
    const detail = row.detail();
    if (detail?.["by"] !== "client") {
      // The PUSH has gone, or the tap.
      push.count = 0;
      return;
    }
    if (push.workers.size > 0 || !isAbrupt(push, worker, row.timeNs, detail)) return;
    push.leftLink = link;
    push.leftN = row.n;
    push.leftNs = row.timeNs;
  }

  #isWorkedFor(push: Push): void {
    push.leftLink = 0;
    if (push.isTold) this.#context.ended("last-worker-left", push.key);
    push.isTold = false;
  }
}

/** Whether a worker left in the middle of its work, and not at its end. */
function isAbrupt(push: Push, worker: Worker, nowNs: number, detail: Readonly<Record<string, unknown>>): boolean {
  if (worker.sizeBytes < 0) return false;
  const lost = detail["bytesLost"];
  if (detail["reset"] === true || (typeof lost === "number" && lost > 0)) return true;
  if (push.count < LATEST) return false;
  const last = push.latest[(push.count - 1) % LATEST]!;
  const first = push.latest[push.count % LATEST]!;
  const isUnderWay = nowNs - first <= UNDER_WAY_NS && nowNs - last <= MOMENT_NS;
  const wasToldTo = worker.sizeBytes !== worker.sizeBefore && nowNs - worker.lastNs <= TOLD_TO_LEAVE_NS;
  return isUnderWay && !wasToldTo;
}
