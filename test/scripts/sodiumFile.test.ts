import assert from "node:assert/strict";
import { test } from "node:test";
import { build } from "esbuild";
import { sodiumFile } from "../../scripts/tasks/sodiumFile.ts";

test("sodiumFile leaves the box library out of what loads it, and in where it is the file itself", async () => {
  const bundle = async (entry: string): Promise<{ text: string; inputs: string[] }> => {
    const { outputFiles, metafile } = await build({
      entryPoints: [entry],
      bundle: true,
      platform: "node",
      format: "cjs",
      logLevel: "silent",
      write: false,
      metafile: true,
      plugins: [sodiumFile],
    });
    return { text: outputFiles[0]!.text, inputs: Object.keys(metafile.inputs) };
  };
  const loader = await bundle("src/proxy/crypto/boxes.ts");
  assert.match(loader.text, /["']\.\/sodium\.cjs["']/);
  assert.ok(loader.inputs.every((input) => !input.includes("libsodium")));
  const library = await bundle("src/proxy/crypto/sodium.ts");
  assert.ok(library.inputs.some((input) => input.includes("libsodium")));
});
