import { parseArgs } from "node:util";
import { runScript } from "./tasks/entry.ts";
import { pack } from "./tasks/pack.ts";
import { currentTarget, isTarget, NATIVE_FILES } from "./tasks/zeromqNative.ts";

const { values } = parseArgs({ options: { target: { type: "string", default: currentTarget() } } });
if (!isTarget(values.target)) {
  console.error(`There is no target "${values.target}". There are: ${Object.keys(NATIVE_FILES).join(", ")}.`);
  process.exit(2);
}
const { target } = values;
await runScript(async () => {
  const { file, sizeBytes, files } = await pack(target);
  console.log(`${file}: ${files.length} files, ${(sizeBytes / 1e6).toFixed(2)} MB`);
});
