import { MAX_LINKS, serverOf } from "./places.ts";
import { Recent } from "./recent.ts";
import type { MakeRule, Rule, RuleContext, SeenRow } from "./rule.ts";

/** Calls that wait for a reply, over all links. */
const MAX_CALLS = 8192;
const MAX_ID_CHARS = 256;

/** A call that only one link has made. */
type Call = { readonly link: number; readonly n: number; readonly identity: string; isShared: boolean };

/** A ROUTER's reply that repeats the id of a call went to another client than the one that had called. */
export const replyForOtherIdentity: MakeRule = (context) => new ReplyForOtherIdentity(context);

class ReplyForOtherIdentity implements Rule {
  readonly finds = ["reply-for-other-identity"] as const;
  readonly #context: RuleContext;
  /** Calls by server and id. */
  readonly #calls = new Recent<string, Call>(MAX_CALLS);
  /** Links that were watched from their beginning and are open: of others nobody knows what they have called. */
  readonly #open = new Recent<number, true>(MAX_LINKS);

  constructor(context: RuleContext) {
    this.#context = context;
  }

  message(row: SeenRow): void {
    if (row.link === null) return;
    const { client, server } = row.link.sockets;
    const router = server === "ROUTER" ? 1 : client === "ROUTER" ? 0 : -1;
    const peer = router === 1 ? client : server;
    if (router < 0 || (peer !== "DEALER" && peer !== "REQ")) return;
    const id = row.said()?.id ?? "";
    if (id === "" || id.length > MAX_ID_CHARS) return;
    const key = `${serverOf(row.link)} ${id}`;
    if (row.direction !== router) this.#called(row, key);
    else this.#replied(row, key);
  }

  event(row: SeenRow): void {
    if (row.link === null) return;
    if (row.event === "link-opened") this.#open.set(row.link.link, true);
    if (row.event === "link-closed") this.#open.delete(row.link.link);
  }

  skipped(): void {
    this.#calls.clear();
    this.#open.clear();
  }

  #called(row: SeenRow, key: string): void {
    const { link, sockets, identity } = row.link!;
    const known = this.#calls.get(key);
    if (known !== undefined && known.link !== link) {
      // Clients that count for themselves have the same ids.
      known.isShared = true;
      return;
    }
    const own = sockets.server === "ROUTER" ? identity.client : identity.server;
    this.#calls.set(key, { link, n: row.n, identity: own, isShared: false });
  }

  #replied(row: SeenRow, key: string): void {
    const call = this.#calls.get(key);
    if (call === undefined || call.isShared) return;
    const { link, sockets, identity } = row.link!;
    if (call.link === link) {
      this.#calls.delete(key);
      return;
    }
    const own = sockets.server === "ROUTER" ? identity.client : identity.server;
    // A client with an identity of its own may have come back on this link.
    if (own !== "" && own === call.identity) return;
    if (this.#open.get(call.link) === undefined || this.#open.get(link) === undefined) return;
    this.#calls.delete(key);
    const { n, tapName, timeNs } = row;
    this.#context.found({
      id: "reply-for-other-identity",
      about: `link ${link}`,
      text: `The ROUTER sent the reply to a request of link ${call.link} on link ${link}, to another client.`,
      advice:
        "Put the routing id that came with the request in front of its reply: keep it with the request, not in a variable " +
        "that the next request overwrites.",
      tapName,
      link,
      evidence: [call.n, n],
      timeNs,
    });
  }
}
