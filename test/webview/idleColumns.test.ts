import assert from "node:assert/strict";
import { test } from "node:test";
import { IdleColumns } from "../../webview/idleColumns.ts";
import { makeRow } from "./support/rows.ts";

test("The tap is idle until a second one has come, and latency until something was asked", () => {
  const idle = new IdleColumns();
  assert.deepEqual([...idle.columns], []);
  assert.equal(idle.learn([]), false);
  assert.equal(idle.learn([makeRow(1, { exchange: "none" })]), true);
  assert.deepEqual([...idle.columns], ["tap", "latency", "method", "status"]);
  assert.equal(idle.learn([makeRow(2, { exchange: "none" })]), false);
  assert.equal(idle.learn([makeRow(3, { exchange: "pending" })]), true);
  assert.deepEqual([...idle.columns], ["tap", "method", "status"]);
  assert.equal(idle.learn([makeRow(4, { tapName: "another" })]), true);
  assert.deepEqual([...idle.columns], ["method", "status"]);
  assert.equal(idle.learn([makeRow(5, { dialect: "json-rpc", method: "add", status: "ok" })]), true);
  assert.deepEqual([...idle.columns], []);
});

test("A column stays once it had something to say, until the log is another one", () => {
  const idle = new IdleColumns();
  idle.learn([makeRow(1, { exchange: "answered", tapName: "a" }), makeRow(2, { exchange: "none", tapName: "b" })]);
  assert.equal(idle.learn([makeRow(3, { exchange: "none", tapName: "b" })]), false);
  assert.deepEqual([...idle.columns], ["method", "status"]);
  idle.reset();
  idle.learn([makeRow(3, { exchange: "none", tapName: "b" })]);
  assert.deepEqual([...idle.columns], ["tap", "latency", "method", "status"]);
});
