import type { SubjectLink } from "../filter/subject.ts";
import type { MakeRule, SeenRow } from "./rule.ts";
import { isRequestOfReq, Turns } from "./turns.ts";
import { hostOf, peerWords } from "./words.ts";

/** Hosts whose clients gave up on a request. */
const MAX_HOSTS = 1_000;
/** How long after that the same request is the same one again. */
const AGAIN_WITHIN_NS = 60e9;
/** Octets of a request by which it is known again. */
const MAX_HASHED = 4096;
const MAX_HASHED_FRAMES = 8;

type GivenUp = { readonly n: number; readonly hash: number; readonly timeNs: number; readonly link: SubjectLink };

/** A REQ asks again before the reply: on the same connection (ZMQ_REQ_RELAXED), or on a new one (a "lazy pirate"). */
export const requestSentTwice: MakeRule = (context) => {
  const turns = new Turns();
  /** What the last request of a link says, while it is open. */
  const hashes = new Map<number, number>();
  /** By tap and host of the client: what it asked last on a connection that it closed without a reply. */
  const givenUp = new Map<string, GivenUp>();

  const keyOf = (link: SubjectLink): string => `${link.tapName} ${hostOf(link.client)}`;

  function againOnLink(row: SeenRow, before: number): void {
    const link = row.link!;
    const requester = row.direction === 0 ? "client" : "server";
    context.found({
      id: "request-sent-twice",
      about: `link ${link.link}`,
      text: `${peerWords(link, requester)} sent another request before the reply to the one before had come.`,
      advice:
        "This is what ZMQ_REQ_RELAXED allows. The server works on both requests; where that does harm, let the client wait longer, and set ZMQ_REQ_CORRELATE so that it knows which reply is which.",
      tapName: link.tapName,
      link: link.link,
      evidence: [before, row.n],
      timeNs: row.timeNs,
    });
  }

  function againOnNewLink(row: SeenRow, before: GivenUp): void {
    const link = row.link!;
    context.found({
      id: "request-sent-twice",
      about: `client ${keyOf(link)}`,
      text: `A client at ${hostOf(link.client)} closed its connection before the reply came, and sent the same request again on a new one.`,
      advice:
        "The server may do the work twice. Let the client wait longer than the server needs, or let the server know a repeated request by an id in it.",
      tapName: link.tapName,
      link: null,
      evidence: [before.n, row.n],
      timeNs: row.timeNs,
    });
  }

  return {
    finds: ["request-sent-twice"],
    message(row) {
      if (row.origin !== 0 || row.link === null) return;
      const { link } = row.link;
      if (isRequestOfReq(row)) {
        const turn = turns.of(link);
        if (turn?.isOpen === true) againOnLink(row, turn.last);
        const before = turn === undefined && row.direction === 0 ? givenUp.get(keyOf(row.link)) : undefined;
        // What was answered at once is not looked at any closer, as long as nothing waits to be compared with it.
        const hash = before !== undefined || row.partner < 0 ? hashOf(row) : 0;
        if (row.partner < 0) hashes.set(link, hash);
        if (before !== undefined) {
          if (before.hash === hash && row.timeNs - before.timeNs <= AGAIN_WITHIN_NS) againOnNewLink(row, before);
          givenUp.delete(keyOf(row.link));
        }
      }
      turns.message(row);
    },
    event(row) {
      if (row.event !== "link-closed" || row.link === null) return;
      const { link } = row.link;
      const turn = turns.of(link);
      const hash = hashes.get(link);
      if (turn?.isOpen === true && hash !== undefined && row.detail()?.["by"] === "client") {
        if (givenUp.size >= MAX_HOSTS) givenUp.delete(givenUp.keys().next().value!);
        givenUp.set(keyOf(row.link), { n: turn.last, hash, timeNs: row.timeNs, link: row.link });
      }
      hashes.delete(link);
      turns.event(row);
    },
    skipped() {
      turns.clear();
      hashes.clear();
      givenUp.clear();
    },
  };
};

/** A number by which the first octets of a message's payload are known again (FNV-1a), its request id left out. */
function hashOf(row: SeenRow): number {
  let hash = 0x811c9dc5;
  let isPayload = false;
  for (let index = 0; index < Math.min(row.frames, MAX_HASHED_FRAMES); index++) {
    const frame = row.frame(index);
    if (frame === null) break;
    if (!isPayload) {
      isPayload = frame.length === 0;
      continue;
    }
    hash = Math.imul(hash ^ frame.length, 0x01000193);
    const end = Math.min(frame.length, MAX_HASHED);
    for (let at = 0; at < end; at++) hash = Math.imul(hash ^ frame[at]!, 0x01000193);
  }
  return hash >>> 0;
}
