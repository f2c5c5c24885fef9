import assert from "node:assert/strict";
import { test } from "node:test";
import type { Metafile } from "esbuild";
import { bytesAtStart, bytesInAll, overBudget } from "../../scripts/tasks/build.ts";
import { bundledPackages } from "../../scripts/tasks/notices.ts";

type Outputs = Metafile["outputs"];

const output = (bytes: number, imports: Outputs[string]["imports"] = [], inputs: string[] = []): Outputs[string] => ({
  bytes,
  imports,
  exports: [],
  inputs: Object.fromEntries(inputs.map((input) => [input, { bytesInOutput: 1 }])),
});

const metafile: Metafile = {
  inputs: {},
  outputs: {
    "dist/main.js": output(
      10,
      [
        { path: "dist/a.js", kind: "import-statement" },
        { path: "dist/b.js", kind: "import-statement" },
        { path: "dist/late.js", kind: "dynamic-import" },
        { path: "vscode", kind: "import-statement", external: true },
      ],
      ["src/main.ts", "node_modules/lit/index.js"],
    ),
    "dist/a.js": output(200, [{ path: "dist/b.js", kind: "import-statement" }], ["node_modules/@x/y/dist/z.js"]),
    "dist/b.js": output(3000, [], ["node_modules/@x/y/index.js"]),
    "dist/late.js": output(40000),
    "dist/view.css": output(500000),
  },
};

test("bytesAtStart counts a file and what it imports statically once, and nothing that is loaded later", () => {
  assert.equal(bytesAtStart(metafile, "dist/main.js"), 3210);
});

test("bytesInAll counts every script and no style sheet", () => {
  assert.equal(bytesInAll(metafile), 43210);
});

test("overBudget says which bundle is how much too big, and nothing at the budget itself", () => {
  assert.equal(overBudget("dist/x.cjs", 120_000, 120_000), undefined);
  assert.match(overBudget("dist/x.cjs", 120_100, 120_000) ?? "", /^dist\/x\.cjs: 120\.1 KB .* budget of 120 KB/);
});

test("bundledPackages names each package once, scoped ones too, and none of our own files", () => {
  assert.deepEqual(bundledPackages([metafile]), ["@x/y", "lit"]);
});
