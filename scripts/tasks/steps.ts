import { spawn } from "node:child_process";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

/** How many checks or tests passed and failed. */
export type Counts = { readonly passed: number; readonly failed: number };

export type Step = { readonly title: string; readonly run: () => Promise<Counts> };

const PASSED: Counts = { passed: 1, failed: 0 };
const FAILED: Counts = { passed: 0, failed: 1 };

/** A test that takes longer hangs. */
const TEST_TIMEOUT_MS = 120_000;

/** Runs the steps one after another, all of them, with a line before and after each. A step that throws has failed. */
export async function runSteps(
  steps: readonly Step[],
  write: (text: string) => void = (text) => process.stdout.write(text),
): Promise<Counts> {
  let total: Counts = { passed: 0, failed: 0 };
  for (const { title, run } of steps) {
    write(`• ${title}\n`);
    const start = performance.now();
    const counts = await run().catch((error: unknown) => {
      write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      return FAILED;
    });
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    write(`  ${summary(counts)} (${seconds} s)\n`);
    total = add(total, counts);
  }
  return total;
}

/** The line that a test run ends with. */
export function summary({ passed, failed }: Counts): string {
  return `${passed} passed, ${failed} failed`;
}

export function add(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed };
}

/** A step that runs a tool of node_modules, named by its script, and counts as one check. Its output is shown when it fails. */
export function tool(title: string, script: string, ...args: string[]): Step {
  return {
    title,
    run: async () => {
      const { code, output } = await runNode([join("node_modules", script), ...args], "captured");
      if (code === 0) return PASSED;
      process.stdout.write(output);
      return FAILED;
    },
  };
}

/** A step that looks for problems itself and counts as one check. */
export function rule(title: string, findProblems: () => Promise<readonly string[]>): Step {
  return {
    title,
    run: async () => {
      const problems = await findProblems();
      for (const problem of problems) process.stdout.write(`  ${problem}\n`);
      return problems.length === 0 ? PASSED : FAILED;
    },
  };
}

export type NodeTests = {
  readonly title: string;
  /** Names the report under `out`. */
  readonly name: string;
  readonly files: readonly string[];
  /** Test files at a time. */
  readonly concurrency: number;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

/** A step that runs test files with Node's own runner. With CI=true a skipped test has failed. */
export function nodeTests({ title, name, files, concurrency, args = [], env = {} }: NodeTests): Step {
  return {
    title,
    run: async () => {
      if (files.length === 0) throw new Error(`There are no test files for "${title}".`);
      await mkdir("out", { recursive: true });
      const reportFile = join("out", `${name}-tests.txt`);
      await rm(reportFile, { force: true });
      const reporters = [
        ["--test-reporter=dot", "--test-reporter-destination=stdout"],
        ["--test-reporter=spec", `--test-reporter-destination=${reportFile}`],
      ].flat();
      const limits = [`--test-concurrency=${concurrency}`, `--test-timeout=${TEST_TIMEOUT_MS}`];
      const { code } = await runNode(["--test", ...reporters, ...limits, ...args, ...files], "shown", env);
      const report = await readFile(reportFile, "utf8");
      const counts = testCounts(report, process.env["CI"] === "true");
      if (code === 0 || counts.failed > 0) return counts;
      // Every test passed, so what failed is the coverage.
      process.stdout.write(`${uncovered(report).join("\n")}\n`);
      return add(counts, FAILED);
    },
  };
}

/** Reads the totals at the end of a report of Node's `spec` reporter. Throws when there are none. */
export function testCounts(report: string, mayNotSkip: boolean): Counts {
  const count = (label: string): number => {
    const found = new RegExp(`^ℹ ${label} (\\d+)$`, "m").exec(report)?.[1];
    if (found === undefined) throw new Error("The test runner ended without a summary.");
    return Number(found);
  };
  const skipped = count("skipped") + count("todo");
  return { passed: count("pass"), failed: count("fail") + count("cancelled") + (mayNotSkip ? skipped : 0) };
}

/** The files of a coverage report whose lines are not all covered, and what the runner says of the thresholds. */
export function uncovered(report: string): string[] {
  return report.split("\n").filter((line) => {
    const covered = /^ℹ .*\.ts\s*\|\s*([\d.]+)\s*\|/.exec(line)?.[1];
    return covered === undefined
      ? /^ℹ .*( threshold |Could not report code coverage)/.test(line)
      : Number(covered) < 100;
  });
}

type NodeRun = { readonly code: number | null; readonly output: string };

/** Runs Node with these arguments. `shown` output goes to the console as it comes, `captured` output into the result. */
async function runNode(
  args: readonly string[],
  output: "shown" | "captured",
  env: Readonly<Record<string, string>> = {},
): Promise<NodeRun> {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...(output === "captured" ? { NO_COLOR: "1" } : {}), ...env },
    stdio: ["ignore", output === "shown" ? "inherit" : "pipe", output === "shown" ? "inherit" : "pipe"],
  });
  const chunks: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return { code, output: Buffer.concat(chunks).toString() };
}
