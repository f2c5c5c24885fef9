import { EXCHANGES } from "../../shared/model.ts";
import type { SubjectLink } from "../filter/subject.ts";
import { type Found, type MakeRule, NO_REPLY_YET, type OpenRequest, type SeenRow } from "./rule.ts";
import { counted, peerWords } from "./words.ts";

/** How long a request may wait before it is told. */
const PATIENCE_NS = 5e9;

const REPLY = EXCHANGES.indexOf("reply");
const ABANDONED = EXCHANGES.indexOf("abandoned");

/** A request has waited for long, or had when its reply came, and no rule knows why. One finding for each link. */
export const requestUnanswered: MakeRule = (context) => {
  /** The newest request that was told, by link. */
  const told = new Map<number, number>();

  function tell(link: number, late: readonly OpenRequest[], nowNs: number): void {
    const oldest = late[0]!;
    const known = told.get(link) ?? 0;
    const fresh = late.filter(({ n }) => n > known);
    if (fresh.length === 0) return;
    told.set(link, fresh.at(-1)!.n);
    const waitedNs = nowNs - oldest.timeNs;
    context.found({
      ...wording(oldest.link, oldest.direction, late.length, waitedNs, "has"),
      evidence: fresh.map(({ n }) => n),
      timeNs: nowNs,
      isOpen: true,
      times: fresh.length,
    });
  }

  /** A reply that came late, to a request that was looked at only when it had come. */
  function tellLate(row: SeenRow): void {
    const link = row.link!;
    if (row.partner <= (told.get(link.link) ?? 0)) return;
    context.found({
      ...wording(link, 1 - row.direction, 1, row.latencyNs, "had"),
      evidence: [row.partner],
      timeNs: row.timeNs,
    });
  }

  return {
    finds: ["request-unanswered"],
    message(row) {
      if (row.exchange === REPLY && row.latencyNs >= PATIENCE_NS && row.link !== null) tellLate(row);
    },
    tick(nowNs) {
      for (const link of context.requests.links()) {
        const late: OpenRequest[] = [];
        for (const request of context.requests.ofLink(link)) {
          if (nowNs - request.timeNs < PATIENCE_NS) break;
          const waits = request.cause === NO_REPLY_YET && context.exchangeOf(request.n) !== ABANDONED;
          if (waits) late.push(request);
        }
        if (late.length > 0) tell(link, late, nowNs);
      }
      for (const [link, newest] of told) {
        const [oldest] = context.requests.ofLink(link);
        if (oldest !== undefined && oldest.n <= newest) continue;
        told.delete(link);
        context.ended("request-unanswered", aboutOf(link));
      }
    },
    skipped() {
      for (const link of told.keys()) context.ended("request-unanswered", aboutOf(link));
      told.clear();
    },
  };
};

const aboutOf = (link: number): string => `link ${link}`;

function wording(
  link: SubjectLink,
  direction: number,
  count: number,
  waitedNs: number,
  verb: "has" | "had",
): Pick<Found, "id" | "about" | "text" | "advice" | "tapName" | "link"> {
  const [requester, replier] = direction === 0 ? (["client", "server"] as const) : (["server", "client"] as const);
  const what = count === 1 ? "A request" : counted(count, "request");
  return {
    id: "request-unanswered",
    about: aboutOf(link.link),
    text: `${what} of ${peerWords(link, requester)} to ${peerWords(link, replier)} ${count > 1 && verb === "has" ? "have" : verb} waited for a reply for more than ${Math.floor(waitedNs / 1e9)} s.`,
    advice:
      "See whether the server is busy, blocked or stuck. A client should give up after a time: close its REQ and open a new one, or set ZMQ_REQ_RELAXED with ZMQ_REQ_CORRELATE.",
    tapName: link.tapName,
    link: link.link,
  };
}
