import assert from "node:assert/strict";
import { test } from "node:test";
import { toRefusal, UserError } from "../../src/shared/userError.ts";

test("toRefusal keeps a user's error as it is and calls anything else a bug", () => {
  const cause = new Error("inner");
  const error = new UserError("port-in-use", "Cannot listen.", { cause });
  assert.equal(error.cause, cause);
  assert.deepEqual(toRefusal(error), { code: "port-in-use", message: "Cannot listen." });
  assert.equal(toRefusal(cause).code, "bug");
  assert.match(toRefusal("text").message, /text/);
});
