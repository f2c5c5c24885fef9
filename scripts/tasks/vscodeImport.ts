import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";

const IMPORT = 'import * as vscode from "vscode";';

/**
 * Takes VS Code's API as the object that `require` gives. esbuild would make each file that imports it a copy of all its
 * names, which took half of the time to load the extension.
 */
export const vscodeImport: Plugin = {
  name: "vscode-import",
  setup(build) {
    build.onLoad({ filter: /[\\/]src[\\/](host[\\/].*|extension)\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).replace(IMPORT, 'const vscode = require("vscode");'),
      loader: "ts",
    }));
  },
};
