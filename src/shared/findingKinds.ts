import { t } from "./l10n.ts";

/** What a finding can be about, and how bad that is unless the rule knows better. Its section of docs/findings.md has its id. */
export const FINDINGS = {
  // Stuck requests.
  "request-unanswered": { severity: "warning", title: t("A request has no reply") },
  "request-peer-gone": { severity: "error", title: t("The peer left before it replied") },
  "reply-to-earlier-request": { severity: "warning", title: t("A reply belongs to an earlier request") },
  "reply-after-reconnect": { severity: "warning", title: t("A reply came after the client had reconnected") },
  "rep-missing-delimiter": { severity: "error", title: t("REP drops requests without an empty delimiter") },
  "rep-wedged": { severity: "error", title: t("A REP answers nothing any more") },
  "request-sent-twice": { severity: "warning", title: t("A client asked again before the reply") },
  // Publish and subscribe.
  "slow-joiner": { severity: "warning", title: t("A subscription came too late for publications") },
  "near-miss-topic": { severity: "warning", title: t("A subscription nearly matches") },
  "subscription-unmatched": { severity: "warning", title: t("A subscription matched nothing") },
  "surprise-prefix": { severity: "note", title: t("A subscription matches more topics than it names") },
  "slow-subscriber": { severity: "warning", title: t("A subscriber does not keep up") },
  "published-unheard": { severity: "warning", title: t("Publications came before the first subscription") },
  "topic-unasked": { severity: "note", title: t("Nobody asks for a topic") },
  // Envelope and topology.
  "router-never-answers": { severity: "warning", title: t("A ROUTER answers some links and not others") },
  "reply-for-other-identity": { severity: "warning", title: t("A reply came on another link than its request") },
  "extra-delimiter": { severity: "note", title: t("A message has more delimiters than it needs") },
  "frame-count-differs": { severity: "note", title: t("A message has another number of frames than usual") },
  "incompatible-sockets": { severity: "error", title: t("Two socket types cannot talk to each other") },
  "duplicate-identity": { severity: "error", title: t("Two peers have the same identity") },
  "pair-taken": { severity: "error", title: t("A PAIR has its peer already") },
  "last-worker-left": { severity: "warning", title: t("The last worker of a PUSH left") },
  "uneven-work": { severity: "note", title: t("Workers get uneven shares") },
  "heartbeat-missed": { severity: "warning", title: t("A heartbeat was not answered") },
  "heartbeat-ttl-overflow": { severity: "error", title: t("A heartbeat's time to live is too long for libzmq") },
  "reconnect-storm": { severity: "warning", title: t("A client connects again and again") },
  "handshake-failed": { severity: "error", title: t("A connection does not come about") },
  "server-down": { severity: "error", title: t("The server refuses connections") },
  "not-zeromq": { severity: "error", title: t("A server does not speak ZeroMQ") },
  "untapped-endpoint": { severity: "note", title: t("A message names an endpoint that no tap covers") },
  // Loss.
  "sequence-gap": { severity: "warning", title: t("Sequence numbers are missing") },
  "sequence-repeat": { severity: "note", title: t("A sequence number came again") },
  "sequence-disorder": { severity: "note", title: t("Sequence numbers came out of order") },
  // Security.
  "plain-beyond-loopback": { severity: "warning", title: t("A PLAIN password crosses the network in the clear") },
  "pickle-beyond-loopback": { severity: "error", title: t("Pickled data crosses the network") },
  "curve-any-client": { severity: "note", title: t("A CURVE server lets any client in") },
  "bound-to-all": { severity: "warning", title: t("A server listens on all interfaces") },
} as const satisfies Readonly<
  Record<string, { readonly severity: "note" | "warning" | "error"; readonly title: string }>
>;

export type FindingId = keyof typeof FINDINGS;
