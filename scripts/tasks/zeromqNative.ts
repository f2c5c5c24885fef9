import { resolve } from "node:path";
import type { Plugin } from "esbuild";

/**
 * VSIX target → zeromq's prebuilt native file under its `build` folder. The other builds in there need a newer glibc than
 * the systems that VS Code supports.
 */
const NATIVE_FILES = {
  "linux-x64": "linux/x64/node/glibc-127-Release/addon.node",
  "linux-arm64": "linux/arm64/node/glibc-127-Release/addon.node",
  "alpine-x64": "linux/x64/node/musl-127-Release/addon.node",
  "alpine-arm64": "linux/arm64/node/musl-127-Release/addon.node",
  "darwin-x64": "darwin/x64/node/libc-115-Release/addon.node",
  "darwin-arm64": "darwin/arm64/node/libc-115-Release/addon.node",
  "win32-x64": "win32/x64/node/msvc-115-Release/addon.node",
  "win32-arm64": "win32/arm64/node/msvc-115-Release/addon.node",
} as const;

/** A platform that has a native file. */
export type Platform = keyof typeof NATIVE_FILES;

/** The package for all other platforms, without a native file. */
export const UNIVERSAL = "universal";

/** What a VSIX is made for. */
export type Target = Platform | typeof UNIVERSAL;

export const PLATFORMS = Object.keys(NATIVE_FILES) as readonly Platform[];
export const TARGETS: readonly Target[] = [...PLATFORMS, UNIVERSAL];

/** `code` of the error that zeromq throws in the universal package; the engine knows it by this (src/shared/zeromqMissing). */
const NO_NATIVE_FILE = "ZMQ_TAP_NO_NATIVE_FILE";

/** Where zeromq has a platform's native file. */
export function nativeFile(platform: Platform): string {
  return resolve("node_modules/zeromq/build", NATIVE_FILES[platform]);
}

/** The platform of the machine that runs this. Throws where zeromq has no native file for it. */
export function currentTarget(): Platform {
  const isMusl =
    process.platform === "linux" &&
    !("glibcVersionRuntime" in (process.report.getReport() as { header: Record<string, unknown> }).header);
  const name = `${isMusl ? "alpine" : process.platform}-${process.arch}`;
  const platform = PLATFORMS.find((known) => known === name);
  if (platform === undefined)
    throw new Error(`zeromq has no native file for ${name}; see scripts/tasks/zeromqNative.ts.`);
  return platform;
}

/** Where a build puts the native file, relative to `dist`, without its extension. */
export function nativeAsset(platform: Platform): string {
  return `native/${platform}/zeromq`;
}

/**
 * Replaces zeromq's search for a native file, which needs node_modules and prints warnings, by a plain `require` of the
 * platform's one. The bundle copies it with esbuild's `copy` loader for `.node`. In the universal package the library fails
 * to load, each time that it is asked for, with an error of its own.
 */
export function zeromqNative(target: Target): Plugin {
  const contents =
    target === UNIVERSAL
      ? `throw Object.assign(new Error("This package has no native file."), { code: ${JSON.stringify(NO_NATIVE_FILE)} });`
      : `module.exports = { __esModule: true, default: require(${JSON.stringify(nativeFile(target))}) };`;
  return {
    name: "zeromq-native",
    setup(build) {
      build.onLoad({ filter: /[\\/]zeromq[\\/]lib[\\/]load-addon\.js$/ }, () => ({
        contents,
        resolveDir: resolve("."),
      }));
    },
  };
}
