import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { OutputFile } from "../../../src/proxy/files/writeOutput.ts";
import {
  everyRow,
  fittingRows,
  type Progress,
  type RowSource,
  type RowWriter,
  theseRows,
  writeRows,
} from "../../../src/proxy/files/writeRows.ts";

const folder = mkdtempSync(join(tmpdir(), "zmq-tap-rows-"));
after(() => rmSync(folder, { recursive: true }));

async function all(source: RowSource): Promise<number[]> {
  const rows: number[] = [];
  for (let n = await source.next(); n !== 0; n = await source.next()) rows.push(n);
  return rows;
}

/** A writer that takes `steps` steps for each row and `ms` of work for each step. */
class SlowWriter implements RowWriter {
  rows = 0;
  leftOut = 0;
  settled = 0;
  readonly seen: number[] = [];
  #left = 0;
  readonly #steps: number;
  readonly #ms: number;

  constructor(steps: number, ms: number) {
    this.#steps = steps;
    this.#ms = ms;
  }

  put(n: number): boolean {
    this.seen.push(n);
    this.#left = this.#steps;
    return this.step();
  }

  step(): boolean {
    const until = performance.now() + this.#ms;
    while (performance.now() < until);
    this.#left -= 1;
    if (this.#left === 0) this.rows += 1;
    return this.#left <= 0;
  }

  settle(): void {
    this.settled += 1;
  }

  end(): void {
    // Nothing to end.
  }
}

test("Row sources give all rows, the chosen ones in order, or those that fit", async () => {
  assert.deepEqual(await all(everyRow(3, 6)), [3, 4, 5, 6]);
  assert.deepEqual([everyRow(3, 6).total, everyRow(7, 6).total], [4, 0]);
  assert.deepEqual(await all(everyRow(7, 6)), []);
  assert.deepEqual(await all(theseRows([5, 1, 5, 9])), [1, 5, 9]);
  assert.deepEqual(await all(fittingRows(1, 10_000, (n) => n % 4000 === 0)), [4000, 8000]);
});

test("writeRows lets others run while it writes, also within a long row, and settles before each pause", async () => {
  const output = await OutputFile.createPart(join(folder, "slow"));
  const writer = new SlowWriter(30, 1);
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    turns += 1;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  await writeRows(everyRow(1, 3), writer, output);
  isDone = true;
  assert.deepEqual(writer.seen, [1, 2, 3]);
  assert.equal(turns >= 10, true, `${turns} turns`);
  assert.equal(writer.settled >= 10, true);
  await output.discard();
});

test("writeRows tells how far it is, last of all at the end", async () => {
  const output = await OutputFile.createPart(join(folder, "progress"));
  output.addText("head");
  const told: Progress[] = [];
  await writeRows(everyRow(1, 50), new SlowWriter(1, 5), output, { onProgress: (progress) => told.push(progress) });
  assert.equal(told.length >= 2, true);
  assert.deepEqual(told.at(-1), { rows: 50, total: 50, bytes: 4 });
  await output.discard();
});

test("writeRows ends with the signal's reason, before, between and while it waits for rows", async () => {
  const output = await OutputFile.createPart(join(folder, "aborted"));
  const reason = new Error("enough");
  const writer = new SlowWriter(1, 1);
  await assert.rejects(writeRows(everyRow(1, 3), writer, output, { signal: AbortSignal.abort(reason) }), reason);
  assert.deepEqual(writer.seen, []);
  const between = new AbortController();
  setImmediate(() => between.abort(reason));
  await assert.rejects(writeRows(everyRow(1, 100_000), writer, output, { signal: between.signal }), reason);
  const waiting = new AbortController();
  const source: RowSource = {
    total: null,
    next: () => Promise.resolve().then(() => (waiting.abort(reason), 1)),
  };
  await assert.rejects(writeRows(source, writer, output, { signal: waiting.signal }), reason);
  await output.discard();
});
