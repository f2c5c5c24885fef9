import { readHandshakeEvent } from "./handshakeEvent.ts";
import { MAX_LINKS, MAX_SERVERS, serverOf } from "./places.ts";
import { Recent } from "./recent.ts";
import { type MakeRule, NO_REPLY_YET, type Rule, type RuleContext, type SeenRow } from "./rule.ts";

/** A reply that has not come for so long, and for so many times as long as the slowest one took, does not come. */
const MIN_WAIT_NS = 5e9;
const SLOWER = 20;
/** Requests that look the same and were answered on other links; and how many of these since the one that was not. */
const ANSWERED_LIKE = 5;
const ANSWERED_SINCE = 3;
const MAX_SHAPES = 64;
/** It is looked at how requests look of the first ones of a link that gets replies, then of one in so many. */
const FIRST_REQUESTS = 64;
const ONE_IN = 64;
/** Octets by which requests look alike. */
const SHAPE_BYTES = 12;

/** Why requests wait whose reply does not come, see PendingRequest. */
const MAY_BE_DROPPED = "the ROUTER may have dropped the reply";

/** A client of a ROUTER. */
type Client = {
  readonly link: number;
  /**
   * Its request that waits: its row, when it came, how it looks (empty where that was not looked at), and how many had been
   * answered then; -1 when there is none.
   */
  n: number;
  sinceNs: number;
  shape: string;
  answeredBefore: number;
  requests: number;
  hasReply: boolean;
  isTold: boolean;
  /** Something else explains that it gets no reply. */
  isExplained: boolean;
};

/** A ROUTER that listens. */
type Router = {
  readonly tapName: string;
  readonly server: string;
  readonly clients: Recent<number, Client>;
  /** Replies to requests, by how these looked. */
  readonly answered: Recent<string, number>;
  total: number;
  slowestNs: number;
};

/**
 * A ROUTER answers some of its clients and never another one, whose requests look like theirs. It may have dropped the reply,
 * which is not on the wire then.
 */
export const routerNeverAnswers: MakeRule = (context) => new RouterNeverAnswers(context);

class RouterNeverAnswers implements Rule {
  readonly finds = ["router-never-answers"] as const;
  readonly #context: RuleContext;
  readonly #routers = new Recent<string, Router>(MAX_SERVERS);
  readonly #routerOf = new Recent<number, Router>(MAX_LINKS);

  constructor(context: RuleContext) {
    this.#context = context;
  }

  message(row: SeenRow): void {
    if (row.link === null || row.isHeartbeat || row.origin !== 0) return;
    const { sockets, link } = row.link;
    if (sockets.server !== "ROUTER" || (sockets.client !== "DEALER" && sockets.client !== "REQ")) return;
    const router = this.#routerOf.get(link) ?? this.#routerOf.set(link, this.#routerBehind(row));
    const client = router.clients.get(link) ?? router.clients.set(link, newClient(link));
    if (row.direction === 0) this.#asked(row, router, client);
    else this.#replied(row, router, client);
  }

  event(row: SeenRow): void {
    if (row.link === null) return;
    const { link } = row.link;
    if (row.event === "handshake") {
      const told = readHandshakeEvent(row);
      if (told?.verdict?.id !== "identity-in-use") return;
      const router = this.#routerOf.set(link, this.#routerBehind(row));
      router.clients.set(link, { ...newClient(link), isExplained: true });
    }
    if (row.event === "link-closed") this.#closed(link);
  }

  tick(nowNs: number): void {
    for (const router of this.#routers.values()) {
      const waitNs = Math.max(MIN_WAIT_NS, SLOWER * router.slowestNs);
      for (const client of router.clients.values()) {
        if (client.isExplained) this.#explain(client, "its identity is in use");
        else if (client.isTold) this.#explain(client, MAY_BE_DROPPED);
        const { n, hasReply, isTold, isExplained, sinceNs, shape, answeredBefore } = client;
        if (n < 0 || hasReply || isTold || isExplained || nowNs - sinceNs < waitNs) continue;
        if ((router.answered.get(shape) ?? 0) < ANSWERED_LIKE) continue;
        if (router.total - answeredBefore >= ANSWERED_SINCE) this.#tell(router, client, nowNs);
      }
    }
  }

  /** A reply may have been among what was left out. */
  skipped(): void {
    for (const { clients } of this.#routers.values()) {
      for (const client of clients.values()) {
        if (client.isTold) this.#context.ended("router-never-answers", aboutOf(client));
      }
    }
    this.#routers.clear();
    this.#routerOf.clear();
  }

  #routerBehind(row: SeenRow): Router {
    const key = serverOf(row.link!);
    const { tapName } = row;
    const { server } = row.link!;
    return (
      this.#routers.get(key) ??
      this.#routers.set(key, {
        tapName,
        server,
        clients: new Recent(MAX_LINKS),
        answered: new Recent(MAX_SHAPES),
        total: 0,
        slowestNs: 0,
      })
    );
  }

  #asked(row: SeenRow, router: Router, client: Client): void {
    // What ZMQ_PROBE_ROUTER sends is no request.
    if (row.frames === 1 && row.sizeBytes === 0) return;
    client.requests++;
    if (client.n >= 0) return;
    client.n = row.n;
    client.sinceNs = row.timeNs;
    const isLookedAt = !client.hasReply || client.requests <= FIRST_REQUESTS || client.requests % ONE_IN === 0;
    client.shape = isLookedAt ? shapeOf(row) : "";
    client.answeredBefore = router.total;
  }

  #replied(row: SeenRow, router: Router, client: Client): void {
    client.hasReply = true;
    if (client.isTold) this.#context.withdrawn("router-never-answers", aboutOf(client));
    client.isTold = false;
    if (client.n < 0) return;
    if (client.shape !== "") router.answered.set(client.shape, (router.answered.get(client.shape) ?? 0) + 1);
    router.total++;
    router.slowestNs = Math.max(router.slowestNs, row.timeNs - client.sinceNs);
    client.n = -1;
  }

  #closed(link: number): void {
    const router = this.#routerOf.get(link);
    this.#routerOf.delete(link);
    const client = router?.clients.get(link);
    if (client === undefined) return;
    router!.clients.delete(link);
    if (client.isTold) this.#context.ended("router-never-answers", aboutOf(client));
  }

  /** Its requests wait for a reason that is told here. */
  #explain({ link }: Client, cause: string): void {
    for (const request of this.#context.requests.ofLink(link)) {
      if (request.cause === NO_REPLY_YET) request.cause = cause;
    }
  }

  #tell({ tapName, server, slowestNs }: Router, client: Client, nowNs: number): void {
    client.isTold = true;
    this.#explain(client, MAY_BE_DROPPED);
    const { link, n, requests, sinceNs } = client;
    this.#context.found({
      id: "router-never-answers",
      about: aboutOf(client),
      text:
        `The ROUTER at ${server} has answered others within ${seconds(slowestNs)}, and link ${link} not at all since ` +
        `its request ${seconds(nowNs - sinceNs)} ago: it may have dropped the reply.`,
      advice:
        "A ROUTER drops what is not addressed, or addressed to nobody, without a word: see that the server puts the routing " +
        "id of the request, as it came, in front of the reply, and set ZMQ_ROUTER_MANDATORY to get an error instead.",
      tapName,
      link,
      evidence: [n],
      timeNs: nowNs,
      isOpen: true,
      times: requests,
    });
  }
}

function newClient(link: number): Client {
  return {
    link,
    n: -1,
    sinceNs: 0,
    shape: "",
    answeredBefore: 0,
    requests: 0,
    hasReply: false,
    isTold: false,
    isExplained: false,
  };
}

function aboutOf({ link }: Client): string {
  return `link ${link}`;
}

/** What is the same in requests of one kind: the method, or the number of frames and how the last one begins. */
function shapeOf(row: SeenRow): string {
  const said = row.said();
  if (said !== null && said.method !== "") return `${said.dialect} ${said.method.slice(0, 80)}`;
  const octets = row.frame(-1);
  let shape = `${row.frames}`;
  let wasDigit = false;
  for (let at = 0; at < Math.min(SHAPE_BYTES, octets?.length ?? 0); at++) {
    const octet = octets![at]!;
    const isDigit = octet >= 0x30 && octet <= 0x39;
    // Numbers count up, and so do their digits.
    if (!isDigit || !wasDigit) shape += ` ${isDigit ? "digits" : octet}`;
    wasDigit = isDigit;
  }
  return shape;
}

function seconds(ns: number): string {
  return `${(ns / 1e9).toFixed(1)} s`;
}
