import assert from "node:assert/strict";
import { test } from "node:test";
import { conversationsText, noRowsText, readingText } from "../../webview/fileLine.ts";

const file = {
  readBytes: 34,
  totalBytes: 100,
  isDone: false,
  conversations: 12,
  zmtpConversations: 3,
  problem: null,
};

test("readingText tells how far a file was read, and never that all is read before it is", () => {
  assert.equal(readingText(file), "reading 34 %");
  assert.equal(readingText({ ...file, readBytes: 100 }), "reading 99 %");
  assert.equal(readingText({ ...file, totalBytes: 0 }), "reading 0 %");
  assert.equal(readingText({ ...file, isDone: true }), "");
});

test("conversationsText says how many are ZeroMQ's where not all are", () => {
  assert.equal(conversationsText(file), "12 TCP conversations, 3 of them ZeroMQ");
  assert.equal(conversationsText({ ...file, zmtpConversations: 0 }), "12 TCP conversations, none of them ZeroMQ");
  assert.equal(conversationsText({ ...file, conversations: 1, zmtpConversations: 1 }), "1 TCP conversation");
  assert.equal(conversationsText({ ...file, conversations: 0 }), "");
});

test("noRowsText says why a file shows nothing", () => {
  const done = { ...file, isDone: true, zmtpConversations: 0 };
  assert.match(noRowsText(file), /^Reading the file/);
  assert.match(noRowsText(done), /no ZeroMQ traffic to show: 12 TCP conversations, none of them ZeroMQ\.$/);
  assert.match(noRowsText({ ...done, conversations: 0 }), /no TCP conversation/);
  assert.equal(noRowsText(null), "");
});
