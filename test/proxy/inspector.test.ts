import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { Inspector } from "../../src/proxy/inspector.ts";
import type { FilterState } from "../../src/shared/engineProtocol.ts";
import { encode, openLink } from "../support/captures.ts";

function inspected() {
  const capture = new Capture({ maxBytes: 16 * 1024 * 1024 });
  const link = openLink(capture, { sockets: { client: "PUSH", server: "PULL" } });
  const states: FilterState[] = [];
  let wake = (): void => undefined;
  const inspector = new Inspector(capture, (state) => {
    states.push(state);
    wake();
  });
  const add = (...frames: (string | Uint8Array)[]): number => {
    const octets = encode(frames);
    const chunk = capture.append(link, 0, octets, 0);
    const size = frames.reduce((sum, frame) => sum + frame.length, 0);
    return capture.message(link, 0, chunk, 0, octets.length, size, frames.length, 0);
  };
  const searched = async (): Promise<void> => {
    while (states.at(-1)?.done !== true) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { inspector, add, searched };
}

test("Inspector reads rows, finds them and opens messages", () => {
  const { inspector, add } = inspected();
  add("one");
  const n = add('{"a":1}', "two");
  assert.deepEqual(
    inspector.readRows({ filter: null, from: 0, count: 10 }).rows.map((row) => row.preview),
    ["one", '{"a":1} | two'],
  );
  assert.deepEqual(inspector.findRow({ filter: null, n }), { position: 1 });
  assert.deepEqual(
    inspector.readMessage(n).frames.map(({ decoder, sizeBytes }) => ({ decoder, sizeBytes })),
    [
      { decoder: "json", sizeBytes: 7 },
      { decoder: "text", sizeBytes: 3 },
    ],
  );
  assert.equal(inspector.copyMessage(n, "text"), '{"a":1}\ntwo');
  assert.throws(() => inspector.readMessage(99), { code: "row-gone" });
});

test("Inspector decodes frames with the decoder asked for, or the one that fits", () => {
  const { inspector, add } = inspected();
  const n = add('{"a":1}');
  assert.equal(inspector.decodeFrame({ n, frame: 0, decoder: null }).decoder, "json");
  assert.deepEqual(inspector.decodeFrame({ n, frame: 0, decoder: "text" }).decoded, {
    kind: "text",
    text: '{"a":1}',
    truncated: false,
  });
  assert.throws(() => inspector.decodeFrame({ n, frame: 1, decoder: null }), { code: "no-such-frame" });
  assert.throws(() => inspector.decodeFrame({ n: 99, frame: 0, decoder: null }), { code: "row-gone" });
});

test("Inspector decodes only the beginning of a very large frame, and says so", () => {
  const { inspector, add } = inspected();
  const text = add("x".repeat(5_000_000));
  const decoded = inspector.decodeFrame({ n: text, frame: 0, decoder: "text" }).decoded;
  assert.equal(decoded.kind === "text" && decoded.truncated, true);
  const json = add(`["${"x".repeat(5_000_000)}"]`);
  const cut = inspector.decodeFrame({ n: json, frame: 0, decoder: "json" }).decoded;
  assert.match(cut.kind === "none" ? cut.reason : "", /no whole json value/);
});

test("Inspector reads octets in windows of at most 64 KiB", () => {
  const { inspector, add } = inspected();
  const n = add("x".repeat(100_000));
  assert.equal(inspector.readBytes({ n, frame: 0, from: 10, count: 1_000_000 }).length, 65_536);
  assert.equal(inspector.readBytes({ n, frame: 0, from: 99_990, count: 100 }).length, 10);
  assert.throws(() => inspector.readBytes({ n, frame: 3, from: 0, count: 1 }), { code: "no-such-frame" });
});

test("Inspector searches, and refuses searches that have ended or are too many", async () => {
  const { inspector, add, searched } = inspected();
  add("haystack");
  const n = add("a NEEDLE here");
  const { search } = inspector.startSearch("needle");
  await searched();
  const found = inspector.readRows({ search, from: 0, count: 10 });
  assert.deepEqual(
    found.rows.map((row) => row.n),
    [n],
  );
  inspector.stopSearch(search);
  assert.throws(() => inspector.readRows({ search, from: 0, count: 1 }), { code: "search-gone" });
  const running = Array.from({ length: 8 }, () => inspector.startSearch("x").search);
  assert.throws(() => inspector.startSearch("x"), { code: "too-many-searches" });
  for (const each of running) inspector.stopSearch(each);
});
