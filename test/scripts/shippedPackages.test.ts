import assert from "node:assert/strict";
import { test } from "node:test";
import type { Metafile } from "esbuild";
import { bundledPackages, thirdPartyNotices } from "../../scripts/tasks/notices.ts";
import { packagesPage, shippedPackages, tableProblems } from "../../scripts/tasks/shippedPackages.ts";

const output = (...inputs: string[]): Metafile => ({
  inputs: {},
  outputs: {
    "dist/x.js": {
      bytes: 1,
      imports: [],
      exports: [],
      inputs: Object.fromEntries(inputs.map((input) => [input, { bytesInOutput: 1 }])),
    },
  },
});

test("bundledPackages finds packages with and without a scope, of their own and those that another one has", () => {
  const found = bundledPackages([
    output("src/a.ts", "node_modules/ws/lib/a.js", "../x/node_modules/@lit/reactive-element/b.js"),
    output("node_modules/a/node_modules/@b/c/d.js", "node_modules/ws/index.js"),
  ]);
  assert.deepEqual(found, ["@lit/reactive-element", "a/node_modules/@b/c", "ws"]);
});

const built = {
  common: [output("node_modules/msgpackr/index.js", "src/a.ts")],
  withZeromq: [output("node_modules/zeromq/lib/index.js")],
  commandLine: [output("node_modules/msgpackr/index.js", "node_modules/zod/index.js")],
};

test("shippedPackages says where each package is, its licence, and which scripts npm runs when it is installed", async () => {
  const shipped = await shippedPackages(built);
  const one = (name: string): object | undefined => shipped.find((known) => known.name === name);
  assert.deepEqual(
    shipped.map(({ name }) => name),
    ["cmake-ts", "msgpackr", "node-addon-api", "zeromq", "zod"],
  );
  assert.deepEqual(one("zeromq"), {
    name: "zeromq",
    version: "6.8.0",
    licence: "MIT AND MPL-2.0",
    where: "extension, beside zmq-tap",
    scripts: "install",
  });
  const { where, scripts } = shipped[1]!;
  assert.deepEqual([where, scripts], ["extension, zmq-tap", "none"]);
});

test("tableProblems finds what is shipped and not in the table, in it and not shipped, or in it with another version or without dates", async () => {
  const shipped = await shippedPackages(built);
  const releases = new Map(
    shipped.map(({ name, version }) => [name, { shipped: "2026-01-02", last: "2026-03-04", lastVersion: version }]),
  );
  releases.set("zod", { shipped: "2026-01-02", last: "2026-03-04", lastVersion: "99.0.0" });
  const page = packagesPage(shipped, releases, "2026-05-06");
  assert.match(page, /^\| zeromq \| 6\.8\.0 \| 2026-01-02 \| the same \| MIT AND MPL-2\.0 \| install \|/m);
  assert.match(page, /^\| zod \| \S+ \| 2026-01-02 \| 2026-03-04 \(99\.0\.0\) \| MIT \| none \| zmq-tap \|/m);
  assert.deepEqual(tableProblems(page, shipped), []);

  const without = page.split("\n").filter((line) => !line.startsWith("| zod |"));
  assert.deepEqual(tableProblems(without.join("\n"), shipped), ["zod is shipped, and not in docs/packages.md."]);
  assert.deepEqual(tableProblems(page, shipped.slice(1)), ["cmake-ts is in docs/packages.md, and not shipped."]);
  assert.match(tableProblems(page.replace("| 6.8.0 |", "| 6.7.0 |"), shipped).join(), /^zeromq 6\.8\.0 is not what/);
  assert.match(tableProblems(page.replace("| 2026-01-02 |", "| soon |"), shipped).join(), /^cmake-ts has no dates/);
  const [unknown] = await shippedPackages({
    common: [output("node_modules/esbuild/lib/main.js")],
    withZeromq: [],
    commandLine: [],
  });
  assert.ok(unknown !== undefined);
  const esbuild = { ...unknown, name: "esbuild" };
  assert.match(tableProblems("", [esbuild]).join("\n"), /^esbuild is shipped, and .* says not what for\.$/m);
});

test("thirdPartyNotices has the licence of each package with its text, and of what the native file holds", async () => {
  const text = await thirdPartyNotices(
    ["ws", "ws"],
    [{ title: "libsodium (ISC)", files: ["scripts/licences/libsodium.txt"] }],
  );
  assert.equal(text.match(/^ws \d+\.\d+\.\d+ \(MIT\)$/gm)?.length, 1);
  assert.match(text, /^Permission is hereby granted/m);
  assert.match(text, /^libsodium \(ISC\)\n\nISC License$/m);
});
