import assert from "node:assert/strict";
import { duplexPair } from "node:stream";
import { test } from "node:test";
import { Packr } from "msgpackr";
import { HostSeat } from "../../src/proxy/hostSeat.ts";
import type { Handlers } from "../../src/shared/channel.ts";
import type { EngineRequests } from "../../src/shared/engineProtocol.ts";
import { speakWith } from "../support/engineProcess.ts";

function seat() {
  let lost = (): void => undefined;
  const losses = { count: 0 };
  const handlers = { "tap/list": () => [] } as Partial<Handlers<EngineRequests>> as Handlers<EngineRequests>;
  const one = new HostSeat({
    handlers,
    newCodec: () => new Packr(),
    onLost: () => {
      losses.count++;
      lost();
    },
  });
  const untilLost = (): Promise<void> => new Promise((resolve) => (lost = resolve));
  return { one, losses, untilLost };
}

test("HostSeat answers one host after the other, and tells each nothing before it has asked", async () => {
  const { one, losses, untilLost } = seat();
  for (const round of [1, 2]) {
    const [near, far] = duplexPair();
    one.take(near);
    assert.equal(one.isTaken, true);
    one.notify({ kind: "dialects/late" });
    const host = speakWith(far);
    assert.deepEqual(await host.channel.ask("tap/list", null), []);
    assert.deepEqual(host.notices, []);
    one.notify({ kind: "engine/logged", line: "x" });
    assert.deepEqual(await host.until(() => host.notices[0]), { kind: "engine/logged", line: "x" });
    const gone = untilLost();
    far.end();
    await gone;
    assert.deepEqual([one.isTaken, losses.count], [false, round]);
  }
  one.notify({ kind: "dialects/late" });
});

test("HostSeat lets go of a host that speaks another protocol", async () => {
  const { one, untilLost } = seat();
  const [near, far] = duplexPair();
  one.take(near);
  const gone = untilLost();
  far.resume();
  far.write(Buffer.alloc(64, 0xff));
  await gone;
  assert.equal(one.isTaken, false);
});
