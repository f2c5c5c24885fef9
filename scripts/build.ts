import { build } from "./tasks/build.ts";
import { currentTarget } from "./tasks/zeromqNative.ts";

await build(currentTarget());
