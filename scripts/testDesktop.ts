import { mkdtemp, readFile, rm, writeFile, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { spawnSync } from "node:child_process";
import { downloadAndUnzipVSCode, resolveCliArgsFromVSCodeExecutablePath, runTests } from "@vscode/test-electron";
import { pack } from "./tasks/pack.ts";
import { summary } from "./tasks/steps.ts";
import { buildSuite, SUITE_FILE } from "./tasks/vscodeSuite.ts";
import { currentTarget } from "./tasks/zeromqNative.ts";
import type { SuiteResults } from "./vscode/suite.ts";

// Runs the suite of test/vscode in a desktop VS Code, which it downloads from Microsoft.
const target = currentTarget();
const { file } = await pack(target);
await buildSuite();
const folder = await mkdtemp(join(tmpdir(), "zt-"));
try {
  const vscodeExecutablePath = await downloadAndUnzipVSCode();
  const stub = join(folder, "stub");
  await mkdir(stub);
  await writeFile(
    join(stub, "package.json"),
    JSON.stringify({ name: "stub", publisher: "zmq-tap-test", version: "0.0.1", engines: { vscode: "*" } }),
  );
  const results = join(folder, "results.json");
  const profileArgs = ["--user-data-dir", join(folder, "user"), "--extensions-dir", join(folder, "ext")];
  const [cli, ...cliArgs] = resolveCliArgsFromVSCodeExecutablePath(vscodeExecutablePath);
  const installed = spawnSync(cli!, [...cliArgs, ...profileArgs, "--install-extension", resolve(file)], {
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (installed.status !== 0) throw new Error(`VS Code could not install ${file}.`);
  await runTests({
    vscodeExecutablePath,
    extensionDevelopmentPath: stub,
    extensionTestsPath: resolve(SUITE_FILE),
    extensionTestsEnv: { ZMQ_TAP_RESULTS: results, ZMQ_TAP_TEST_ROOT: resolve("."), ZMQ_TAP_PACKAGE: target },
    launchArgs: [...profileArgs, "--disable-workspace-trust"],
  }).catch(() => undefined);
  const counts = JSON.parse(await readFile(results, "utf8")) as SuiteResults;
  for (const { title, error } of counts.tests) if (error !== null) console.log(`failed: ${title}\n  ${error}`);
  console.log(summary(counts));
  process.exitCode = counts.failed === 0 ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
