import { EXCHANGES } from "../../shared/model.ts";
import type { SubjectLink } from "../filter/subject.ts";
import { idOf } from "./requestBook.ts";
import type { MakeRule, OpenRequest, SeenRow } from "./rule.ts";
import { hostOf, peerWords } from "./words.ts";

/** Requests that their connection left open; the oldest is forgotten. */
const MAX_LOST = 256;
/** How long after that their replies are still known for such. */
const KNOWN_FOR_NS = 600e9;

const NONE = EXCHANGES.indexOf("none");
const REPLY = EXCHANGES.indexOf("reply");
const UNASKED = EXCHANGES.indexOf("unasked");

type Lost = OpenRequest & { readonly closedNs: number };

/** A reply that belongs to no request of its connection, but to one that the same client sent over an earlier connection. */
export const replyAfterReconnect: MakeRule = (context) => {
  let lost: Lost[] = [];
  /** Links whose requester has asked anything: their replies without an id may be to that. */
  const asked = new Set<number>();

  function judge(row: SeenRow): void {
    const link = row.link!;
    const requester = row.direction === 1 ? "client" : "server";
    const id = idOf(row);
    const request = lost.findLast(
      (each) =>
        each.direction === 1 - row.direction &&
        row.timeNs - each.closedNs <= KNOWN_FOR_NS &&
        isSameClient(each.link, link, requester) &&
        (id === null || each.id === null
          ? link.identity[requester] !== "" && !asked.has(link.link) && row.exchange === UNASKED
          : each.id === id),
    );
    if (request === undefined) return;
    lost = lost.filter((each) => each !== request);
    const isSure = id !== null && request.id === id;
    context.found({
      id: "reply-after-reconnect",
      about: `link ${link.link}`,
      text: `A reply to ${peerWords(link, requester)} ${isSure ? "belongs" : "seems to belong"} to a request that it sent over an earlier connection (link ${request.link.link}), which had closed before the reply came.`,
      advice:
        "See why the connection was closed. A client that asks again meanwhile must tell replies apart by an id in them, and let those go that it waits for no more.",
      tapName: link.tapName,
      link: link.link,
      evidence: [request.n, row.n],
      timeNs: row.timeNs,
    });
  }

  return {
    finds: ["reply-after-reconnect"],
    message(row) {
      const { exchange, link } = row;
      if (link === null) return;
      if (lost.length > 0 && isAskedBy(link, row.direction) && isNoReplyHere(row)) judge(row);
      if (lost.length > 0 && exchange !== NONE && exchange !== UNASKED && exchange !== REPLY) asked.add(link.link);
    },
    event(row) {
      if (row.event !== "link-closed" || row.link === null) return;
      asked.delete(row.link.link);
      for (const request of context.requests.ofLink(row.link.link)) {
        lost.push({ ...request, closedNs: row.timeNs });
        if (lost.length > MAX_LOST) lost.shift();
      }
    },
    skipped() {
      lost = [];
      asked.clear();
    },
  };
};

/** A message that its own connection has no request for. */
function isNoReplyHere(row: SeenRow): boolean {
  if (row.exchange === UNASKED) return true;
  if (row.exchange !== NONE) return false;
  const said = row.said();
  return said !== null && said.id !== null;
}

/** Whether the receiver of this direction is one that asks. */
function isAskedBy({ sockets }: SubjectLink, direction: number): boolean {
  const receiver = direction === 1 ? sockets.client : sockets.server;
  return receiver === "REQ" || receiver === "DEALER";
}

function isSameClient(one: SubjectLink, other: SubjectLink, side: "client" | "server"): boolean {
  if (one.tapName !== other.tapName || one.link === other.link) return false;
  const identity = one.identity[side];
  if (identity !== "" || other.identity[side] !== "") return identity === other.identity[side];
  return hostOf(one[side]) === hostOf(other[side]);
}
