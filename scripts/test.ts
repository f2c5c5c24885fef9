import { checks, testFiles } from "./tasks/checks.ts";
import { fuzz } from "./tasks/fuzz.ts";
import { packNpm } from "./tasks/npmPackage.ts";
import { type Package, packAll } from "./tasks/pack.ts";
import { vsixFile } from "./tasks/packageFiles.ts";
import { nodeTests, runSteps, summary } from "./tasks/steps.ts";
import { testInVsCode } from "./tasks/vscodeSuite.ts";
import { currentTarget, TARGETS, UNIVERSAL } from "./tasks/zeromqNative.ts";
import { installVsCode } from "./vscode/install.ts";

// Everything, in one go: what is quick comes first.
const FUZZ_MINUTES = 1.75;
const FUZZ_SEED = 8;
const target = currentTarget();
const tell = ({ file, sizeBytes }: Package): void => console.log(`  ${file}: ${(sizeBytes / 1e6).toFixed(2)} MB`);
const counts = await runSteps([
  ...(await checks()),
  {
    title: "build and package",
    run: async () => {
      // The one for this machine last: tests use what `dist` holds.
      const built = await packAll([...TARGETS.filter((other) => other !== target), target], tell);
      tell(await packNpm(built!));
      return { passed: 1, failed: 0 };
    },
  },
  {
    title: "fuzz",
    // Each time the same numbers: what is new is looked for by `npm run fuzz -- --minutes 60`.
    run: () => fuzz(FUZZ_MINUTES, FUZZ_SEED),
  },
  nodeTests({
    title: "interop with libzmq",
    name: "interop",
    files: await testFiles("test/interop/**/*.test.ts"),
    concurrency: 2,
  }),
  {
    title: "VS Code served to a browser",
    run: async () => {
      const { version } = await installVsCode("current", (line) => console.log(`  ${line}`));
      console.log(`  VS Code ${version}`);
      return { passed: 1, failed: 0 };
    },
  },
  { title: "in VS Code", run: () => testInVsCode("current", target) },
  { title: "in VS Code, the universal package", run: () => testInVsCode("current", UNIVERSAL) },
  nodeTests({
    title: "in the browser",
    name: "ui",
    files: await testFiles("test/ui/**/*.test.ts"),
    concurrency: 1,
    env: { ZMQ_TAP_VSIX: vsixFile(target) },
  }),
]);
console.log(summary(counts));
process.exitCode = counts.failed === 0 ? 0 : 1;
