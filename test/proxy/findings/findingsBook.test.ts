import assert from "node:assert/strict";
import { test } from "node:test";
import { FindingsBook } from "../../../src/proxy/findings/findingsBook.ts";
import type { Found } from "../../../src/proxy/findings/rule.ts";
import type { Finding } from "../../../src/shared/findings.ts";

function found(parts: Partial<Found> = {}): Found {
  return {
    id: "slow-joiner",
    about: "link 1",
    text: "too late",
    advice: "wait",
    tapName: "weather",
    link: 1,
    evidence: [],
    timeNs: 0,
    ...parts,
  };
}

const list = (book: FindingsBook): Finding[] =>
  book.list(
    (tapName) => `id of ${tapName}`,
    (ns) => ns / 1e6,
  );

test("FindingsBook keeps the first rows and the latest, how often it was, and since when", () => {
  const book = new FindingsBook();
  for (let n = 1; n <= 12; n++) book.found(found({ evidence: [n], timeNs: n * 1e6, text: `seen in ${n}`, times: 2 }));
  assert.deepEqual(list(book), [
    {
      key: "slow-joiner: link 1",
      id: "slow-joiner",
      severity: "warning",
      text: "seen in 12",
      advice: "wait",
      tap: "id of weather",
      tapName: "weather",
      link: 1,
      evidence: [1, 2, 3, 4, 9, 10, 11, 12],
      count: 24,
      firstMs: 1,
      lastMs: 12,
      isOpen: false,
    },
  ]);
  assert.deepEqual(
    [book.of(4), book.of(5), book.of(12)?.ids],
    [{ ids: ["slow-joiner"], severity: "warning" }, null, ["slow-joiner"]],
  );
});

test("FindingsBook says of a row all that it proves, and the worst of it", () => {
  const book = new FindingsBook();
  book.found(found({ evidence: [3] }));
  book.found(found({ about: "link 2", evidence: [3, 4] }));
  book.found(found({ id: "rep-wedged", evidence: [3] }));
  assert.deepEqual(book.of(3), { ids: ["slow-joiner", "rep-wedged"], severity: "error" });
  book.withdrawn("rep-wedged", "link 1");
  assert.deepEqual(book.of(3), { ids: ["slow-joiner"], severity: "warning" });
  assert.deepEqual(book.counts, { note: 0, warning: 2, error: 0 });
});

test("FindingsBook lists the worst first, then the latest", () => {
  const book = new FindingsBook();
  book.found(found({ about: "a", timeNs: 2 }));
  book.found(found({ about: "b", timeNs: 9 }));
  book.found(found({ about: "c", timeNs: 1, severity: "error" }));
  book.found(found({ about: "d", timeNs: 10, severity: "note" }));
  book.found(found({ about: "B", timeNs: 9 }));
  assert.deepEqual(
    list(book).map(({ key }) => key.replace(/.*: /, "")),
    ["c", "B", "b", "a", "d"],
  );
});

test("FindingsBook says what goes on, until it has ended", () => {
  const book = new FindingsBook();
  book.found(found({ isOpen: true }));
  const isOpen = (): boolean | undefined => list(book)[0]?.isOpen;
  assert.equal(isOpen(), true);
  book.found(found());
  assert.equal(isOpen(), true);
  book.ended("slow-joiner", "link 1");
  assert.equal(isOpen(), false);
  const { version } = book;
  book.ended("slow-joiner", "link 1");
  book.ended("slow-joiner", "link 2");
  book.withdrawn("slow-joiner", "link 2");
  assert.equal(book.version, version);
});

test("FindingsBook lets the mildest go first, and of these the oldest", () => {
  const book = new FindingsBook();
  book.found(found({ about: "mild", severity: "note", timeNs: 1000 }));
  for (let at = 1; at < 500; at++) book.found(found({ about: `link ${at}`, timeNs: at, evidence: [at] }));
  book.found(found({ about: "one more", timeNs: 5000 }));
  assert.equal(
    list(book).some(({ severity }) => severity === "note"),
    false,
  );
  book.found(found({ about: "a note", severity: "note", timeNs: 6000 }));
  assert.equal(
    list(book).some(({ severity }) => severity === "note"),
    false,
  );
  book.found(found({ about: "an error", severity: "error", timeNs: 6000 }));
  assert.deepEqual([list(book).length, book.dropped, book.of(1), book.of(2)?.severity], [500, 3, null, "warning"]);
  book.clear();
  assert.deepEqual([list(book), book.dropped, book.of(2)], [[], 0, null]);
});

test("FindingsBook tells which rows have changed since", () => {
  const book = new FindingsBook();
  const begin = book.changes;
  book.found(found({ evidence: [1, 2] }));
  const then = book.changes;
  book.found(found({ evidence: [2, 3] }));
  assert.deepEqual(
    [book.changedSince(begin), book.changedSince(then), book.changedSince(book.changes)],
    [[1, 2, 3], [3], []],
  );
  const before = book.changes;
  book.found(found({ severity: "error" }));
  assert.deepEqual(book.changedSince(before), [1, 2, 3]);
  for (let n = 0; n < 20_000; n++) book.found(found({ about: String(n % 7), evidence: [n] }));
  assert.equal(book.changedSince(then), null);
  assert.deepEqual(book.changedSince(book.changes - 1), [19_999]);
});

test("FindingsBook forgets kinds of findings, and shows no text that could hide something", () => {
  const book = new FindingsBook();
  book.found(found({ text: `peer \u202e${"x".repeat(400)}`, endpoint: "tcp://10.0.0.1:5556" }));
  book.found(found({ id: "rep-wedged", evidence: [5] }));
  const [, first] = list(book);
  assert.deepEqual(
    [first!.text.length, first!.text.slice(0, 12), first!.endpoint],
    [300, "peer \\u202ex", "tcp://10.0.0.1:5556"],
  );
  book.forget(new Set(["rep-wedged"]));
  assert.deepEqual([list(book).map(({ id }) => id), book.of(5)], [["slow-joiner"], null]);
});
