import type { CaptureStats, Row } from "../../../src/shared/model.ts";

/** A request of a REQ, with what a test changes. */
export function makeRow(n: number, part: Partial<Row> = {}): Row {
  return {
    n,
    kind: "message",
    timeMs: Date.UTC(2026, 10, 20, 10, 2, 11) + n,
    tap: "t1",
    tapName: "orders",
    link: 1,
    from: "client",
    origin: "wire",
    sockets: { client: "REQ", server: "REP" },
    peer: "127.0.0.1:51876",
    event: null,
    topic: "add",
    frames: 2,
    sizeBytes: 49,
    exchange: "answered",
    guessed: false,
    decrypted: false,
    isProblem: false,
    partner: n + 1,
    latencyMs: null,
    replayable: true,
    copies: 0,
    subscribers: 0,
    copyOf: null,
    pinned: false,
    note: "",
    preview: "add 2 2",
    ...part,
  };
}

export function makeStats(firstN: number, lastN: number, part: Partial<CaptureStats> = {}): CaptureStats {
  return {
    capture: 0,
    seen: lastN,
    kept: lastN - firstN + 1,
    evicted: firstN - 1,
    unwritten: 0,
    firstN,
    lastN,
    usedBytes: 1000,
    maxBytes: 268_435_456,
    diskBytes: 0,
    maxDiskBytes: 0,
    diskProblem: null,
    copies: 0,
    copyBytes: 0,
    pinned: 0,
    messagesPerSecond: 0,
    file: null,
    ...part,
  };
}
