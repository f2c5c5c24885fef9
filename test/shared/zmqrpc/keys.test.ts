import assert from "node:assert/strict";
import { test } from "node:test";
import { CALL_KEYS, callKey } from "../../../src/shared/zmqrpc/keys.ts";
import { readCallFile, problemsOf } from "../../../src/shared/zmqrpc/callFile.ts";
import { context } from "../../support/callFiles.ts";

test("every key has an example that can be written", () => {
  for (const { name, example } of CALL_KEYS) {
    assert.equal(callKey(name)?.name, name);
    const { problems } = readCallFile(`call a\n  ${name}: ${example}`);
    assert.deepEqual(problems, []);
    const own = problemsOf(readCallFile(`call a\n  ${name}: ${example}`), context).filter(
      ({ range }) => range.from > 6,
    );
    assert.deepEqual(
      own.filter(({ message }) => !message.includes("needs serverKey")),
      [],
      name,
    );
  }
});
