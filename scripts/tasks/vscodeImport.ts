import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";

const IMPORT = 'import * as vscode from "vscode";';

/** What `src/shared/l10n.ts` is in the editor's process. Without texts of its language nothing is looked up. */
const L10N = `
const { l10n, env } = require("vscode");
export const t = l10n.t;
export const language = l10n.bundle === undefined ? "en" : env.language;
`;

/**
 * Takes VS Code's API as the object that `require` gives. esbuild would make each file that imports it a copy of all its
 * names, which took half of the time to load the extension. What `src/shared` says comes from VS Code's texts.
 */
export const vscodeImport: Plugin = {
  name: "vscode-import",
  setup(build) {
    build.onLoad({ filter: /[\\/]src[\\/](host[\\/].*|extension)\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).replace(IMPORT, 'const vscode = require("vscode");'),
      loader: "ts",
    }));
    build.onLoad({ filter: /[\\/]src[\\/]shared[\\/]l10n\.ts$/ }, () => ({ contents: L10N, loader: "js" }));
  },
};
