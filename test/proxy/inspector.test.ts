import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { DialectKeys } from "../../src/proxy/dialectKeys.ts";
import { Inspector } from "../../src/proxy/inspector.ts";
import type { FilterState } from "../../src/shared/engineProtocol.ts";
import { encode, openLink } from "../support/captures.ts";
import { PNG } from "../support/payloads.ts";

function inspected(t: TestContext) {
  const capture = new Capture({ maxBytes: 16 * 1024 * 1024 });
  const link = openLink(capture, { sockets: { client: "PUSH", server: "PULL" } });
  const states: FilterState[] = [];
  let wake = (): void => undefined;
  let filters = 0;
  const inspector = new Inspector(
    capture,
    () => ++filters,
    (state) => {
      states.push(state);
      wake();
    },
  );
  t.after(() => inspector.dispose());
  const add = (...frames: (string | Uint8Array)[]): number => {
    const octets = encode(frames);
    const chunk = capture.append(link, 0, octets, 0);
    const size = frames.reduce((sum, frame) => sum + frame.length, 0);
    return capture.message(link, 0, chunk, 0, octets.length, size, frames.length, 0);
  };
  const filtered = async (): Promise<void> => {
    while (states.at(-1)?.done !== true) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { inspector, add, filtered, link: link.info.link };
}

test("Inspector reads rows, finds them and opens messages", async (t) => {
  const { inspector, add } = inspected(t);
  add("one");
  const n = add('{"a":1}', "two");
  assert.deepEqual(
    (await inspector.readRows({ filter: null, from: 0, count: 10 })).rows.map((row) => row.preview),
    ["one", '{"a":1} | two'],
  );
  assert.deepEqual(inspector.findRow({ filter: null, n }), { position: 1 });
  assert.deepEqual(
    (await inspector.readMessage(n)).frames.map(({ decoder, sizeBytes }) => ({ decoder, sizeBytes })),
    [
      { decoder: "json", sizeBytes: 7 },
      { decoder: "text", sizeBytes: 3 },
    ],
  );
  assert.equal(await inspector.copyMessage(n, "text", new DialectKeys()), '{"a":1}\ntwo');
  await assert.rejects(inspector.readMessage(99), { code: "row-gone" });
});

test("Inspector decodes frames with the decoder asked for, or the one that fits", async (t) => {
  const { inspector, add } = inspected(t);
  const n = add('{"a":1}');
  assert.equal((await inspector.decodeFrame({ n, frame: 0, decoder: null })).decoder, "json");
  assert.deepEqual((await inspector.decodeFrame({ n, frame: 0, decoder: "text" })).decoded, {
    kind: "text",
    text: '{"a":1}',
    truncated: false,
  });
  const choice = await inspector.decodeFrame({ n, frame: 0, decoder: "numbers:uint8" });
  assert.deepEqual(choice.decoded, { kind: "tree", json: "[123,34,97,34,58,49,125]", truncated: false });
  const schema = { messages: new Map([["M", new Map()]]), enums: new Map() };
  const message = await inspector.decodeFrame({ n: add(Buffer.of(8, 7)), frame: 0, decoder: "protobuf:M" }, schema);
  assert.deepEqual(
    [message.decoder, message.decoded],
    ["protobuf", { kind: "tree", json: '{"1":7}', truncated: false }],
  );
  await assert.rejects(inspector.decodeFrame({ n, frame: 1, decoder: null }), { code: "no-such-frame" });
  await assert.rejects(inspector.decodeFrame({ n: 99, frame: 0, decoder: null }), { code: "row-gone" });
});

test("Inspector decodes only the beginning of a very large frame, and says so", async (t) => {
  const { inspector, add } = inspected(t);
  const text = add("x".repeat(5_000_000));
  const decoded = (await inspector.decodeFrame({ n: text, frame: 0, decoder: "text" })).decoded;
  assert.equal(decoded.kind === "text" && decoded.truncated, true);
  const json = add(`["${"x".repeat(5_000_000)}"]`);
  const cut = (await inspector.decodeFrame({ n: json, frame: 0, decoder: "json" })).decoded;
  assert.match(cut.kind === "none" ? cut.reason : "", /no whole json value/);
  const image = Buffer.concat([PNG, Buffer.alloc(5_000_000)]);
  const shown = (await inspector.decodeFrame({ n: add(image), frame: 0, decoder: null })).decoded;
  assert.match(shown.kind === "none" ? shown.reason : "", /3 × 2 pixels/);
});

test("Inspector reads octets in windows of at most 64 KiB", async (t) => {
  const { inspector, add } = inspected(t);
  const n = add("x".repeat(100_000));
  assert.equal((await inspector.readBytes({ n, frame: 0, from: 10, count: 1_000_000 })).length, 65_536);
  assert.equal((await inspector.readBytes({ n, frame: 0, from: 99_990, count: 100 })).length, 10);
  await assert.rejects(inspector.readBytes({ n, frame: 3, from: 0, count: 1 }), { code: "no-such-frame" });
});

test("Inspector filters, and refuses filters that have ended, are too many, or have an error", async (t) => {
  const { inspector, add, filtered } = inspected(t);
  add("haystack");
  const n = add("a NEEDLE here");
  const { filter } = await inspector.startFilter({ text: "needle", fold: false });
  await filtered();
  const found = await inspector.readRows({ filter, from: 0, count: 10 });
  assert.deepEqual(
    found.rows.map((row) => row.n),
    [n],
  );
  assert.equal(inspector.stopFilter(filter), true);
  assert.equal(inspector.stopFilter(filter), false);
  await assert.rejects(inspector.readRows({ filter, from: 0, count: 1 }), { code: "filter-gone" });
  await assert.rejects(inspector.startFilter({ text: "size >", fold: false }), { code: "bad-filter" });
  const starting = Array.from({ length: 8 }, () => inspector.startFilter({ text: "", fold: true }));
  const running = (await Promise.all(starting)).map((state) => state.filter);
  await assert.rejects(inspector.startFilter({ text: "x", fold: false }), { code: "too-many-filters" });
  for (const each of running) inspector.stopFilter(each);
});

test("Inspector pins messages and notes on them", async (t) => {
  const { inspector, add } = inspected(t);
  const n = add("x");
  const row = await inspector.mark({ n, pinned: true });
  assert.deepEqual([row.pinned, row.note], [true, ""]);
  assert.equal((await inspector.mark({ n, note: "odd" })).note, "odd");
  const { rows } = await inspector.readRows({ filter: null, from: 0, count: 1 });
  assert.deepEqual([rows[0]!.pinned, rows[0]!.note], [true, "odd"]);
  await assert.rejects(inspector.mark({ n: 99, pinned: true }), { code: "row-gone" });
});

test("Inspector gives values that were seen, the most frequent first", async (t) => {
  const { inspector, add } = inspected(t);
  for (const user of ["bob", "alice", "bob", "ann"]) add(`{"user":"${user}","n":1}`);
  assert.deepEqual(await inspector.seenValues({ field: "json.user", prefix: "" }), ["bob", "ann", "alice"]);
  assert.deepEqual(await inspector.seenValues({ field: "json.user", prefix: "A" }), ["ann", "alice"]);
  assert.deepEqual(await inspector.seenValues({ field: "socket", prefix: "" }), ["PUSH"]);
  add('{"at":{"x":1,"y":2}}');
  const names = await inspector.seenValues({ field: "json.", prefix: "" });
  assert.deepEqual(names.toSorted(), ["at", "n", "user"]);
  assert.deepEqual(await inspector.seenValues({ field: "json.at.", prefix: "y" }), ["y"]);
  assert.deepEqual(await inspector.seenValues({ field: "nonsense", prefix: "" }), []);
});

test("Inspector writes the filter that follows a conversation, and says what has none", async (t) => {
  const { inspector, add, link } = inspected(t);
  const n = add('{"id":"a-7","method":"add"}');
  assert.equal(await inspector.follow(n, "link"), `conn == ${link}`);
  assert.equal(await inspector.follow(n, "correlation"), 'json.id == "a-7"');
  await assert.rejects(inspector.follow(n, "exchange"), { code: "no-conversation" });
  await assert.rejects(inspector.follow(n, "topic"), { code: "no-conversation" });
});

test("Inspector gives messages for comparing, with the keys of objects in order", async (t) => {
  const { inspector, add } = inspected(t);
  const n = add('{"b":1,"a":{"d":2,"c":3}}', "text", Buffer.from([0, 255]));
  const text = await inspector.normalised(n);
  assert.match(text, /"a": \{\n {4}"c": 3,\n {4}"d": 2\n {2}\},\n {2}"b": 1/);
  assert.match(text, /--- frame 1 ---\ntext\n/);
  assert.match(text, /--- frame 2 ---\n00 ff\n/);
  await assert.rejects(inspector.normalised(99), { code: "row-gone" });
});

test("Inspector takes what its octets do not tell for what is usual in its channel, when that reads it", async (t) => {
  const { inspector, add } = inspected(t);
  const look = async (...octets: number[]) => {
    const { decoder, confidence, decoded } = await inspector.decodeFrame({
      n: add(Uint8Array.from(octets)),
      frame: 0,
      decoder: null,
    });
    return { decoder, confidence, kind: decoded.kind };
  };
  // 200 as MessagePack writes it, which octets alone do not tell.
  const unsure = [0xcc, 200];
  assert.deepEqual(await look(...unsure), { decoder: "hex", confidence: 0.4, kind: "text" });
  for (let turn = 0; turn < 3; turn++) assert.equal((await look(0x92, 1, 0xcc, 200)).decoder, "msgpack");
  assert.deepEqual(await look(...unsure), { decoder: "msgpack", confidence: 0.9, kind: "tree" });
  // What is plain by itself stays so, and what the usual decoder cannot read as well.
  assert.equal((await look(...Buffer.from('{"a":1}'))).decoder, "json");
  assert.equal((await look(0xc1, 0xff, 0)).decoder, "hex");
  // Guesses by the channel teach it nothing.
  for (let turn = 0; turn < 20; turn++) await look(...unsure);
  assert.equal((await look(...unsure)).confidence, 0.75);
});
