import assert from "node:assert/strict";
import { test } from "node:test";
import type { Row } from "../../src/shared/model.ts";
import { Lanes } from "../../webview/sequenceLanes.ts";
import { escapeMermaid, rowTitle, rowWords, writeMermaid } from "../../webview/sequenceText.ts";
import { makeRow } from "./support/rows.ts";

function mermaid(...rows: readonly Row[]): readonly string[] {
  const lanes = new Lanes();
  lanes.learn(rows);
  return writeMermaid(rows, lanes.shown(rows), (row) => lanes.endsOf(row)).split("\n");
}

const start = Date.UTC(2026, 10, 20);

test("writeMermaid writes requests, replies, publications, what was lost, notes and silences", () => {
  const market = { tap: "t2", tapName: "market", link: 2, sockets: { client: "SUB", server: "PUB" } } as const;
  assert.deepEqual(
    mermaid(
      makeRow(1, {
        kind: "event",
        event: "link-opened",
        from: null,
        exchange: "none",
        partner: null,
        preview: "link opened",
        timeMs: start,
      }),
      makeRow(2, { method: "add", partner: 3, timeMs: start + 1 }),
      makeRow(3, {
        from: "server",
        peer: "127.0.0.1:5556",
        exchange: "reply",
        partner: 2,
        latencyMs: 1.9,
        preview: "4",
        timeMs: start + 3,
      }),
      makeRow(4, {
        ...market,
        from: "server",
        peer: "127.0.0.1:7",
        exchange: "none",
        partner: null,
        topic: "md",
        timeMs: start + 4,
      }),
      makeRow(5, { method: "wait", exchange: "lost", partner: null, timeMs: start + 3004 }),
      makeRow(6, {
        link: 0,
        kind: "event",
        event: "gap",
        from: null,
        exchange: "none",
        partner: null,
        preview: "gap: 7 rows",
        timeMs: start + 3005,
      }),
    ),
    [
      "sequenceDiagram",
      "  participant p1 as #58;51876<br/>REQ",
      "  participant p2 as orders<br/>REP · #58;5556",
      "  participant p3 as link 2<br/>SUB",
      "  participant p4 as market<br/>PUB · #58;7",
      "  Note over p1,p2: link opened",
      "  p1->>+p2: add",
      "  p2-->>-p1: 4 · 1.9 ms",
      "  p4-)p3: md",
      "  Note over p1,p4: … 3.0 s …",
      "  p1-xp2: wait · link lost",
      "  Note over p1,p4: gap#58; 7 rows",
      "",
    ],
  );
});

test("writeMermaid never ends what it did not begin, which Mermaid refuses", () => {
  const reply = { from: "server", exchange: "reply", partner: 1 } as const;
  const lines = mermaid(makeRow(1, { partner: 2 }), makeRow(2, reply), makeRow(3, reply)).join("\n");
  assert.equal(lines.match(/->>[+]/g)?.length, 1);
  assert.equal(lines.match(/-->>-/g)?.length, 1);
  assert.doesNotMatch(mermaid(makeRow(2, reply)).join("\n"), /-->>-/);
});

test("escapeMermaid leaves nothing that Mermaid takes for its own", () => {
  const hostile = [
    "a; b",
    "x\n  participant evil as <img src=x>",
    "%%{init: {}}%%",
    "#lt;",
    '"quoted" `code`',
    "<script>alert(1)</script>",
    "a]]--> [b",
    "\u0000\u2028",
  ];
  for (const text of hostile) {
    const safe = escapeMermaid(text).replaceAll(/#\d+;/g, "");
    assert.doesNotMatch(safe, /[^\p{L}\p{N} _.,/()+*=?!~|@$…·→←-]/u, text);
  }
  assert.equal(escapeMermaid("end"), "#101;nd");
  assert.equal(escapeMermaid("endless"), "endless");
  assert.equal(escapeMermaid(""), "#160;");
  assert.equal(escapeMermaid("ü 日本"), "ü 日本");
  assert.equal(escapeMermaid("x".repeat(5000)).length, 120);
});

test("rowWords says who sent what to whom, and what it came to", () => {
  const pending = makeRow(7, { method: "add", exchange: "pending", partner: null });
  assert.equal(
    rowWords(pending, "gui-7", "orders", pending.timeMs + 4200),
    "#7 message from gui-7 to orders: add, pending 4.2 s",
  );
  const reply = makeRow(8, { from: "server", exchange: "reply", preview: "4", latencyMs: 2 });
  assert.equal(rowWords(reply, "gui-7", "orders", null), "#8 reply from orders to gui-7: 4, 2.0 ms");
  const found = { ids: ["rep-wedged"], severity: "error" } as const;
  assert.match(rowWords({ ...reply, finding: found }, "gui-7", "orders", null), /, has findings, error$/);
  const event = makeRow(9, { kind: "event", event: "fault", isProblem: true, from: null, preview: "bad flags" });
  assert.equal(rowWords(event, "gui-7", "orders", null), "#9 problem: bad flags");
});

test("rowTitle has all that a row of a file can say", () => {
  assert.match(rowTitle(makeRow(7, { status: "error" })), /^#7 2026-11-.*\nadd 2 2\nerror$/);
});
