import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { runCli } from "./support/cliTap.ts";

test("groff sets the manual page without a warning", async () => {
  const { stdout: page } = await runCli(["help", "--format", "man"]);
  const groff = spawn("groff", ["-man", "-Tutf8", "-ww", "-rLL=80n"], { env: { ...process.env, GROFF_NO_SGR: "1" } });
  groff.stdin.end(page);
  const [shown, warnings] = await Promise.all([text(groff.stdout), text(groff.stderr)]);
  assert.equal(warnings, "");
  // Bold and underlined letters are struck over.
  const plain = shown.replaceAll(/.\x08/g, "");
  assert.match(plain, /^NAME\n +zmq-tap - see, decode, replay/m);
  assert.match(plain, /^ +--listen <endpoint>\n +Where clients connect/m);
});
