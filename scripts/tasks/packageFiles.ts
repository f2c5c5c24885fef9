import type { Target } from "./zeromqNative.ts";

/** Where a target's VSIX is written. */
export function vsixFile(target: Target): string {
  return `out/zmq-tap-${target}.vsix`;
}

/** Where the npm package of a version is written. */
export function npmFile(version: string): string {
  return `out/zmq-tap-${version}.tgz`;
}
