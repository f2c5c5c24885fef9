import { build } from "./tasks/build.ts";
import { runScript } from "./tasks/entry.ts";
import { currentTarget } from "./tasks/zeromqNative.ts";

await runScript(async () => {
  await build(currentTarget());
});
