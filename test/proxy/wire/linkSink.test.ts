import assert from "node:assert/strict";
import { test } from "node:test";
import { COMMAND_CODES } from "../../../src/proxy/wire/linkSink.ts";
import { LinkRecorder } from "../../support/linkRecorder.ts";
import { loadVector, piecesOf } from "../../support/vectors.ts";

test("COMMAND_CODES names what a reader's command codes stand for", () => {
  assert.deepEqual(COMMAND_CODES, ["ping", "pong", "subscribe", "unsubscribe", "error-command", "command"]);
  const link = new LinkRecorder();
  for (const { direction, bytes } of piecesOf(loadVector("push-pull-4.3.4-4.3.4-heartbeat")))
    link.push(direction, bytes);
  assert.equal(link.of("command")[0]!.name, "ping");
});
