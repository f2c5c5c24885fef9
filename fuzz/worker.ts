/* The thread in which one target is fuzzed: see fuzzTarget.ts, which watches it. */
import { setImmediate } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { random } from "../test/support/random.ts";
import { Explorer } from "./explorer.ts";
import type { TargetTable } from "./target.ts";
import { type WorkerSaid, type WorkerTask, Window } from "./window.ts";

const PROGRESS_MS = 500;

const { table, name, seed, corpus, memory } = workerData as WorkerTask;
const window = new Window(memory);
const say = (said: WorkerSaid): void => parentPort!.postMessage(said);
const { targets, sources } = (await import(table)) as { readonly targets: TargetTable; readonly sources: RegExp };
const target = await targets[name]!();
const explorer = new Explorer(target, {
  sources,
  random: random(seed),
  corpus,
  before: (input) => window.show(input),
  onFinding: (finding) => say({ kind: "finding", finding }),
});
const progress = (kind: "progress" | "done"): void => {
  const { executions, characters } = explorer;
  say({ kind, executions, characters, corpus: explorer.corpus.length });
};
await explorer.begin();
for (let toldMs = performance.now(); !window.isOver && !explorer.isOver;) {
  await explorer.round();
  // So that what was asked of the system is heard of.
  await setImmediate();
  if (performance.now() - toldMs < PROGRESS_MS) continue;
  toldMs = performance.now();
  progress("progress");
}
explorer.stop();
await target.stop?.();
say({ kind: "corpus", inputs: explorer.discovered });
progress("done");
