import type { Plugin } from "esbuild";

/** What the extension imports only when it is needed, and the bundle beside its own that has it. */
const BUNDLES: readonly { readonly filter: RegExp; readonly path: string }[] = [
  // When an engine is first started: a window without taps never does.
  { filter: /^msgpackr$/, path: "./msgpackr.cjs" },
  // When the first command is run.
  { filter: /^[.]\/commands[.]ts$/, path: "./commands.cjs" },
  // When the first filter is written, or stands in the settings.
  { filter: /\/filterText[.]ts$/, path: "./filterText.cjs" },
];

/** Leaves such imports out of a bundle, which loads their files when it comes to them. */
export const laterFiles: Plugin = {
  name: "later-files",
  setup(build) {
    for (const { filter, path } of BUNDLES) {
      build.onResolve({ filter }, ({ kind }) => (kind === "entry-point" ? undefined : { path, external: true }));
    }
  },
};
