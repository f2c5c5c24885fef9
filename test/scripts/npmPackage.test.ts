import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { npmManifest, npmProblems } from "../../scripts/tasks/npmPackage.ts";

const extension = JSON.parse(readFileSync("package.json", "utf8")) as Parameters<typeof npmManifest>[0];
const manifest = npmManifest(extension);
const files = [...(manifest["files"] as string[]), "package.json"];

test("The manifest of the npm package has zeromq as its only dependency, which may be missing, and nothing of VS Code's", () => {
  assert.equal(manifest["name"], "zmq-tap");
  assert.equal(manifest.version, extension.version);
  assert.deepEqual(Object.keys(manifest["optionalDependencies"] as object), ["zeromq"]);
  for (const name of ["dependencies", "devDependencies", "scripts", "contributes", "main"])
    assert.ok(!(name in manifest), name);
  assert.deepEqual(manifest["engines"], { node: extension.engines.node });
});

test("npmProblems finds nothing wrong with the files of a good package", () => {
  assert.deepEqual(npmProblems(files, 1_200_000), []);
});

test("npmProblems names a missing file, a file that does not belong, and a size above the limit", () => {
  const bad = [...files.filter((file) => file !== "dist/mcp.js"), "src/cli/main.ts"];
  assert.deepEqual(npmProblems(bad, 1_200_001), [
    "1200001 bytes are more than the 1200000 allowed",
    "dist/mcp.js is missing",
    "src/cli/main.ts does not belong in it",
  ]);
});
