import { checks } from "./tasks/checks.ts";
import { runSteps, summary } from "./tasks/steps.ts";

const counts = await runSteps(await checks());
console.log(summary(counts));
process.exitCode = counts.failed === 0 ? 0 : 1;
