import { type MakeRule, NO_REPLY_YET, type OpenRequest } from "./rule.ts";
import { counted, isHttp, peerWords } from "./words.ts";

/** Whoever had got requests closed their connection before it replied: libzmq does not send them again. */
export const requestPeerGone: MakeRule = (context) => ({
  finds: ["request-peer-gone"],
  event(row) {
    if (row.event !== "link-closed" || row.link === null) return;
    const by = row.detail()?.["by"];
    if (by !== "client" && by !== "server") return;
    const replies = by === "client" ? 1 : 0;
    const left: OpenRequest[] = [];
    for (const request of context.requests.ofLink(row.link.link)) {
      // Why another one waited is told already, and it would not have been replied to anyway.
      if (request.direction === replies && request.cause === NO_REPLY_YET) left.push(request);
    }
    if (left.length === 0) return;
    const isReset = row.detail()?.["reset"] === true;
    const requester = by === "client" ? "server" : "client";
    const http = isHttp(row.link);
    const notAgain = http ? "" : `, and libzmq does not send ${left.length === 1 ? "it" : "them"} again`;
    for (const request of left) request.cause = "its peer left before it replied";
    context.found({
      id: "request-peer-gone",
      about: `link ${row.link.link}`,
      text: `${peerWords(row.link, by)} ${isReset ? "broke" : "closed"} the connection before it replied to ${counted(left.length, "request")} of ${peerWords(row.link, requester)}${notAgain}.`,
      advice: http
        ? "Nobody but the client's program asks again. See why the peer went away after the request."
        : "Let the client wait for a limited time only, then close its REQ, open a new one and ask again; or set ZMQ_REQ_RELAXED with ZMQ_REQ_CORRELATE. See why the peer went away after the request.",
      tapName: row.link.tapName,
      link: row.link.link,
      evidence: [...left.slice(0, 4).map(({ n }) => n), row.n],
      timeNs: row.timeNs,
      times: left.length,
    });
  },
});
