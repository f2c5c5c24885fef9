import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Mocha from "mocha";

type Outcome = { readonly title: string; readonly error: string | null };

const TIMEOUT_MS = 30_000;

/**
 * What VS Code runs as `extensionTestsPath`: every `*.test.ts` of this folder, found by looking. Writes the results to the
 * file that ZMQ_TAP_RESULTS names; rejects when a test failed.
 */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: "tdd", timeout: TIMEOUT_MS, color: false, forbidOnly: true });
  mocha.suite.emit("pre-require", globalThis, "", mocha);
  const folder = join(process.env["ZMQ_TAP_TEST_ROOT"] ?? "", "test", "vscode");
  const names = readdirSync(folder).flatMap((file) => /^(.+)\.test\.ts$/.exec(file)?.[1] ?? []);
  // The bundler turns this pattern into a table of all files that match it.
  for (const name of names.sort()) await import(`./${name}.test.ts`);
  const tests: Outcome[] = [];
  await new Promise<void>((resolve) => {
    const runner = mocha.run(() => resolve());
    runner.on("pass", (test) => tests.push({ title: test.fullTitle(), error: null }));
    runner.on("fail", (test, error: unknown) => {
      tests.push({
        title: test.fullTitle(),
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    });
  });
  const failed = tests.filter(({ error }) => error !== null).length;
  const results = { passed: tests.length - failed, failed, tests };
  const file = process.env["ZMQ_TAP_RESULTS"];
  if (file !== undefined) writeFileSync(file, JSON.stringify(results));
  if (failed > 0) throw new Error(`${failed} tests failed.`);
}
