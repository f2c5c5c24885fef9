import type { SubjectLink } from "../filter/subject.ts";
import { EXCHANGES, ORIGINS } from "../../shared/model.ts";
import { type MakeRule, NO_REPLY_YET, type SeenRow } from "./rule.ts";
import { counted } from "./words.ts";

/** Servers that are followed. */
const MAX_SERVERS = 1_000;
/** How long nothing was answered behind a heartbeat, and behind anything else: a server may be slow. */
const AFTER_HEARTBEAT = { requests: 2, patienceNs: 5e9 };
const AFTER_REQUEST = { requests: 3, patienceNs: 15e9 };
const EVIDENCE = 4;

const NONE = EXCHANGES.indexOf("none");
const BRIDGE = ORIGINS.indexOf("bridge");

/** A REP as all links of a tap see it: it takes the next request only when it has answered the one before. */
type Server = {
  /** Names it: its tap and address. */
  readonly key: string;
  readonly link: SubjectLink;
  hasAnswered: boolean;
  /** Requests since its latest reply. */
  count: number;
  firstNs: number;
  isBehindHeartbeat: boolean;
  /** The first of them. */
  readonly rows: number[];
  readonly links: Set<number>;
  isTold: boolean;
};

/**
 * A REP that answered, or got a heartbeat, and then answers no request of anybody: its program has taken a request and never
 * sends the reply, so that libzmq gives it no other one. That it is only slow for so long cannot be ruled out.
 */
export const repWedged: MakeRule = (context) => {
  const servers = new Map<string, Server>();
  const ofLink = new Map<number, Server>();

  function explain(server: Server, cause: string, was: string): void {
    for (const link of server.links) {
      for (const request of context.requests.ofLink(link)) if (request.cause === was) request.cause = cause;
    }
  }

  /** It goes on: what was found was never so. */
  function begin(server: Server): void {
    if (server.isTold) {
      context.withdrawn("rep-wedged", server.key);
      explain(server, NO_REPLY_YET, CAUSE);
    }
    server.isTold = false;
    server.count = 0;
    server.rows.length = 0;
    server.links.clear();
  }

  function judge(server: Server, nowNs: number): void {
    const { requests, patienceNs } = server.isBehindHeartbeat ? AFTER_HEARTBEAT : AFTER_REQUEST;
    if (!server.hasAnswered && !server.isBehindHeartbeat) return;
    if (server.count < requests || nowNs - server.firstNs < patienceNs) return;
    explain(server, CAUSE, NO_REPLY_YET);
    for (const link of server.links) context.withdrawn("request-unanswered", `link ${link}`);
    if (server.isTold) return;
    server.isTold = true;
    const { link, count } = server;
    const since = server.isBehindHeartbeat
      ? "a heartbeat that it sent no reply to"
      : "a request that it sent no reply to";
    context.found({
      id: "rep-wedged",
      about: server.key,
      text: `REP at ${link.server} has answered none of ${counted(count, "request")} since ${since}, whoever asked: it seems stuck, for a REP takes the next request only after its program has replied to the one before.`,
      advice: server.isBehindHeartbeat
        ? "Send no heartbeats over REQ to this server, or let it reply to them. To go on now, start the server anew."
        : "See what the server does with the first of these requests: its program must reply to each, also when it fails. To go on now, start the server anew.",
      tapName: link.tapName,
      link: null,
      evidence: server.rows,
      timeNs: nowNs,
      isOpen: true,
    });
  }

  /** The server at the end of a link; undefined for one that is no REP of another program. */
  function serverOf(row: SeenRow): Server | undefined {
    const link = row.link!;
    const known = ofLink.get(link.link);
    if (known !== undefined) return known;
    // Bridges and HTTP servers take many requests at once, though they are shown as REPs.
    if (link.sockets.server !== "REP" || row.origin === BRIDGE || link.mechanism === "HTTP") return undefined;
    const key = `${link.tapName} ${link.server}`;
    let server = servers.get(key);
    if (server === undefined) {
      if (servers.size >= MAX_SERVERS) forget(servers.values().next().value!);
      server = {
        key,
        link,
        hasAnswered: false,
        count: 0,
        firstNs: 0,
        isBehindHeartbeat: false,
        rows: [],
        links: new Set(),
        isTold: false,
      };
      servers.set(key, server);
    }
    ofLink.set(link.link, server);
    return server;
  }

  function forget(server: Server): void {
    if (server.isTold) context.ended("rep-wedged", server.key);
    servers.delete(server.key);
    for (const [link, each] of ofLink) if (each === server) ofLink.delete(link);
  }

  function asked(server: Server, row: SeenRow): void {
    if (server.count === 0) {
      server.firstNs = row.timeNs;
      server.isBehindHeartbeat = row.isHeartbeat;
    }
    server.count++;
    server.links.add(row.link!.link);
    if (server.rows.length < EVIDENCE) server.rows.push(row.n);
  }

  return {
    finds: ["rep-wedged"],
    message(row) {
      const { link } = row;
      if (link?.sockets.server !== "REP" || row.exchange === NONE) return;
      const server = serverOf(row);
      if (server === undefined) return;
      if (row.direction === 0) {
        asked(server, row);
        return;
      }
      server.hasAnswered = true;
      if (server.count > 0) begin(server);
    },
    event(row) {
      if (row.event !== "link-closed" || row.link === null) return;
      const server = ofLink.get(row.link.link);
      if (server === undefined) return;
      ofLink.delete(row.link.link);
      // Another server may be there next.
      if (row.detail()?.["by"] === "server") forget(server);
    },
    tick(nowNs) {
      for (const server of servers.values()) if (server.count > 0) judge(server, nowNs);
    },
    skipped() {
      for (const server of servers.values()) begin(server);
      servers.clear();
      ofLink.clear();
    },
  };
};

const CAUSE = "its REP answers nothing any more";
