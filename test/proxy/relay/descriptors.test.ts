import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { canOpen } from "../../../src/proxy/relay/descriptors.ts";

const FILE = new URL("../../../src/proxy/relay/descriptors.ts", import.meta.url).href;

test("canOpen says that there is room, and leaves nothing open", () => {
  for (let time = 0; time < 10_000; time++) assert.equal(canOpen(3), true);
});

test("canOpen says when a process may open no more", { skip: process.platform === "win32" }, () => {
  const program = `
    import { openSync } from "node:fs";
    import { canOpen } from ${JSON.stringify(FILE)};
    const said = [];
    try {
      for (let opened = 0; ; opened++) {
        said.push([canOpen(1), canOpen(2)]);
        openSync("/dev/null");
      }
    } catch (error) {
      console.log(JSON.stringify([error.code, ...said.slice(-3)]));
    }`;
  const { stdout, stderr } = spawnSync(
    "sh",
    ["-c", 'ulimit -n 64; exec "$0" "$@"', process.execPath, "--input-type=module", "-e", program],
    {
      encoding: "utf8",
    },
  );
  assert.deepEqual(JSON.parse(stdout || "null"), ["EMFILE", [true, true], [true, false], [false, false]], stderr);
});
