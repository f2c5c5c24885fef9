import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { LiveCapture } from "../../src/proxy/liveCapture.ts";
import { openSegments } from "../../src/proxy/openSegments.ts";
import { captureProcess } from "../support/captureProcess.ts";
import { MIB, numberedFrames, readAll } from "../support/captures.ts";

for (const rounds of [1, 2, 5, 9, 14]) {
  test(`What an engine killed in round ${rounds} of writing has left has all rows up to the last one written`, async (t) => {
    const storage = await mkdtemp(join(tmpdir(), "zmqtap-killed-"));
    t.after(() => rm(storage, { recursive: true, force: true }));
    const engine = captureProcess(t, storage);
    await engine.told("flushed", rounds);
    await engine.kill();
    const flushed = Number(await engine.told("flushed"));
    const live = await LiveCapture.open({ maxBytes: 16 * MIB, maxDiskBytes: 64 * MIB, storage });
    assert.deepEqual([live.capture.lastN, live.disk.diskProblem], [0, null]);
    const lost = live.recoverable!;
    assert.equal(lost.bytes > 0, true);
    const { capture, unreadable } = await openSegments(lost.path, { maxBytes: 16 * MIB });
    assert.equal(unreadable, 0);
    const { lastN, kept, firstN, unwritten } = capture.stats();
    assert.deepEqual([firstN, kept, unwritten], [1, lastN, 0]);
    assert.equal(lastN >= flushed, true, `${lastN} of ${flushed}`);
    let timeNs = 0;
    for (let n = 1; n <= lastN; n++) {
      const row = capture.row(n)!;
      assert.equal(row.timeNs >= timeNs, true, `time of row ${n}`);
      timeNs = row.timeNs;
      assert.equal(row.link?.info.tapName, "tap", `link of row ${n}`);
      assert.equal(row.direction, n % 3 === 0 ? 1 : 0);
      assert.deepEqual(readAll(capture, n), numberedFrames(n), `row ${n}`);
    }
    // Once completed it opens the same.
    const again = await openSegments(lost.path, { maxBytes: 16 * MIB });
    assert.deepEqual([again.capture.lastN, again.unreadable], [lastN, 0]);
    await live.close();
  });
}

test("Segments in a folder that is not there cannot be opened", async () => {
  await assert.rejects(openSegments("/dev/null/none", { maxBytes: 16 * MIB }));
});
