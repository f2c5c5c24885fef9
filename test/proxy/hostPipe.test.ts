import assert from "node:assert/strict";
import { once } from "node:events";
import { Duplex, duplexPair } from "node:stream";
import { test } from "node:test";
import { HostPipe } from "../../src/proxy/hostPipe.ts";
import { RecordReader } from "../../src/shared/recordReader.ts";

const MIB = 1024 * 1024;

type Value = { readonly kind: string; readonly id?: number; readonly notice?: Record<string, unknown> };

/** A pipe whose other end is read only by read(), which gives what has come. */
function unreadPipe() {
  const [near, far] = duplexPair();
  const host = new HostPipe(near, (value) => Buffer.from(JSON.stringify(value)));
  const values: Value[] = [];
  const reader = new RecordReader((body) => values.push(JSON.parse(Buffer.from(body).toString()) as Value));
  const read = async (count: number): Promise<Value[]> => {
    if (far.listenerCount("data") === 0) far.on("data", (chunk: Uint8Array) => reader.push(chunk));
    while (values.length < count) await once(far, "data");
    return values;
  };
  return { near, host, read };
}

const notice = (kind: string, about: object = {}): Value => ({ kind: "notice", notice: { kind, ...about } });
/** Fills the pipe: an answer that is longer than what may wait. */
const answer = (id: number): Value & { body: string } => ({ kind: "answer", id, body: "x".repeat(2 * MIB) });

test("HostPipe writes everything in order while the host reads", async () => {
  const { host, read } = unreadPipe();
  const values = [notice("tap/changed", { taps: [] }), { kind: "answer", id: 1 }, notice("tap/changed", { taps: [1] })];
  for (const value of values) host.post(value);
  assert.deepEqual(await read(3), values);
});

test("HostPipe keeps the latest notice of each subject while nothing is read, and answers all the same", async () => {
  const { near, host, read } = unreadPipe();
  host.post(answer(1));
  const waiting = near.writableLength;
  for (let time = 0; time < 1_000; time++) {
    host.post(notice("capture/grew", { stats: { capture: 0, seen: time } }));
    host.post(notice("capture/grew", { stats: { capture: 7, seen: time } }));
    host.post(notice("findings/changed", { capture: 0, pending: time }));
    host.post(notice("filter/advanced", { state: { filter: time % 2, hits: time } }));
    host.post(notice("export/advanced", { progress: { job: "e", rows: time } }));
    host.post(notice("replay/advanced", { progress: { job: "r", rows: time } }));
    host.post(notice("call/advanced", { call: "c", done: time }));
    host.post(notice("dialect/failed", { name: `d${time % 2}` }));
    host.post(notice("tap/changed", { taps: [time] }));
  }
  assert.equal(near.writableLength, waiting);
  host.post({ kind: "answer", id: 2 });
  const [first, second, ...notices] = await read(13);
  assert.deepEqual([first!.id, second!.id], [1, 2]);
  assert.deepEqual(
    notices.map(({ notice: told }) => told),
    [
      { kind: "filter/advanced", state: { filter: 0, hits: 998 } },
      { kind: "dialect/failed", name: "d0" },
      { kind: "capture/grew", stats: { capture: 0, seen: 999 } },
      { kind: "capture/grew", stats: { capture: 7, seen: 999 } },
      { kind: "findings/changed", capture: 0, pending: 999 },
      { kind: "filter/advanced", state: { filter: 1, hits: 999 } },
      { kind: "export/advanced", progress: { job: "e", rows: 999 } },
      { kind: "replay/advanced", progress: { job: "r", rows: 999 } },
      { kind: "call/advanced", call: "c", done: 999 },
      { kind: "dialect/failed", name: "d1" },
      { kind: "tap/changed", taps: [999] },
    ],
  );
  host.post(notice("tap/changed", { taps: ["after"] }));
  assert.deepEqual((await read(14))[13], notice("tap/changed", { taps: ["after"] }));
});

test("HostPipe holds back notices about at most 1,000 subjects", async () => {
  const { host, read } = unreadPipe();
  host.post(answer(1));
  for (let call = 0; call < 1_500; call++) host.post(notice("call/late", { call: `c${call}` }));
  const [, ...notices] = await read(1_001);
  assert.equal(notices.length, 1_000);
  assert.deepEqual([notices[0]!.notice?.["call"], notices[999]!.notice?.["call"]], ["c500", "c1499"]);
});

test("HostPipe writes held notices in portions when they fill the pipe again", async () => {
  const written: number[] = [];
  const ready: (() => void)[] = [];
  const slow = new Duplex({
    read: () => undefined,
    write: (chunk: Uint8Array, _encoding, done: () => void) => {
      written.push(chunk.length);
      ready.push(done);
    },
  });
  const host = new HostPipe(slow, (value) => Buffer.from(JSON.stringify(value)));
  host.post(answer(1));
  for (let call = 0; call < 3; call++) host.post(notice("call/late", { call: `c${call}`, reply: "x".repeat(2 * MIB) }));
  let most = 0;
  while (written.length < 8) {
    most = Math.max(most, slow.writableLength);
    ready.shift()!();
    await new Promise(setImmediate);
  }
  assert.ok(most < 3 * MIB, `${most} octets waited at once`);
});
