import { parseArgs } from "node:util";
import { pack } from "./tasks/pack.ts";
import { runSteps, summary } from "./tasks/steps.ts";
import { testInVsCode } from "./tasks/vscodeSuite.ts";
import { currentTarget } from "./tasks/zeromqNative.ts";

const { values } = parseArgs({ options: { oldest: { type: "boolean", default: false } } });
const edition = values.oldest ? "oldest" : "current";
const { file } = await pack(currentTarget());
const counts = await runSteps([{ title: `in VS Code (${edition} edition)`, run: () => testInVsCode(edition, file) }]);
console.log(summary(counts));
process.exitCode = counts.failed === 0 ? 0 : 1;
