import assert from "node:assert/strict";
import { test } from "node:test";
import type { Row } from "../../src/shared/model.ts";
import { Lanes } from "../../webview/sequenceLanes.ts";
import {
  barShapes,
  barsOf,
  gapShapes,
  gapText,
  GUTTER_PX,
  headShapes,
  labelOf,
  lifelineShapes,
  ROW_PX,
  rowShapes,
  type Stage,
  stageOf,
  stateOf,
  timeShapes,
} from "../../webview/sequenceLayout.ts";
import type { Shape } from "../../webview/shapes.ts";
import { makeRow } from "./support/rows.ts";

const request = makeRow(1);
const reply = makeRow(2, { from: "server", peer: "127.0.0.1:5556", exchange: "reply", partner: 1, latencyMs: 1.9 });

function staged(...rows: readonly Row[]): { readonly lanes: Lanes; readonly stage: Stage } {
  const lanes = new Lanes();
  lanes.learn(rows);
  return { lanes, stage: stageOf(lanes.shown(rows), 1000, 7.2) };
}

const texts = (shapes: readonly Shape[]): readonly string[] =>
  shapes.flatMap((shape) => (shape.kind === "text" ? [shape.text] : shape.kind === "group" ? texts(shape.shapes) : []));

const lineOf = (shapes: readonly Shape[]): Extract<Shape, { kind: "line" }> =>
  shapes.find((shape) => shape.kind === "line")!;

test("stageOf fills the room as far as lanes may be wide or narrow for that", () => {
  const lanes = staged(request).stage.lanes;
  assert.equal(stageOf(lanes, 600, 7).lanePx, 216);
  assert.equal(stageOf(lanes, 100, 7).widthPx, GUTTER_PX + 2 * 116 + 56);
  assert.deepEqual(stageOf(lanes, 5000, 7), { lanes, lanePx: 420, widthPx: 5000, letterPx: 7 });
  assert.equal(stageOf([], 300, 7).widthPx, 300);
});

test("A request goes to the right on a whole line, its reply back on a dashed one with its latency", () => {
  const { lanes, stage } = staged(request, reply);
  const there = rowShapes(request, lanes.endsOf(request), stage, 0);
  const back = rowShapes(reply, lanes.endsOf(reply), stage, 0);
  assert.ok(lineOf(there).from[0] < lineOf(there).to[0]);
  assert.equal(lineOf(there).dash, undefined);
  assert.ok(lineOf(back).from[0] > lineOf(back).to[0]);
  assert.equal(lineOf(back).dash, "dashed");
  assert.deepEqual(texts(back), ["add 2 2", "1.9 ms"]);
});

test("Labels are cut to the room between two lanes, and what became of a message stands behind these if need be", () => {
  const long = makeRow(1, { method: "m".repeat(500), exchange: "pending", partner: null });
  const short = makeRow(1, { method: "add", exchange: "pending", partner: null });
  const { lanes, stage } = staged(long);
  const right = GUTTER_PX + 1.5 * stage.lanePx;
  const placed = (row: Row): readonly Extract<Shape, { kind: "text" }>[] =>
    rowShapes(row, lanes.endsOf(row), stage, row.timeMs + 4200).filter((shape) => shape.kind === "text");
  const [label, state] = placed(long);
  assert.equal(state!.text, "pending 4.2 s");
  assert.ok(label!.text.endsWith("…"));
  assert.ok(label!.x + label!.text.length * stage.letterPx < right);
  assert.ok(state!.x > right);
  const [add, pending] = placed(short);
  assert.equal(add!.text, "add");
  assert.ok(pending!.x + pending!.text.length * stage.letterPx < right);
});

test("A label over several lanes keeps their lifelines away", () => {
  const other = makeRow(1, { link: 1, peer: "127.0.0.1:1" });
  const far = makeRow(2, { link: 0, peer: "127.0.0.1:2" });
  const rows = [other, { ...far, link: 2 }, { ...far, n: 3, link: 3, peer: "127.0.0.1:3" }];
  const { lanes, stage } = staged(...rows);
  const narrow = stageOf(stage.lanes, 200, 7.2);
  const [label] = rowShapes(other, lanes.endsOf(other), narrow, 0).filter((shape) => shape.kind === "text");
  assert.equal(label!.isApart, true);
});

test("Nothing of a row reaches beyond the stage", () => {
  const rows = [
    makeRow(1, { method: "m".repeat(90), exchange: "pending", partner: null }),
    makeRow(2, { kind: "event", event: "handshake", from: null, preview: "h".repeat(200) }),
  ];
  const { lanes, stage } = staged(...rows);
  const narrow = stageOf(stage.lanes, 200, 7.2);
  for (const row of rows) {
    for (const shape of rowShapes(row, lanes.endsOf(row), narrow, row.timeMs)) {
      if (shape.kind === "rect") assert.ok(shape.x + shape.width <= narrow.widthPx);
      if (shape.kind !== "text" || shape.anchor === "middle") continue;
      assert.ok(shape.x + shape.text.length * 7.2 <= narrow.widthPx, shape.text);
    }
  }
});

test("stateOf tells what a row came to, with a mark where it is not well", () => {
  assert.deepEqual(stateOf(makeRow(1, { exchange: "lost", partner: null }), null), {
    text: "link lost",
    mark: "lost",
    colour: "error",
  });
  assert.deepEqual(stateOf(makeRow(1, { status: "error" }), null), { text: "error", mark: "error", colour: "error" });
  assert.deepEqual(stateOf(makeRow(1, { exchange: "pending" }), null).text, "pending");
  assert.deepEqual(stateOf(makeRow(1, { status: "ok", isLate: true }), null).mark, "warning");
  assert.deepEqual(stateOf(request, null), { text: "", mark: null, colour: "quiet" });
});

test("labelOf names the method, of a publication its topic, else what a message holds", () => {
  assert.equal(labelOf(makeRow(1, { method: "add" })), "add");
  assert.equal(labelOf(makeRow(1, { topic: "md.EUR", sockets: { client: "PUB", server: "SUB" } })), "md.EUR");
  assert.equal(labelOf(request), "add 2 2");
  assert.equal(labelOf(makeRow(1, { kind: "encrypted" })), "encrypted");
});

test("An event of a link is a note over its lanes, one of no link stands at the left", () => {
  const opened = makeRow(3, { kind: "event", event: "link-opened", from: null, preview: "link opened" });
  const { lanes, stage } = staged(opened);
  const [box] = rowShapes(opened, lanes.endsOf(opened), stage, null) as [Extract<Shape, { kind: "rect" }>];
  const middle = box.x + box.width / 2;
  assert.equal(Math.round(middle), Math.round(GUTTER_PX + stage.lanePx));
  const gap = makeRow(4, { kind: "event", event: "gap", from: null, link: 0, isProblem: true, preview: "gap" });
  const [left] = rowShapes(gap, null, stage, null) as [Extract<Shape, { kind: "rect" }>];
  assert.ok(left.x >= GUTTER_PX);
  assert.equal(left.dash, "dashed");
});

test("A silence of a second or more between two rows is told", () => {
  assert.equal(gapText({ timeMs: 3400 }, { timeMs: 1000 }), "… 2.4 s …");
  assert.equal(gapText({ timeMs: 1999 }, { timeMs: 1000 }), "");
  assert.equal(gapText({ timeMs: 5000 }, undefined), "");
  assert.deepEqual(gapShapes("", { widthPx: 10, letterPx: 7 }), []);
  assert.deepEqual(texts(gapShapes("… 2.4 s …", { widthPx: 10, letterPx: 7 })), ["… 2.4 s …"]);
});

test("The column of times has the time of a row, and the mark of what was found about it", () => {
  assert.match(texts(timeShapes(request))[0]!, /^\d\d:\d\d:\d\d[.]\d{3}$/);
  assert.equal(timeShapes({ ...request, finding: { ids: ["rep-wedged"], severity: "error" } }).length, 2);
});

test("Every lane has a head with its name and a lifeline", () => {
  const { stage } = staged(request, reply);
  assert.deepEqual(texts(headShapes(stage)), [":51876", "REQ", "orders", "REP · :5556"]);
  assert.equal(lifelineShapes(stage, 100).length, 2);
});

const place = (...rows: readonly Row[]) => rows.map((row, index) => ({ row, index }));

test("A server is busy from a request to its reply, and for as long as it waits", () => {
  const waiting = makeRow(3, { exchange: "pending", partner: null });
  const { lanes } = staged(request);
  const endsOf = (row: Row) => lanes.endsOf(row);
  const { server } = lanes.endsOf(request)!;
  assert.deepEqual(barsOf(place(request, reply, waiting), endsOf, true), [
    { lane: server, from: 0, to: 1, depth: 0, end: "reply" },
    { lane: server, from: 2, to: null, depth: 0, end: "waiting" },
  ]);
});

test("Exchanges at once stand beside each other, up to a few", () => {
  const rows = Array.from({ length: 6 }, (_, i) => makeRow(i + 1, { exchange: "pending", partner: null }));
  const { lanes } = staged(...rows);
  const bars = barsOf(place(...rows), (row) => lanes.endsOf(row), true);
  assert.deepEqual(
    bars.map(({ depth }) => depth),
    [0, 1, 2, 3],
  );
});

test("A half whose other half is out of sight goes on to the edge, but only where the list has every row", () => {
  const { lanes } = staged(request);
  const endsOf = (row: Row) => lanes.endsOf(row);
  assert.deepEqual(
    barsOf(place(reply), endsOf, true).map(({ from, to }) => [from, to]),
    [[null, 0]],
  );
  assert.deepEqual(
    barsOf(place(request), endsOf, true).map(({ from, to }) => [from, to]),
    [[0, null]],
  );
  assert.deepEqual(barsOf(place(request), endsOf, false), []);
});

test("Bars are drawn where they reach into sight, and lost ones end with a cross", () => {
  const { lanes, stage } = staged(request);
  const { server } = lanes.endsOf(request)!;
  const bar = { lane: server, depth: 0 } as const;
  assert.deepEqual(barShapes([{ ...bar, from: 0, to: 1, end: "reply" }], stage, 10, 5), []);
  const [open] = barShapes([{ ...bar, from: 11, to: null, end: "waiting" }], stage, 10, 5) as [
    Extract<Shape, { kind: "rect" }>,
  ];
  assert.equal(open.dash, "dashed");
  assert.ok(open.y > ROW_PX && open.y + open.height >= 5 * ROW_PX);
  assert.equal(barShapes([{ ...bar, from: 11, to: 12, end: "lost" }], stage, 10, 5).length, 2);
  assert.deepEqual(barShapes([{ ...bar, lane: "gone", from: 11, to: 12, end: "lost" }], stage, 10, 5), []);
});
