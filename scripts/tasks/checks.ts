import { existsSync } from "node:fs";
import { glob, readFile } from "node:fs/promises";
import { transformSync } from "esbuild";
import { nodeTests, rule, type Step, tool } from "./steps.ts";

/** Folders of which every line is run by a test. */
const COVERED = ["src/shared", "src/proxy/wire", "src/proxy/decode", "src/proxy/dialects", "src/proxy/http"];

const SOURCES = ["src", "webview", "webClient", "demo", "bench", "fuzz", "scripts", "test"];

/** Test folders with a run of their own. */
const NOT_UNIT = /^test\/(interop|vscode|ui|vectors)\//;

/** What `npm run check` does: everything that needs neither a real peer nor a VS Code. */
export async function checks(): Promise<Step[]> {
  const coverage = COVERED.map((folder) => `--test-coverage-include=${folder}/**/*.ts`);
  return [
    ...["tsconfig.json", "tsconfig.node.json", "tsconfig.pure.json", "tsconfig.view.json"].map((project) =>
      tool(`types: ${project}`, "typescript/bin/tsc", "-p", project),
    ),
    tool("lint", "eslint/bin/eslint.js", "--max-warnings=0", "."),
    tool("format", "prettier/bin/prettier.cjs", "--check", "--log-level=warn", "."),
    tool("import rules", "dependency-cruiser/bin/dependency-cruiser.mjs", ...SOURCES),
    tool("dead code", "knip/bin/knip.js", "--no-progress"),
    rule("a test for every source file", filesWithoutTest),
    nodeTests({
      title: "unit tests",
      name: "unit",
      files: (await testFiles("test/**/*.test.ts")).filter((file) => !NOT_UNIT.test(file)),
      concurrency: 2,
      args: [
        "--import=./test/support/ownCoverage.ts",
        "--experimental-test-coverage",
        "--test-coverage-lines=100",
        ...coverage,
      ],
    }),
  ];
}

/** Test files that match, in order, with forward slashes. */
export async function testFiles(pattern: string): Promise<string[]> {
  const files: string[] = [];
  for await (const file of glob(pattern)) files.push(file.replaceAll("\\", "/"));
  return files.sort();
}

/** Files of src/shared and src/proxy that do something and have no test file at the same place under test. */
async function filesWithoutTest(): Promise<string[]> {
  const sources = await testFiles("src/{shared,proxy}/**/*.ts");
  const problems: string[] = [];
  for (const source of sources) {
    const test = source.replace(/^src\//, "test/").replace(/\.ts$/, ".test.ts");
    if (existsSync(test) || !doesSomething(await readFile(source, "utf8"))) continue;
    problems.push(`${source} has no ${test}`);
  }
  return problems;
}

/** Whether a module holds more than types and tables. */
export function doesSomething(source: string): boolean {
  const { code } = transformSync(source, { loader: "ts", legalComments: "none" });
  return /\bfunction\b|\bclass\b|=>/.test(code);
}
