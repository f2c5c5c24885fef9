import assert from "node:assert/strict";
import { test } from "node:test";
import { redactText } from "../../../src/shared/zmqrpc/redact.ts";

test("redactText leaves nothing of a secret, as it is or as JSON, and short texts alone", () => {
  const secrets = new Set(["abcd", 'xabcd"\n', "s"]);
  assert.equal(redactText(`abcd ${JSON.stringify('xabcd"\n')} xabcd"\n sss`, secrets), '*** "***" *** sss');
});
