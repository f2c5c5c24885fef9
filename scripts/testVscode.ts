import { parseArgs } from "node:util";
import { packAll } from "./tasks/pack.ts";
import { runSteps, summary } from "./tasks/steps.ts";
import { testInVsCode } from "./tasks/vscodeSuite.ts";
import { currentTarget, TARGETS, UNIVERSAL } from "./tasks/zeromqNative.ts";

// Runs the suite of test/vscode in the current or the oldest supported VS Code, with the package for this machine and the
// universal one installed, or that of --target.
const { values } = parseArgs({
  options: { oldest: { type: "boolean", default: false }, target: { type: "string", multiple: true } },
});
const edition = values.oldest ? "oldest" : "current";
const wanted = values.target ?? [currentTarget(), UNIVERSAL];
const targets = TARGETS.filter((target) => wanted.includes(target));
if (targets.length < wanted.length) throw new Error(`There is no such target. There are: ${TARGETS.join(", ")}.`);
await packAll(targets);
const counts = await runSteps(
  targets.map((target) => ({
    title: `in VS Code (${edition} edition, ${target})`,
    run: () => testInVsCode(edition, target),
  })),
);
console.log(summary(counts));
process.exitCode = counts.failed === 0 ? 0 : 1;
