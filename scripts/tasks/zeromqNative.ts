import { resolve } from "node:path";
import type { Plugin } from "esbuild";

/**
 * VSIX target → zeromq's prebuilt native file under its `build` folder. The other builds in there need a newer glibc than
 * the systems that VS Code supports.
 */
export const NATIVE_FILES = {
  "linux-x64": "linux/x64/node/glibc-127-Release/addon.node",
  "linux-arm64": "linux/arm64/node/glibc-127-Release/addon.node",
  "alpine-x64": "linux/x64/node/musl-127-Release/addon.node",
  "alpine-arm64": "linux/arm64/node/musl-127-Release/addon.node",
  "darwin-x64": "darwin/x64/node/libc-115-Release/addon.node",
  "darwin-arm64": "darwin/arm64/node/libc-115-Release/addon.node",
  "win32-x64": "win32/x64/node/msvc-115-Release/addon.node",
  "win32-arm64": "win32/arm64/node/msvc-115-Release/addon.node",
} as const;

export type Target = keyof typeof NATIVE_FILES;

export function isTarget(name: string): name is Target {
  return Object.hasOwn(NATIVE_FILES, name);
}

/** The target of the machine that runs this. Throws where zeromq has no native file for it. */
export function currentTarget(): Target {
  const isMusl =
    process.platform === "linux" &&
    !("glibcVersionRuntime" in (process.report.getReport() as { header: Record<string, unknown> }).header);
  const name = `${isMusl ? "alpine" : process.platform}-${process.arch}`;
  if (!isTarget(name)) throw new Error(`zeromq has no native file for ${name}; see scripts/tasks/zeromqNative.ts.`);
  return name;
}

/** Where a build puts the native file, relative to `dist`, without its extension. */
export function nativeAsset(target: Target): string {
  return `native/${target}/zeromq`;
}

/**
 * Replaces zeromq's search for a native file, which needs node_modules and prints warnings, by a plain `require` of the
 * target's one. The bundle copies it with esbuild's `copy` loader for `.node`.
 */
export function zeromqNative(target: Target): Plugin {
  const file = resolve("node_modules/zeromq/build", NATIVE_FILES[target]);
  return {
    name: "zeromq-native",
    setup(build) {
      build.onLoad({ filter: /[\\/]zeromq[\\/]lib[\\/]load-addon\.js$/ }, () => ({
        contents: `module.exports = { __esModule: true, default: require(${JSON.stringify(file)}) };`,
        resolveDir: resolve("."),
      }));
    },
  };
}
