import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { ModuleProcess } from "../../../src/proxy/ownDialects/moduleProcess.ts";

const SCRIPT = fileURLToPath(new URL("../../../src/proxy/ownDialects/worker.ts", import.meta.url));

async function run(t: TestContext, code: string): Promise<{ own: ModuleProcess; off: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), "zmq-tap-module-"));
  t.after(() => rm(folder, { recursive: true }));
  const module = join(folder, "module.mjs");
  await writeFile(module, code);
  const off: string[] = [];
  const own = new ModuleProcess({ name: "own", kind: "dialect", module }, SCRIPT, (problem) => off.push(problem));
  t.after(() => own.stop());
  return { own, off };
}

test("ModuleProcess answers in order, asynchronous functions too, with bigint and octets", async (t) => {
  const { own } = await run(
    t,
    "export default { title: 'Mine', async decode(item) { await null; return [item.n, 2n, item.octets]; } };",
  );
  const answers = await Promise.all([1, 2].map((n) => own.ask("decode", { n, octets: Uint8Array.of(n) })));
  const plain = answers.map((raw) =>
    (raw?.answer as unknown[]).map((one) => (one instanceof Uint8Array ? [...one] : one)),
  );
  assert.deepEqual(plain, [
    [1, 2n, [1]],
    [2, 2n, [2]],
  ]);
  assert.equal(own.title, "Mine");
});

test("ModuleProcess goes on with the next item after one that hangs, in a new process", async (t) => {
  const { own, off } = await run(
    t,
    "let n = 0; export default { decode(item) { if (item === 'hang') for (;;) new Array(9).fill(0); return ++n; } };",
  );
  const answers = await Promise.all(["a", "hang", "b", "c"].map((item) => own.ask("decode", item)));
  assert.deepEqual(
    answers.map((raw) => raw?.answer),
    [1, undefined, 1, 2],
  );
  assert.deepEqual(off, []);
});

test("ModuleProcess says why a call cannot be written, and answers nothing after it was stopped", async (t) => {
  const { own, off } = await run(t, "export default { decode: () => 1, encode() { throw new Error('odd'); } };");
  for (let turn = 0; turn < 4; turn++) {
    assert.deepEqual(await own.ask("encode", {}), { answer: null, problem: "its encode() threw Error: odd" });
  }
  assert.equal(own.canEncode, true);
  assert.deepEqual(off, []);
  const waiting = own.ask("decode", {});
  own.stop();
  assert.equal(await waiting, null);
  assert.equal(await own.ask("decode", {}), null);
  await own.loaded;
});

test("ModuleProcess gives its module no environment and no more than the limit of waiting items", async (t) => {
  process.env["ZMQ_TAP_TEST_SECRET"] = "secret";
  t.after(() => delete process.env["ZMQ_TAP_TEST_SECRET"]);
  const { own } = await run(t, "export default { decode: () => process.env.ZMQ_TAP_TEST_SECRET ?? 'nothing' };");
  const answers = await Promise.all(Array.from({ length: 2_100 }, () => own.ask("decode", {})));
  assert.equal(answers[0]?.answer, "nothing");
  assert.equal(answers.filter((raw) => raw === null).length, 100);
});
