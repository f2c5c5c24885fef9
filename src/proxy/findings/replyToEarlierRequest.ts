import { NO_REPLY_YET, type MakeRule, type SeenRow } from "./rule.ts";
import { isReplyToReq, Turns } from "./turns.ts";
import { peerWords } from "./words.ts";

/** A REQ that had asked anew gets the reply to what it asked before. */
export const replyToEarlierRequest: MakeRule = (context) => {
  const turns = new Turns();

  function judge(row: SeenRow): void {
    const link = row.link!;
    const turn = turns.of(link.link);
    if (turn === undefined) return;
    const isEarlier = row.partner < turn.last && turn.isOpen;
    // A ROUTER's reply without an id may belong to either.
    const mayBeEarlier = row.guessed && turn.before !== 0 && row.partner === turn.last;
    if (!isEarlier && !mayBeEarlier) return;
    const hasId = hasRequestId(row);
    const request = isEarlier ? row.partner : turn.before;
    const requester = row.direction === 1 ? "client" : "server";
    if (isEarlier) {
      for (const open of context.requests.ofLink(link.link)) {
        if (open.n === turn.last && open.cause === NO_REPLY_YET)
          open.cause = "a reply to an earlier request came instead";
      }
    }
    const effect = hasId
      ? "its request id says so, and the REQ drops it"
      : isEarlier
        ? "without a request id the REQ takes it for the reply to the later one"
        : "no request id tells which of the two it belongs to";
    context.found({
      id: "reply-to-earlier-request",
      about: `link ${link.link}`,
      ...(hasId ? { severity: "note" as const } : {}),
      text: `${peerWords(link, requester)} had sent another request when ${isEarlier ? "the reply to an earlier one" : "a reply that may be to the earlier one"} came: ${effect}.`,
      advice: hasId
        ? "Nothing is mixed up. Where the client gives up too early, let it wait longer."
        : "Set ZMQ_REQ_CORRELATE together with ZMQ_REQ_RELAXED, so that replies name their request, or close the REQ after a timeout and open a new one.",
      tapName: link.tapName,
      link: link.link,
      evidence: [request, turn.last, row.n],
      timeNs: row.timeNs,
    });
  }

  return {
    finds: ["reply-to-earlier-request"],
    message(row) {
      if (row.origin === 0 && isReplyToReq(row)) judge(row);
      turns.message(row);
    },
    event: (row) => turns.event(row),
    skipped: () => turns.clear(),
  };
};

/** Whether a reply repeats the id that ZMQ_REQ_CORRELATE puts before the delimiter. */
function hasRequestId(row: SeenRow): boolean {
  return row.frames > 2 && row.frame(0)?.length === 4 && row.frame(1)?.length === 0;
}
