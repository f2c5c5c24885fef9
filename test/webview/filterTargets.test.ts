import assert from "node:assert/strict";
import { test } from "node:test";
import { writeEquals, writeNot } from "../../src/shared/filter/write.ts";
import { parseFilter } from "../../src/shared/filter/parse.ts";
import { COLUMN_IDS } from "../../webview/columns.ts";
import { cellTarget, memberField, NO_TARGET, rowTarget, valueTarget } from "../../webview/filterTargets.ts";
import { makeRow } from "./support/rows.ts";

const request = makeRow(7);
const publication = makeRow(8, {
  from: "server",
  sockets: { client: "SUB", server: "PUB" },
  topic: "md.eur",
  exchange: "none",
});
const fault = makeRow(9, { kind: "event", event: "fault", from: null, peer: "", exchange: "none" });
const subscription = makeRow(10, { kind: "event", event: "subscribe", topic: "md.", exchange: "none" });

test("cellTarget says what a cell stands for, and nothing where a filter makes no sense", () => {
  const fields = (row: typeof request) =>
    COLUMN_IDS.map((id) => cellTarget(row, id)).flatMap((target) => (target === null ? [] : [target.field]));
  assert.deepEqual(fields(request), ["n", "tap", "peer", "socket", "frames", "size", "exchange"]);
  assert.deepEqual(fields(publication), ["n", "tap", "peer", "socket", "frames", "size", "topic"]);
  assert.deepEqual(fields(fault), ["n", "event", "tap", "event"]);
  assert.deepEqual(cellTarget(subscription, "topic"), { field: "topic", value: "md." });
  assert.deepEqual(cellTarget(request, "size"), { field: "size", value: "49" });
  assert.deepEqual(cellTarget({ ...request, peer: "" }, "peer")?.value, "c2s");
  assert.deepEqual(cellTarget({ ...request, peer: "", from: "server" }, "peer")?.value, "s2c");
});

test("cellTarget offers no topic that was cut, and no first text of a message without topics", () => {
  assert.equal(cellTarget({ ...publication, topic: `${"x".repeat(79)}…` }, "topic"), null);
  assert.equal(cellTarget(request, "topic"), null);
});

test("rowTarget stands for a row as a whole", () => {
  const targets = [request, publication, fault].map((row) => rowTarget(row));
  assert.deepEqual(
    targets.map(({ field, value }) => [field, value]),
    [
      ["conn", "1"],
      ["topic", "md.eur"],
      ["event", "fault"],
    ],
  );
});

test("Every target of a cell can be written as a filter", () => {
  for (const row of [request, publication, fault, subscription]) {
    for (const id of COLUMN_IDS) {
      const target = cellTarget(row, id) ?? rowTarget(row);
      assert.notEqual(target.field, NO_TARGET.field);
      for (const write of [writeEquals, writeNot]) {
        const isNumber = ["n", "conn", "frames", "size"].includes(target.field);
        const text = write(target.field, isNumber ? Number(target.value) : target.value);
        assert.equal(parseFilter(text).ok, true, text);
      }
    }
  }
});

test("memberField and valueTarget name a part of a decoded value, with the type that it has", () => {
  const field = memberField(memberField(memberField("json", "items", false), "0", true), "first name", false);
  assert.equal(field, 'json.items[0]["first name"]');
  assert.deepEqual(valueTarget(field, { kind: "string", text: "2" }), { field, value: "2" });
  assert.equal(valueTarget(field, { kind: "number", text: "2" })?.value, 2);
  assert.equal(valueTarget(field, { kind: "number", text: "1e999" })?.value, "1e999");
  assert.equal(valueTarget(field, { kind: "literal", text: "true" })?.value, true);
  assert.equal(valueTarget(field, { kind: "literal", text: "false" })?.value, false);
  assert.equal(valueTarget(field, { kind: "literal", text: "null" })?.value, null);
  assert.equal(valueTarget(field, { kind: "array", entries: [] }), null);
  assert.equal(valueTarget(field, { kind: "object", entries: [] }), null);
});
