import assert from "node:assert/strict";
import { once } from "node:events";
import { duplexPair } from "node:stream";
import { test } from "node:test";
import { WaitingSocket } from "../../../src/proxy/relay/waitingSocket.ts";

test("WaitingSocket keeps what came early and that the other side has ended", async () => {
  const [near, far] = duplexPair({ allowHalfOpen: true });
  const waiting = new WaitingSocket(near, () => assert.fail("it is not gone"));
  far.write("one");
  far.end("two");
  await once(near, "end");
  assert.equal(waiting.hasEnded, true);
  assert.equal(Buffer.concat(waiting.take()).toString(), "onetwo");
  near.destroy();
});

test("WaitingSocket reads no more than 64 KiB and what one read brings", async () => {
  const [near, far] = duplexPair({ allowHalfOpen: true });
  const waiting = new WaitingSocket(near, () => undefined);
  for (let write = 0; write < 10; write++) far.write(Buffer.alloc(30_000));
  await once(near, "pause");
  const kept = waiting.take().reduce((sum, chunk) => sum + chunk.length, 0);
  assert.ok(kept >= 65_536 && kept <= 65_536 + 30_000, String(kept));
  near.destroy();
});

test("WaitingSocket tells when the connection is gone, and not after take()", async () => {
  const [near] = duplexPair({ allowHalfOpen: true });
  let gone = 0;
  new WaitingSocket(near, () => gone++);
  near.destroy();
  await once(near, "close");
  assert.equal(gone, 1);
  const [other] = duplexPair({ allowHalfOpen: true });
  new WaitingSocket(other, () => gone++).take();
  other.destroy();
  await once(other, "close");
  assert.equal(gone, 1);
});
