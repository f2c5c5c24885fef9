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
for await (const { type, data } of events) {
  if (type === "test:diagnostic" && data.nesting === 0 && data.file !== undefined) {
    say(`           ${data.message}`);
  } else if (type === "test:pass" || type === "test:fail") {
    const isSuite = data.details.type === "suite" || data.name.endsWith(".test.ts");
    if (isSuite && type === "test:pass") continue;
    if (type === "test:pass") passed += 1;
    else failed += 1;
    const seconds = (data.details.duration_ms / 1000).toFixed(1);
    say(`${type === "test:pass" ? "PASSED" : "FAILED"}  ${data.name} (${seconds} s)`);
    if (type === "test:fail") say(String(data.details.error.cause ?? data.details.error));
  }
}
const minutes = ((performance.now() - started) / 60_000).toFixed(1);
say(failed === 0 ? `PASSED: ${passed} faults in ${minutes} minutes` : `FAILED: ${failed} of ${passed + failed} faults`);
process.exitCode = failed === 0 ? 0 : 1;
