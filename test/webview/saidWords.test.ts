import assert from "node:assert/strict";
import { test } from "node:test";
import { statusSentence } from "../../webview/saidWords.ts";
import { makeRow } from "./support/rows.ts";

test("statusSentence gives the words of the sender before its own", () => {
  assert.equal(statusSentence(makeRow(1, { status: "error", problem: "No such order" })), "No such order");
  assert.match(statusSentence(makeRow(1, { status: "acknowledged" })), /not told/);
  assert.match(statusSentence(makeRow(1, { status: "pending", exchange: "answered" })), /signal/);
});

test("statusSentence says nothing that goes without saying, or that the exchange says already", () => {
  assert.equal(statusSentence(makeRow(1, { status: "ok" })), "");
  assert.equal(statusSentence(makeRow(1, { status: "timed-out", exchange: "abandoned" })), "");
  assert.equal(statusSentence(makeRow(1, { status: "timed-out", exchange: "answered" })), "timed out");
});

test("statusSentence says what is late or repeated", () => {
  assert.equal(statusSentence(makeRow(1, { status: "ok", isLate: true })), "late");
  assert.equal(
    statusSentence(makeRow(1, { status: "timed-out", exchange: "abandoned", isDuplicate: true })),
    "timed out, repeated",
  );
});
