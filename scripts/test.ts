import { checks, testFiles } from "./tasks/checks.ts";
import { fuzz } from "./tasks/fuzz.ts";
import { pack } from "./tasks/pack.ts";
import { nodeTests, runSteps, summary } from "./tasks/steps.ts";
import { testInVsCode } from "./tasks/vscodeSuite.ts";
import { currentTarget } from "./tasks/zeromqNative.ts";
import { installVsCode } from "./vscode/install.ts";

// Everything, in one go: what is quick comes first.
const FUZZ_MINUTES = 1.75;
const FUZZ_SEED = 8;
const target = currentTarget();
const vsix = `out/zmq-tap-${target}.vsix`;
const counts = await runSteps([
  ...(await checks()),
  {
    title: "build and package",
    run: async () => {
      const { file, sizeBytes } = await pack(target);
      console.log(`  ${file}: ${(sizeBytes / 1e6).toFixed(2)} MB`);
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
  { title: "in VS Code", run: () => testInVsCode("current", vsix) },
  nodeTests({
    title: "in the browser",
    name: "ui",
    files: await testFiles("test/ui/**/*.test.ts"),
    concurrency: 1,
    env: { ZMQ_TAP_VSIX: vsix },
  }),
]);
console.log(summary(counts));
process.exitCode = counts.failed === 0 ? 0 : 1;
