import assert from "node:assert/strict";
import { test } from "node:test";
import { Marks, MAX_MARKS, MAX_NOTE_CHARS } from "../../../src/proxy/capture/marks.ts";

test("Marks keep what is put on a row, until there is nothing left of it", () => {
  const marks = new Marks();
  let changes = 0;
  marks.onChange = () => changes++;
  assert.deepEqual(marks.of(3), { pinned: false, note: "" });
  assert.equal(marks.find(3), null);
  marks.set(3, { pinned: true });
  marks.set(3, { note: "odd" });
  marks.set(1, { pinned: true });
  assert.deepEqual(marks.of(3), { pinned: true, note: "odd" });
  assert.deepEqual(marks.find(3), { pinned: true, note: "odd" });
  assert.deepEqual([marks.size, marks.pinned, marks.pinnedRows()], [2, 2, [1, 3]]);
  marks.set(3, { pinned: false });
  assert.deepEqual([marks.size, marks.pinned, marks.of(3).note], [2, 1, "odd"]);
  marks.set(3, { note: "" });
  assert.deepEqual([marks.size, changes], [1, 5]);
});

test("Marks are bounded in number and length", () => {
  const marks = new Marks();
  for (let n = 1; n <= MAX_MARKS; n++) assert.equal(marks.set(n, { pinned: true }), true);
  assert.equal(marks.set(MAX_MARKS + 1, { pinned: true }), false);
  assert.equal(marks.set(1, { note: "x".repeat(MAX_NOTE_CHARS + 1) }), true);
  assert.deepEqual([marks.size, marks.of(1).note.length], [MAX_MARKS, MAX_NOTE_CHARS]);
  assert.equal(marks.set(1, { pinned: false, note: "" }), true);
  assert.equal(marks.set(MAX_MARKS + 1, { pinned: true }), true);
});

test("Marks forget rows that are gone, and tell only when there were any", () => {
  const marks = new Marks();
  for (const n of [1, 2, 3]) marks.set(n, { pinned: true });
  let changes = 0;
  marks.onChange = () => changes++;
  marks.keepOnly((n) => n >= 2);
  marks.keepOnly((n) => n >= 2);
  assert.deepEqual([marks.pinnedRows(), changes], [[2, 3], 1]);
});

test("Marks are read from JSON as they were written, and anything else is left out", () => {
  const marks = new Marks();
  marks.set(5, { pinned: true, note: "five" });
  marks.set(2, { note: "two" });
  const again = new Marks();
  again.fromJson(JSON.parse(JSON.stringify(marks.toJson())));
  assert.deepEqual(again.toJson(), marks.toJson());
  for (const value of [null, 7, {}, [null], ["x"], [{ n: -1 }], [{ n: 1.5, pinned: true }], [{ n: 9 }]]) {
    again.fromJson(value);
  }
  again.fromJson([{ n: 8, pinned: "yes", note: 7 }]);
  assert.deepEqual(again.toJson(), marks.toJson());
});
