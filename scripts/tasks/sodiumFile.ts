import type { Plugin } from "esbuild";

/** Leaves the box library out of a bundle: it is a file of its own beside it, loaded when it is first needed. */
export const sodiumFile: Plugin = {
  name: "sodium-file",
  setup(build) {
    build.onResolve({ filter: /\/sodium\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./sodium.cjs", external: true } : undefined,
    );
  },
};
