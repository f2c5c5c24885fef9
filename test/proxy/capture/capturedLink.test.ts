import assert from "node:assert/strict";
import { test } from "node:test";
import { CapturedLink } from "../../../src/proxy/capture/capturedLink.ts";

test("CapturedLink keeps what it was opened with, and its record beside, to be let go of", () => {
  const record = (): object => ({});
  const about = { link: 1, tap: "t", tapName: "tap", origin: "wire", client: "127.0.0.1:1", server: "ipc #1" } as const;
  const link = new CapturedLink({ ...about, record });
  assert.deepEqual(link.info, about);
  assert.equal(link.record, record);
  assert.deepEqual([...link.lastChunk], [-1, -1]);
  assert.deepEqual(link.sockets, { client: null, server: null });
});
