import { build } from "esbuild";
import { type EditionName, installVsCode } from "../vscode/install.ts";
import { runSuite } from "../vscode/suite.ts";
import { vsixFile } from "./packageFiles.ts";
import type { Counts } from "./steps.ts";
import type { Target } from "./zeromqNative.ts";

/** Where the suite is built to. It ends in `.cjs`, since VS Code would take `.js` of this package for an ES module. */
export const SUITE_FILE = "out/vscodeSuite.cjs";

export async function buildSuite(): Promise<void> {
  await build({
    entryPoints: ["test/vscode/index.ts"],
    outfile: SUITE_FILE,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node22",
    // mocha loads parts of itself by name, so it stays in node_modules; `out` lies beside it. Its main file is an ES
    // module, whose default export Node 22 hands to `require` in another way than Node 24.
    alias: { mocha: "mocha/lib/mocha.cjs" },
    external: ["vscode", "mocha/*"],
    logLevel: "warning",
  });
}

/**
 * Runs the suite of test/vscode in the browser-served VS Code of an edition, in which the VSIX of a target is installed, and
 * prints what failed. The suite knows the target, since what needs zeromq says so in the universal package.
 */
export async function testInVsCode(edition: EditionName, target: Target): Promise<Counts> {
  const vsCode = await installVsCode(edition, (line) => console.log(`  ${line}`));
  await buildSuite();
  const { passed, failed, tests } = await runSuite(vsCode, vsixFile(target), SUITE_FILE, {
    ZMQ_TAP_PACKAGE: target,
  });
  for (const { title, error } of tests) if (error !== null) console.log(`  failed: ${title}\n    ${error}`);
  return { passed, failed };
}
