import assert from "node:assert/strict";
import { test } from "node:test";
import { readSequenceOptions } from "../../src/cli/sequenceOptions.ts";

test("readSequenceOptions reads each --sequence, or says which is none", () => {
  assert.deepEqual(readSequenceOptions([]), []);
  assert.deepEqual(readSequenceOptions(["frame=-1,type=u32le", "frame=0,type=json,path=seq"]), [
    { frame: -1, type: "u32le" },
    { frame: 0, type: "json", path: "seq" },
  ]);
  assert.match(readSequenceOptions(["frame=0,type=u8", "seq"]) as string, /^--sequence cannot be used: Write it/);
});
