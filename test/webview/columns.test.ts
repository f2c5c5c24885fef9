import assert from "node:assert/strict";
import { test } from "node:test";
import { type ExchangeState, STATUSES } from "../../src/shared/model.ts";
import {
  cellText,
  cellTitle,
  COLUMN_IDS,
  columnPx,
  copiesText,
  COLUMNS,
  crowdedOut,
  DEFAULT_LAYOUT,
  gridTemplate,
  hasOwnStatus,
  isTopicless,
  joinsTopic,
  latencyText,
  layoutMinPx,
  moveColumn,
  nudgeColumn,
  resizeColumn,
  rowLook,
  senderType,
  shownColumns,
  socketsText,
  statusText,
  toggleColumn,
  toLayout,
  withNumbersUpTo,
  withoutIdle,
} from "../../webview/columns.ts";
import { makeRow } from "./support/rows.ts";

test("Columns move in front of one another, to the end, and one place by key", () => {
  const moved = moveColumn(DEFAULT_LAYOUT, "preview", "time");
  assert.deepEqual(moved.order.slice(0, 3), ["n", "preview", "time"]);
  assert.equal(moveColumn(DEFAULT_LAYOUT, "n", null).order.at(-1), "n");
  assert.equal(moveColumn(DEFAULT_LAYOUT, "n", "n"), DEFAULT_LAYOUT);
  const hidden = toggleColumn(DEFAULT_LAYOUT, "time");
  assert.deepEqual(shownColumns(nudgeColumn(hidden, "n", 1)).slice(0, 2), ["tap", "n"]);
  assert.equal(nudgeColumn(DEFAULT_LAYOUT, "n", -1), DEFAULT_LAYOUT);
  assert.equal(nudgeColumn(DEFAULT_LAYOUT, "preview", 1), DEFAULT_LAYOUT);
  assert.equal(nudgeColumn(DEFAULT_LAYOUT, "topic", 1).order.at(-1), "topic");
});

test("The last shown column cannot be hidden, and a hidden one comes back to its place", () => {
  let layout = DEFAULT_LAYOUT;
  for (const id of COLUMN_IDS) layout = toggleColumn(layout, id);
  assert.deepEqual(shownColumns(layout), ["preview"]);
  assert.deepEqual(shownColumns(toggleColumn(layout, "n")), ["n", "preview"]);
});

test("A resized column keeps its width while the others shrink, and the last takes what is left", () => {
  const layout = resizeColumn({ order: ["n", "tap", "preview"], hidden: [], widths: {} }, "tap", 123.4);
  const { n, preview } = COLUMNS;
  assert.equal(
    gridTemplate(layout),
    `minmax(${n.shrunkPx}px, ${n.widthPx}px) minmax(123px, 123px) ` +
      `minmax(clamp(${preview.shrunkPx}px, 100% - ${n.shrunkPx + 123}px, ${preview.widthPx}px), 1fr)`,
  );
  assert.equal(layoutMinPx(layout), n.shrunkPx + 123 + preview.shrunkPx);
  assert.equal(columnPx(resizeColumn(layout, "tap", -50), "tap"), 28);
  assert.equal(columnPx(resizeColumn(layout, "tap", 1e9), "tap"), 2000);
});

test("A column without anything to say is left out, but never the last one", () => {
  const idle = new Set(["tap", "latency"] as const);
  assert.deepEqual(
    COLUMN_IDS.filter((id) => !shownColumns(withoutIdle(DEFAULT_LAYOUT, idle)).includes(id)),
    ["tap", "latency"],
  );
  const onlyTap = { ...DEFAULT_LAYOUT, hidden: COLUMN_IDS.filter((id) => id !== "tap") };
  assert.deepEqual(shownColumns(withoutIdle(onlyTap, idle)), ["tap"]);
});

test("A row whose preview says what its topic would has the room of both, where they stand side by side", () => {
  assert.equal(joinsTopic(DEFAULT_LAYOUT.order), true);
  assert.equal(joinsTopic(moveColumn(DEFAULT_LAYOUT, "topic", "n").order), false);
  assert.equal(joinsTopic(["topic"]), false);
  assert.equal(isTopicless(makeRow(1)), true);
  assert.equal(isTopicless(makeRow(1, { topic: "ad…" })), true);
  assert.equal(isTopicless(makeRow(1, { topic: "md.EUR", preview: "1.08" })), false);
  const event = makeRow(1, { kind: "event", exchange: "none", topic: "md.", preview: "subscribe to md." });
  assert.equal(isTopicless({ ...event, event: "subscribe" }), false);
  assert.equal(isTopicless({ ...event, event: "handshake" }), true);
  assert.equal(isTopicless({ ...event, event: "subscribe", topic: "" }), true);
});

test("Numbers are as wide as the highest one, unless they were sized", () => {
  const { widths } = withNumbersUpTo(DEFAULT_LAYOUT, 98_210);
  assert.equal(widths.n, withNumbersUpTo(DEFAULT_LAYOUT, 10_000).widths.n);
  assert.ok(widths.n! > withNumbersUpTo(DEFAULT_LAYOUT, 9999).widths.n!);
  assert.equal(withNumbersUpTo(DEFAULT_LAYOUT, 0).widths.n, withNumbersUpTo(DEFAULT_LAYOUT, 100).widths.n);
  assert.equal(withNumbersUpTo(resizeColumn(DEFAULT_LAYOUT, "n", 99), 5).widths.n, 99);
});

test("toLayout repairs whatever was stored", () => {
  for (const stored of [null, 7, "x", [], {}, { order: "n", hidden: 3, widths: null }]) {
    assert.deepEqual(toLayout(stored), DEFAULT_LAYOUT);
  }
  const layout = toLayout({
    order: ["preview", "gone", "n", "n"],
    hidden: ["size", "gone"],
    widths: { n: 99, tap: "wide", gone: 5, time: Number.NaN },
  });
  assert.deepEqual(layout.order.slice(0, 3), ["preview", "n", "time"]);
  // A column that an older build did not know comes where it belongs.
  const order = COLUMN_IDS.filter((id) => id !== "method" && id !== "status");
  assert.deepEqual(toLayout({ order }).order, COLUMN_IDS);
  assert.equal(layout.order.length, COLUMN_IDS.length);
  assert.deepEqual(layout.hidden, ["size"]);
  assert.deepEqual(layout.widths, { n: 99 });
  assert.deepEqual(toLayout(JSON.parse(JSON.stringify(layout))), layout);
});

test("rowLook tells kinds of rows apart by icon and word, not by colour alone", () => {
  const look = (part: Parameters<typeof makeRow>[1]) => {
    const { look: name, icon, word } = rowLook(makeRow(1, part));
    return `${name} ${icon} ${word}`;
  };
  assert.equal(look({}), "request arrow-right from client");
  assert.equal(look({ exchange: "reply", from: "server" }), "reply arrow-left from server");
  assert.equal(
    look({ exchange: "none", from: "server", sockets: { client: "SUB", server: "PUB" } }),
    "publish broadcast published from server",
  );
  assert.equal(look({ exchange: "none", sockets: { client: "PUSH", server: "PULL" } }), "push arrow-right from client");
  assert.equal(look({ exchange: "none", sockets: { client: null, server: null } }), "message arrow-right from client");
  assert.equal(look({ kind: "encrypted" }), "encrypted lock encrypted from client");
  assert.equal(look({ kind: "event", event: "subscribe" }), "event circle-small event");
  assert.equal(look({ kind: "event", event: "fault", isProblem: true }), "fault warning problem");
});

test("statusText has a word and an icon for every status, and says when something came late or twice", () => {
  const words = STATUSES.map((status) => statusText(makeRow(1, { status })));
  assert.deepEqual(
    words.map(({ text }) => text),
    ["", "ok", "error", "pending", "received", "timed out", "lost"],
  );
  for (const { text, icon } of words) assert.equal(icon !== "", text !== "");
  assert.deepEqual(statusText(makeRow(1, { status: "ok", isLate: true })), {
    text: "late",
    icon: "warning",
    look: "waiting",
  });
  assert.equal(statusText(makeRow(1, { isDuplicate: true })).text, "repeated");
  assert.equal(
    statusText(makeRow(1, { status: "error", isLate: true, isDuplicate: true })).text,
    "error, late, repeated",
  );
  assert.equal(statusText(makeRow(1, { status: "pending", isDuplicate: true })).text, "pending, repeated");
});

test("A row that failed looks like one, and a heartbeat like none of the others", () => {
  for (const status of ["error", "timed-out", "lost"] as const) {
    assert.deepEqual(rowLook(makeRow(1, { status })), {
      look: "failure",
      icon: "arrow-right",
      word: "error from client",
    });
  }
  assert.equal(rowLook(makeRow(1, { status: "ok", isHeartbeat: true })).icon, "pulse");
  assert.equal(rowLook(makeRow(1, { status: "ok" })).look, "request");
});

test("In the side bar the status of a call that is open or failed stands where the latency would", () => {
  const text = (part: Parameters<typeof makeRow>[1]): string => cellText(makeRow(1, part), "latency", true);
  assert.equal(text({ exchange: "reply", latencyMs: 1, status: "error" }), "error");
  assert.equal(text({ exchange: "answered", status: "pending" }), "pending");
  assert.equal(text({ exchange: "answered", status: "timed-out" }), "timed out");
  assert.equal(text({ exchange: "abandoned", status: "timed-out" }), "timed out");
  assert.equal(hasOwnStatus(makeRow(1, { status: "ok" })), false);
  assert.equal(cellText(makeRow(1, { method: "sum" }), "topic", true), "sum");
  assert.equal(cellText(makeRow(1, { method: "sum" }), "preview", true), "add 2 2");
});

test("cellTitle says why a status is not well, and what is only guessed", () => {
  assert.equal(cellTitle(makeRow(1, { status: "error", problem: "No." }), "status"), "No.");
  assert.match(cellTitle(makeRow(1, { saidKind: "call", outcome: 7 }), "status"), /^Signal #7, .*guess/);
  assert.match(cellTitle(makeRow(1, { saidKind: "signal", outcome: 7 }), "status"), /^Call #7/);
  assert.match(cellTitle(makeRow(1, { status: "acknowledged" }), "status"), /not told/);
  assert.match(cellTitle(makeRow(1, { isLate: true, isDuplicate: true }), "status"), /given up.*there before/);
  assert.equal(cellTitle(makeRow(1, { method: "sum", dialect: "zerorpc" }), "method"), "sum (zerorpc)");
  assert.equal(cellTitle(makeRow(1), "method"), "");
  assert.equal(cellTitle(makeRow(1, { status: "error", problem: "No." }), "latency"), "No.");
});

test("Where methods are shown and there is no room, less telling columns go first, but none that the user has sized", () => {
  const all = layoutMinPx(DEFAULT_LAYOUT);
  assert.deepEqual([...crowdedOut(DEFAULT_LAYOUT, all)], []);
  assert.deepEqual([...crowdedOut(DEFAULT_LAYOUT, all - 1)], ["frames"]);
  assert.deepEqual([...crowdedOut(DEFAULT_LAYOUT, 100)], ["frames", "size", "sockets", "tap"]);
  assert.deepEqual([...crowdedOut(resizeColumn(DEFAULT_LAYOUT, "frames", 30), 730)], ["size", "sockets"]);
  assert.deepEqual([...crowdedOut(toggleColumn(DEFAULT_LAYOUT, "method"), 100)], []);
});

test("latencyText has a word for every state of an exchange that has no time", () => {
  const states: ExchangeState[] = ["none", "pending", "answered", "unasked", "abandoned", "lost"];
  assert.deepEqual(
    states.map((exchange) => latencyText(makeRow(1, { exchange })).text),
    ["", "pending", "", "unasked", "abandoned", "link lost"],
  );
  const reply = makeRow(2, { exchange: "reply", latencyMs: 1.94 });
  assert.equal(latencyText(reply).text, "1.9 ms");
  assert.equal(latencyText({ ...reply, guessed: true }).text, "≈ 1.9 ms");
  assert.equal(latencyText({ ...reply, latencyMs: null }).text, "");
});

test("socketsText goes in the direction of travel", () => {
  assert.equal(socketsText(makeRow(1)), "REQ→REP");
  assert.equal(socketsText(makeRow(1, { from: "server" })), "REP→REQ");
  assert.equal(socketsText(makeRow(1, { sockets: { client: "REQ", server: null } })), "REQ→?");
  assert.equal(socketsText(makeRow(1, { sockets: { client: null, server: null } })), "");
  assert.equal(senderType(makeRow(1, { from: "server" })), "REP");
  assert.equal(senderType(makeRow(1, { from: null })), null);
});

test("cellText fills every column of a message and leaves sizes of events out", () => {
  const row = makeRow(98_210);
  const texts = COLUMN_IDS.filter((id) => id !== "time").map((id) => cellText(row, id, false));
  assert.deepEqual(texts, ["98210", "orders", "127.0.0.1:51876", "REQ→REP", "2", "49 B", "", "", "", "add", "add 2 2"]);
  const said = makeRow(1, { dialect: "json-rpc", saidKind: "call", method: "sum", status: "error" });
  assert.deepEqual(
    (["method", "status"] as const).map((id) => cellText(said, id, false)),
    ["sum", "error"],
  );
  const event = makeRow(1, { kind: "event", event: "ping", exchange: "none", peer: "", from: null });
  assert.deepEqual(
    (["peer", "frames", "size", "latency"] as const).map((id) => cellText(event, id, true)),
    ["", "", "", ""],
  );
});

test("cellText says nothing twice in the side bar and shows the size where there is no latency", () => {
  assert.equal(cellText(makeRow(1), "preview", true), "2 2");
  assert.equal(cellText(makeRow(1, { topic: "ad…" }), "preview", true), "d 2 2");
  const event = makeRow(1, { kind: "event", topic: "server", preview: "link closed by the server" });
  assert.deepEqual(
    (["topic", "preview"] as const).map((id) => cellText(event, id, true)),
    ["", "link closed by the server"],
  );
  assert.equal(cellText(makeRow(1, { topic: "x" }), "preview", true), "add 2 2");
  assert.equal(cellText(makeRow(1), "latency", true), "49 B");
  assert.equal(cellText(makeRow(1, { exchange: "pending" }), "latency", true), "pending");
  assert.match(cellText(makeRow(1), "time", true), /^\d\d:\d\d\.\d\d$/);
});

test("cellTitle gives the whole time, the direction in words, and what a guess is", () => {
  assert.match(cellTitle(makeRow(1), "time"), /^2026-11-20 \d\d:02:11\.001000$/);
  assert.equal(cellTitle(makeRow(1), "peer"), "from client 127.0.0.1:51876");
  assert.match(cellTitle(makeRow(1, { guessed: true }), "latency"), /guess/);
  assert.match(cellTitle(makeRow(1, { decrypted: true }), "sockets"), /^REQ→REP, encrypted on the wire/);
  assert.equal(cellTitle(makeRow(1), "topic"), "");
});

test("A publication says to how many subscribers it went, and a further copy of what it is one", () => {
  const publication = makeRow(8, { exchange: "none", copies: 3, subscribers: 4, sizeBytes: 16 });
  assert.equal(copiesText(publication), "→ 3 of 4 subscribers");
  assert.equal(copiesText({ ...publication, copies: 1, subscribers: 1 }), "→ 1 of 1 subscriber");
  assert.equal(copiesText({ ...publication, copyOf: 7 }), "copy of #7");
  assert.equal(copiesText(makeRow(1)), "");
  assert.equal(cellText(publication, "latency", true), "→ 3/4 · 16 B");
  assert.equal(cellText({ ...publication, copyOf: 7 }, "latency", true), "copy · 16 B");
  assert.equal(cellText(publication, "latency", false), "");
  assert.equal(cellTitle(publication, "latency"), "→ 3 of 4 subscribers");
});

test("A gap is marked as a problem and says what is missing where there is room", () => {
  const gap = makeRow(9, { kind: "event", event: "gap", exchange: "none", topic: "", preview: "12 rows are missing" });
  assert.deepEqual(rowLook(gap), { look: "gap", icon: "warning", word: "gap" });
  assert.equal(cellText(gap, "topic", false), "12 rows are missing");
  assert.equal(cellText(gap, "preview", true), "12 rows are missing");
  assert.equal(cellTitle(gap, "topic"), "12 rows are missing");
});

test("The tooltip of the topic tells the note on a row", () => {
  assert.equal(cellTitle(makeRow(1, { note: "ask Jo" }), "topic"), "Note: ask Jo");
});
