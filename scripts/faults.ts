import { once } from "node:events";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "node:test";
import { parseArgs } from "node:util";
import { testFiles } from "./tasks/checks.ts";

// Every fault that the product promises to survive, for as long as people see them: npm run faults -- --seconds 60. What was done,
// what was seen and what survived is printed and written as it comes; test/interop/faults*.test.ts are the same, short, in CI.

const REPORT = join("out", "faults.txt");
/** For each of them, beyond how long it lasts. */
const TIMEOUT_MS = 5 * 60_000;
const USAGE = "Usage: npm run faults -- [--seconds n]";

const started = performance.now();
let failed = 0;
let passed = 0;

function say(line: string): void {
  appendFileSync(REPORT, `${line}\n`);
  process.stdout.write(`${line}\n`);
}

const { values } = parseArgs({ options: { seconds: { type: "string", default: "60" } } });
const asked = Number(values.seconds);
if (!(asked > 0)) {
  process.stderr.write(`--seconds takes a number above 0, not "${values.seconds}".\n${USAGE}\n`);
  process.exit(1);
}
mkdirSync("out", { recursive: true });
writeFileSync(REPORT, "");
say(`Node ${process.version}, ${process.platform} ${process.arch}, ${new Date().toISOString()}: faults of ${asked} s`);
process.env["ZMQ_TAP_FAULTS_SECONDS"] = values.seconds;
const files = await testFiles("test/interop/faults*.test.ts");
const events = run({ files, concurrency: 1, timeout: asked * 1000 + TIMEOUT_MS });
const told = (outcome: string, name: string, ms: number): void =>
  say(`${outcome}  ${name} (${(ms / 1000).toFixed(1)} s)`);
events.on("test:pass", ({ name, details }) => {
  if (details.type === "suite" || name.endsWith(".test.ts")) return;
  passed += 1;
  told("PASSED", name, details.duration_ms);
});
events.on("test:fail", ({ name, details }) => {
  failed += 1;
  told("FAILED", name, details.duration_ms);
  say(String(details.error.cause));
});
// What a test tells comes behind what became of it; totals are of no file.
events.on("test:diagnostic", ({ message, nesting, file }) => {
  if (nesting === 0 && file !== undefined) say(`        ${message}`);
});
await once(events.resume(), "end");
const minutes = ((performance.now() - started) / 60_000).toFixed(1);
say(failed === 0 ? `PASSED: ${passed} faults in ${minutes} minutes` : `FAILED: ${failed} of ${passed + failed} faults`);
process.exitCode = failed === 0 ? 0 : 1;
