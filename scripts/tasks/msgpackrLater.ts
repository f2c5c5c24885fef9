import type { Plugin } from "esbuild";

/** Where the bundle of msgpackr lies beside the extension's. */
const BUNDLE = "./msgpackr.cjs";

/** Leaves msgpackr out of a bundle, which loads it when an engine is first started: a window without taps never does. */
export const msgpackrLater: Plugin = {
  name: "msgpackr-later",
  setup(build) {
    build.onResolve({ filter: /^msgpackr$/ }, () => ({ path: BUNDLE, external: true }));
  },
};
