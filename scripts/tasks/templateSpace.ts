import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";

/**
 * Takes the indentation out of the views' sources. In code it means nothing; in templates, which nobody minifies, it would
 * be shipped, and HTML shows one blank for any of it.
 */
export const templateSpace: Plugin = {
  name: "template-space",
  setup(build) {
    build.onLoad({ filter: /[\\/]webview[\\/].*\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).replaceAll(/\n +/g, "\n"),
      loader: "ts",
    }));
  },
};
