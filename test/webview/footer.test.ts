import assert from "node:assert/strict";
import { test } from "node:test";
import { copiesSentence, countsText, diskText } from "../../webview/footer.ts";
import { makeStats } from "./support/rows.ts";

test("countsText adds up, and says what the disk was too slow for", () => {
  const stats = makeStats(401, 1400);
  assert.equal(countsText(stats, false), "1,400 seen = 1,000 kept + 400 evicted");
  assert.match(countsText({ ...stats, unwritten: 12 }, false), /\+ 400 evicted \(12 not written to disk in time\)$/);
});

test("countsText of a file counts its rows", () => {
  const file = { readBytes: 1, totalBytes: 1, isDone: true, conversations: 1, zmtpConversations: 1, problem: null };
  assert.equal(countsText(makeStats(1, 1400, { file }), false), "1,400 rows");
  assert.equal(countsText(makeStats(1, 1, { file }), false), "1 row");
});

test("countsText in the side bar is short as long as nothing was evicted", () => {
  assert.equal(countsText(makeStats(1, 1400), true), "1,400 rows");
  assert.equal(countsText(makeStats(401, 1400), true), "1,400 seen = 1,000 kept + 400 evicted");
});

test("diskText is there as soon as something is on disk", () => {
  assert.equal(diskText(makeStats(1, 1)), "");
  assert.equal(diskText(makeStats(1, 1, { diskBytes: 1.3e9 })), "1.2 GiB on disk");
});

test("copiesSentence says how many copies there are and what they take", () => {
  assert.match(copiesSentence({ copies: 1, copyBytes: 2048 }), /^1 row is a further copy of .*, 2 KiB in all\.$/);
  assert.match(copiesSentence({ copies: 1200, copyBytes: 2048 }), /^1,200 rows are further copies of/);
});
