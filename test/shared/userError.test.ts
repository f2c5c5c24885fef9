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

test("UserError knows an error of another bundle's class by its name, and nothing else", () => {
  class UserErrorOfAnotherBundle extends Error {
    override readonly name = "UserError";
    readonly code = "port-in-use";
  }
  const error: unknown = new UserErrorOfAnotherBundle("Cannot listen.");
  assert.ok(error instanceof UserError);
  assert.deepEqual(toRefusal(error), { code: "port-in-use", message: "Cannot listen." });
  assert.ok(!(new Error("x") instanceof UserError));
  assert.ok(!({ name: "UserError" } instanceof UserError));
});
