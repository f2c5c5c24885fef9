import assert from "node:assert/strict";
import { test } from "node:test";
import { ownNameProblem } from "../../src/shared/ownDialects.ts";

test("ownNameProblem takes short names in lower case that nothing of ZMQ Tap's own has", () => {
  for (const name of ["warehouse", "a", "my-2nd-dialect"]) assert.equal(ownNameProblem(name), null, name);
  for (const name of ["", "Orders", "2nd", "a b", "a".repeat(41), "-a"])
    assert.match(ownNameProblem(name) ?? "", /lower-case letters/, name);
  for (const name of ["json-rpc", "raw", "json", "hex"]) assert.match(ownNameProblem(name) ?? "", /own[.]$/, name);
});
