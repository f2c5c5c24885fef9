import type { SubjectLink } from "../filter/subject.ts";
import type { MakeRule, SeenRow } from "./rule.ts";
import { peerWords } from "./words.ts";

/** Links whose requests are counted. */
const MAX_LINKS = 1_000;
/** A message's delimiter is looked for among so many first frames. */
const MAX_FRAMES = 32;
const EVIDENCE = 4;

/** Requests to a REP that has no empty frame before its payload: it drops them without a word (RFC 28). */
export const repMissingDelimiter: MakeRule = (context) => {
  /** Dropped requests that were not told yet. */
  const untold = new Map<number, { readonly link: SubjectLink; rows: number[]; count: number; lastNs: number }>();
  /** Links of which the first was told; the rest is told now and then. */
  const told = new Set<number>();
  /** Links that have sent anything: a first message of one empty frame is what ZMQ_PROBE_ROUTER sends. */
  const begun = new Set<number>();

  function tell(): void {
    for (const [number, { link, rows, count, lastNs }] of untold) {
      const requester = link.sockets.server === "REP" ? "client" : "server";
      context.found({
        id: "rep-missing-delimiter",
        about: `link ${number}`,
        text: `${peerWords(link, requester)} sends requests without an empty frame before the payload, and ${peerWords(link, requester === "client" ? "server" : "client")} drops them without a word.`,
        advice:
          'Send an empty frame first, as a REQ does: send_multipart([b"", payload]). Or let the server be a ROUTER, which takes any frames.',
        tapName: link.tapName,
        link: number,
        evidence: rows,
        timeNs: lastNs,
        times: count,
      });
    }
    untold.clear();
  }

  return {
    finds: ["rep-missing-delimiter"],
    message(row) {
      const { link } = row;
      if (link === null || !isRequestToRep(link, row.direction)) return;
      const isFirst = !begun.has(link.link);
      if (isFirst && begun.size < MAX_LINKS) begun.add(link.link);
      if (hasDelimiter(row) || (isFirst && row.frames === 1 && row.sizeBytes === 0)) return;
      context.requests.add(row, "a REP drops requests without an empty frame before the payload");
      const known = untold.get(link.link);
      if (known !== undefined) {
        known.count++;
        known.lastNs = row.timeNs;
        if (known.rows.length < EVIDENCE) known.rows.push(row.n);
      } else if (untold.size < MAX_LINKS) {
        untold.set(link.link, { link, rows: [row.n], count: 1, lastNs: row.timeNs });
      }
      if (told.has(link.link)) return;
      if (told.size < MAX_LINKS) told.add(link.link);
      tell();
    },
    event(row) {
      if (row.event !== "link-closed" || row.link === null) return;
      tell();
      told.delete(row.link.link);
      begun.delete(row.link.link);
    },
    tick: tell,
    skipped: () => begun.clear(),
  };
};

/** A REQ always sends the frame. */
function isRequestToRep({ sockets }: SubjectLink, direction: number): boolean {
  const [sender, receiver] = direction === 0 ? [sockets.client, sockets.server] : [sockets.server, sockets.client];
  return receiver === "REP" && sender === "DEALER";
}

/** An empty frame before the last one. */
function hasDelimiter(row: SeenRow): boolean {
  const end = Math.min(row.frames - 1, MAX_FRAMES);
  for (let index = 0; index < end; index++) {
    const frame = row.frame(index);
    // What is not kept may have been one.
    if (frame === null || frame.length === 0) return true;
  }
  return false;
}
