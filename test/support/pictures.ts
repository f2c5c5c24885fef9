import type { Finding } from "../../src/shared/findings.ts";
import type { LinkRow } from "../../src/shared/pictures.ts";

/** A link between a REQ and a REP on this machine. */
export function linkRow(row: Partial<LinkRow> = {}): LinkRow {
  return {
    link: 1,
    tap: "a",
    tapName: "orders",
    origin: "wire",
    client: "127.0.0.1:40001",
    server: "127.0.0.1:5556",
    sockets: { client: "REQ", server: "REP" },
    identity: { client: "", server: "" },
    version: "3.1",
    mechanism: "NULL",
    verdict: "connected",
    isProblem: false,
    process: { client: "", server: "" },
    subscriptions: [],
    subscriptionCount: 0,
    messages: [1, 1],
    bytes: [10, 10],
    pending: 0,
    queued: [0, 0],
    heldUpMs: [0, 0],
    openedMs: 0,
    closedMs: null,
    closedBy: "",
    findings: 0,
    ...row,
  };
}

export function finding(of: Partial<Finding> = {}): Finding {
  return {
    key: "request-unanswered link 1",
    id: "request-unanswered",
    severity: "warning",
    text: "A request has no reply.",
    advice: "Look at the server.",
    tap: "a",
    tapName: "orders",
    link: 1,
    evidence: [7],
    count: 1,
    firstMs: 1000,
    lastMs: 2000,
    isOpen: true,
    ...of,
  };
}
