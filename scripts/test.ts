import { checks, testFiles } from "./tasks/checks.ts";
import { pack } from "./tasks/pack.ts";
import { nodeTests, runSteps, summary } from "./tasks/steps.ts";
import { testInVsCode } from "./tasks/vscodeSuite.ts";
import { currentTarget } from "./tasks/zeromqNative.ts";
import { installVsCode } from "./vscode/install.ts";

// Everything, in one go: what is quick comes first.
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
