import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Capture } from "../../src/proxy/capture/capture.ts";
import { Captures } from "../../src/proxy/captures.ts";
import { LiveCapture } from "../../src/proxy/liveCapture.ts";
import type { FilterState } from "../../src/shared/engineProtocol.ts";
import { type CaptureStats, LIVE_CAPTURE } from "../../src/shared/model.ts";
import { MIB, openLink, say } from "../support/captures.ts";
import { tappedEngine } from "../support/tappedEngine.ts";
import { until } from "../support/until.ts";

function capturesOf(t: TestContext) {
  const { engine } = tappedEngine(t);
  const grew: CaptureStats[] = [];
  const advanced: FilterState[] = [];
  const captures = new Captures(engine, {
    onGrew: (stats) => grew.push(stats),
    onFilterAdvanced: (state) => advanced.push(state),
  });
  t.after(() => captures.stop());
  return { engine, captures, grew, advanced };
}

async function tempFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "zmqtap-captures-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Where temporary folders are made until the test ends. */
function placeTemporary(t: TestContext, path: string): void {
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = path;
  t.after(() => {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  });
}

test("Captures give the live one, and refuse one that is not open", async (t) => {
  const { engine, captures } = capturesOf(t);
  assert.equal(captures.inspector(LIVE_CAPTURE).capture, engine.capture);
  assert.equal(captures.stats(LIVE_CAPTURE).capture, LIVE_CAPTURE);
  assert.throws(() => captures.inspector(99), { code: "capture-gone" });
  assert.throws(() => captures.stats(99), { code: "capture-gone" });
  assert.equal(await captures.pictures(LIVE_CAPTURE), await engine.pictures);
  await assert.rejects(captures.pictures(99), { code: "capture-gone" });
  await captures.close(99);
  await assert.rejects(captures.open("/dev/null/none", "segments"), { code: "no-capture" });
  await assert.rejects(captures.open("/dev/null/none", "file"), { name: "UserError" });
});

test("Captures open what a killed engine has left, filter it, and close it", async (t) => {
  const { captures, advanced } = capturesOf(t);
  const storage = await tempFolder(t);
  const live = await LiveCapture.open({ maxBytes: 16 * MIB, maxDiskBytes: 64 * MIB, storage });
  const link = openLink(live.capture);
  for (const text of ["one", "two", "three"]) say(live.capture, link, 0, [text]);
  await live.close();
  const folder = join(storage, "live");
  await writeFile(join(folder, "900000000.pcapng"), "nothing");
  const { capture, stats } = await captures.open(folder, "segments");
  assert.deepEqual([stats.capture, stats.kept, stats.file?.isDone], [capture, 3, true]);
  assert.match(stats.file!.problem!, /^1 segment file/);
  const { filter } = await captures.inspector(capture).startFilter({ text: "two", fold: false });
  await until(() => advanced.some(({ filter: id, done }) => id === filter && done));
  const { rows } = await captures.inspector(capture).readRows({ filter, from: 0, count: 9 });
  assert.deepEqual(
    rows.map(({ n }) => n),
    [2],
  );
  // Filters are numbered over all captures.
  assert.notEqual((await captures.inspector(LIVE_CAPTURE).startFilter({ text: "", fold: false })).filter, filter);
  captures.stopFilter(filter);
  captures.stopFilter(filter);
  const pictures = await captures.pictures(capture);
  const drawn = await until(() => pictures.links().links.find(({ messages }) => messages[0] === 3));
  assert.deepEqual([drawn.tapName, drawn.bytes], ["tap", [11, 0]]);
  assert.deepEqual(
    pictures.overview().taps.map(({ tap, messages }) => [tap, messages.flat().reduce((sum, each) => sum + each, 0)]),
    [["id-tap", 3]],
  );
  await captures.close(capture);
  assert.throws(() => captures.inspector(capture), { code: "capture-gone" });
  assert.equal((await readdir(folder)).includes("000000000.pcapng"), true, "the files stay");
});

test("Captures open a capture file, tell its rows, and leave nothing behind", async (t) => {
  const { captures } = capturesOf(t);
  const folder = await tempFolder(t);
  // A place of its own, since other tests open files meanwhile.
  const place = await tempFolder(t);
  placeTemporary(t, place);
  const source = LiveCapture.inMemory(16 * MIB).capture;
  const link = openLink(source, { sockets: { client: "PUSH", server: "PULL" } });
  for (let index = 0; index < 50; index++) say(source, link, 0, [`row ${index}`]);
  const path = join(folder, "capture.pcapng");
  await writeFile(path, Buffer.concat(source.borrowSections()));
  const { capture } = await captures.open(path, "file");
  await until(() => captures.stats(capture).file?.isDone);
  assert.equal(captures.stats(capture).file!.problem, null);
  assert.equal((await readdir(place)).length, 1);
  await captures.close(capture);
  assert.deepEqual(await readdir(place), []);
});

test("Captures say what is found in the live capture and in each file, but for what is switched off", async (t) => {
  const notices: unknown[] = [];
  const { engine } = tappedEngine(t);
  const captures = new Captures(engine, {
    onGrew: () => undefined,
    onFilterAdvanced: () => undefined,
    onFindings: (notice) => notices.push(notice),
  });
  t.after(() => captures.stop());
  const ask = (capture: Capture): void => {
    const link = openLink(capture, { tap: "orders", sockets: { client: "DEALER", server: "REP" } });
    say(capture, link, 0, ["no delimiter"]);
  };
  const watch = await engine.watch;
  ask(engine.capture);
  await watch.settled();
  assert.deepEqual(
    (await captures.findings(LIVE_CAPTURE)).findings.map(({ id, tap }) => [id, tap]),
    [["rep-missing-delimiter", "id-orders"]],
  );
  const storage = await tempFolder(t);
  const source = await LiveCapture.open({ maxBytes: 16 * MIB, maxDiskBytes: 64 * MIB, storage });
  ask(source.capture);
  await source.close();
  const folder = join(storage, "live");
  const { capture } = await captures.open(folder, "segments");
  assert.equal((await captures.findings(capture)).findings.length, 1, "its rows are judged before it is answered");
  await until(() => notices.length > 0);
  assert.deepEqual(notices[0], {
    kind: "findings/changed",
    capture,
    counts: { note: 0, warning: 0, error: 1 },
    pending: 1,
  });
  await captures.disableFindings(["rep-missing-delimiter"]);
  assert.deepEqual(
    [(await captures.findings(LIVE_CAPTURE)).findings, (await captures.findings(capture)).findings],
    [[], []],
  );
  const again = await captures.open(folder, "segments");
  await captures.inspector(again.capture).capture.findings.settled();
  assert.deepEqual((await captures.findings(again.capture)).findings, []);
  await assert.rejects(captures.findings(99), { code: "capture-gone" });
});

test("A file whose rows find no room on disk is refused with the reason", async (t) => {
  const { captures } = capturesOf(t);
  const path = join(await tempFolder(t), "capture.pcapng");
  await writeFile(path, Buffer.concat(LiveCapture.inMemory(16 * MIB).capture.borrowSections()));
  placeTemporary(t, path);
  await assert.rejects(captures.open(path, "file"), { code: "no-capture", message: /ENOTDIR.*TMPDIR/ });
});

test("Captures are bounded in number", async (t) => {
  const { captures } = capturesOf(t);
  const folder = await tempFolder(t);
  const ids: number[] = [];
  for (let index = 0; index < 16; index++) ids.push((await captures.open(folder, "segments")).capture);
  assert.equal(new Set(ids).size, 16);
  await assert.rejects(captures.open(folder, "segments"), { code: "too-many-captures" });
  await captures.close(ids[3]!);
  const both = await Promise.allSettled([captures.open(folder, "segments"), captures.open(folder, "segments")]);
  assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
});
