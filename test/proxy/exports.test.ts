import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Captures } from "../../src/proxy/captures.ts";
import { Engine } from "../../src/proxy/engine.ts";
import { Exports } from "../../src/proxy/exports.ts";
import type { ExportProgress } from "../../src/shared/engineProtocol.ts";
import { LIVE_CAPTURE } from "../../src/shared/model.ts";
import { MIB, openLink, say } from "../support/captures.ts";

async function started(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "zmqtap-exports-"));
  const engine = new Engine({
    maxBytes: 64 * MIB,
    onNotice: () => undefined,
    onBug: (error) => assert.fail(String(error)),
  });
  const captures = new Captures(engine, { onGrew: () => undefined, onFilterAdvanced: () => undefined });
  t.after(async () => {
    await captures.stop();
    await engine.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const progress: ExportProgress[] = [];
  const exports = new Exports(captures, (told) => progress.push(told));
  return { folder, engine, exports, progress };
}

test("Exports writes the rows that are asked for, with progress", async (t) => {
  const { folder, engine, exports, progress } = await started(t);
  const link = openLink(engine.capture);
  for (let index = 0; index < 100; index++) say(engine.capture, link, 0, [index % 2 === 0 ? "even" : "odd"]);
  engine.capture.mark(2, { pinned: true, note: "second" });
  const path = join(folder, "some.jsonl");
  const rows = { kind: "filtered", text: "body == odd" } as const;
  const written = await exports.run({ job: "j", capture: LIVE_CAPTURE, rows, format: "jsonl", path });
  const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
  // Only what is marked says so.
  assert.equal(lines.filter((line) => line.includes('"pinned"')).length, 1);
  assert.deepEqual([written.rows, lines.length], [50, 50]);
  assert.match(lines[0]!, /"n":2,.*"note":"second"/);
  assert.deepEqual(progress.at(-1), { job: "j", rows: 50, total: 100, bytes: written.bytes });
});

test("Exports stops what is cancelled, and leaves nothing behind", async (t) => {
  const { folder, engine, exports } = await started(t);
  const link = openLink(engine.capture);
  for (let index = 0; index < 50_000; index++) say(engine.capture, link, 0, ["x".repeat(100)]);
  const ask = {
    job: "long",
    capture: LIVE_CAPTURE,
    rows: { kind: "all" },
    format: "csv",
    path: join(folder, "all.csv"),
  } as const;
  const running = exports.run(ask);
  setImmediate(() => exports.cancel("long"));
  await assert.rejects(running, { code: "cancelled" });
  const atOnce = exports.run(ask);
  exports.cancel("long");
  await assert.rejects(atOnce, { code: "cancelled" });
  assert.deepEqual(await readdir(folder), []);
  exports.cancel("none");
});

test("Exports says where it could not write, and writes frames by their names", async (t) => {
  const { folder, engine, exports } = await started(t);
  const n = say(engine.capture, openLink(engine.capture), 0, ['{"a":1}', "text"]);
  const nowhere = join(folder, "no", "x.pcapng");
  const rows = { kind: "selected", rows: [n] } as const;
  await assert.rejects(exports.run({ job: "j", capture: LIVE_CAPTURE, rows, format: "pcapng", path: nowhere }), {
    code: "cannot-write",
  });
  assert.deepEqual(await exports.frames(LIVE_CAPTURE, n, folder), [
    `message-${n}-frame-0.json`,
    `message-${n}-frame-1.txt`,
  ]);
  assert.equal(await readFile(join(folder, `message-${n}-frame-1.txt`), "utf8"), "text");
});
