import assert from "node:assert/strict";
import { test } from "node:test";
import { DIALECTS, isOwnDialect, ownNameOf } from "../../src/shared/dialects.ts";

test("Dialects of the user's are told from the others by their names", () => {
  assert.equal(ownNameOf("own:warehouse"), "warehouse");
  for (const dialect of DIALECTS) assert.equal(ownNameOf(dialect), null);
  for (const none of ["own:", "own", "", null, undefined, 7]) assert.equal(isOwnDialect(none), false);
});
