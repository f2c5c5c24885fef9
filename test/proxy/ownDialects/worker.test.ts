import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const SCRIPT = fileURLToPath(new URL("../../../src/proxy/ownDialects/worker.ts", import.meta.url));
const MODULE = `data:text/javascript,${encodeURIComponent(
  "export default { title: 'T', decode(item) { if (item === 1) throw new TypeError('odd'); return item === 2 ? () => 1 : item; } };",
)}`;

test("The worker loads a module, answers each item for itself, and ends when the engine is gone", async () => {
  const child = fork(SCRIPT, [MODULE], { serialization: "advanced", execArgv: [], env: {} });
  const heard: unknown[] = [];
  child.on("message", (said) => heard.push(said));
  while (heard.length < 1) await once(child, "message");
  for (const item of [1, 2, 3n]) child.send({ id: Number(item), what: "decode", item });
  child.send({ id: 4, what: "encode", item: {} });
  while (heard.length < 5) await once(child, "message");
  const byId = (one: unknown, other: unknown): number => (one as { id: number }).id - (other as { id: number }).id;
  assert.deepEqual(heard.shift(), { kind: "ready", title: "T", canEncode: false });
  assert.deepEqual(heard.sort(byId), [
    { kind: "failure", id: 1, problem: "its decode() threw TypeError: odd" },
    { kind: "failure", id: 2, problem: "what its decode() returned holds a function" },
    { kind: "answer", id: 3, answer: 3n },
    { kind: "failure", id: 4, problem: "it has no encode function" },
  ]);
  const ended = once(child, "exit");
  child.disconnect();
  assert.deepEqual(await ended, [0, null]);
});
