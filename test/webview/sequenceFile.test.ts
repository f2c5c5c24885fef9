import assert from "node:assert/strict";
import { test } from "node:test";
import { fileRange, rangeWords, sequenceMermaid, sequenceSvg } from "../../webview/sequenceFile.ts";
import { makeRow } from "./support/rows.ts";

const look = { colourOf: () => "#123456", font: "monospace" };

test("fileRange takes the selection, else the whole list, else as much as a file has from what is in sight on", () => {
  assert.deepEqual(fileRange([5, 9], 0, 100), { from: 5, count: 5 });
  assert.deepEqual(fileRange([5, 90_000], 0, 100_000), { from: 5, count: 2000 });
  assert.deepEqual(fileRange(null, 50, 2000), { from: 0, count: 2000 });
  assert.deepEqual(fileRange(null, 50, 2001), { from: 1, count: 2000 });
  assert.deepEqual(fileRange(null, 50, 98_310), { from: 50, count: 2000 });
  assert.deepEqual(fileRange(null, 98_300, 98_310), { from: 96_310, count: 2000 });
});

test("rangeWords says how much of a list is in a file, and why it is no more", () => {
  const rows = Array.from({ length: 2000 }, (_, i) => makeRow(1204 + i));
  assert.equal(rangeWords(rows, 2000), "all 2,000 rows");
  assert.equal(rangeWords(rows, 98_310), "2,000 of 98,310 rows, from #1,204 on; a file has no more");
  assert.equal(rangeWords(rows.slice(0, 3), 98_310), "3 of 98,310 rows, from #1,204 on");
});

test("sequenceSvg draws each row once with its peers, whatever they are called", () => {
  const name = '127.0.0.1:1 (</text><script>"&)';
  const rows = [
    makeRow(1, { peer: name, method: "<b>add</b>" }),
    makeRow(2, { from: "server", peer: "127.0.0.1:5556", exchange: "reply", partner: 1, latencyMs: 1 }),
  ];
  const file = sequenceSvg(rows, look);
  assert.equal(file.match(/<title>#\d/g)?.length, 2);
  assert.doesNotMatch(file, /<script|<b>/);
  assert.match(file, /&lt;b&gt;add&lt;\/b&gt;/);
  assert.match(file, /&lt;\/text&gt;&lt;script&gt;&quot;&amp;/);
});

test("A file of as many rows as there may be is made in moments, and small enough to be saved", () => {
  const rows = Array.from({ length: 2000 }, (_, i) =>
    makeRow(i + 1, {
      link: i + 1,
      peer: `10.0.0.1:${i + 1}`,
      preview: "x".repeat(200),
      exchange: "pending",
      partner: null,
    }),
  );
  assert.ok(sequenceSvg(rows, look).length < 16 * 1024 * 1024);
  assert.ok(sequenceMermaid(rows).length < 1024 * 1024);
});
