import assert from "node:assert/strict";
import { test } from "node:test";
import { COMMANDS } from "../../../src/cli/help/commands.ts";
import { completionScript } from "../../../src/cli/help/completion.ts";
import { SHELLS } from "../../../src/cli/help/otherHelp.ts";

// What the shells themselves make of these is in test/interop/completion.test.ts.
for (const shell of SHELLS) {
  test(`The script for ${shell} has every command and every option`, () => {
    const script = completionScript(shell);
    for (const { name, sections } of COMMANDS) {
      assert.match(script, new RegExp(`\\b${name}\\b`));
      for (const option of sections.flatMap(({ options }) => Object.keys(options))) {
        assert.ok(script.includes(shell === "fish" ? ` -l ${option} ` : `--${option}`), `${name} --${option}`);
      }
    }
  });
}
