import assert from "node:assert/strict";
import { duplexPair } from "node:stream";
import { test } from "node:test";
import { ReplayPublisher } from "../../../src/proxy/rpc/replayPublisher.ts";
import { encodeMessage } from "../../../src/proxy/wire/writer.ts";
import type { SocketType } from "../../../src/shared/model.ts";
import type { ReplaySocket } from "../../../src/shared/replaySession.ts";
import { octets } from "../../support/octets.ts";
import { until } from "../../support/until.ts";
import { ZmtpPeer } from "../../support/zmtpPeer.ts";

class Hall {
  sent = 0;
  unsubscribed = 0;
  readonly publisher: ReplayPublisher;

  constructor(socket: ReplaySocket) {
    this.publisher = new ReplayPublisher(socket, {
      sent: () => {
        this.sent++;
      },
      unsubscribed: () => {
        this.unsubscribed++;
      },
      changed: () => undefined,
    });
  }

  isFull(): boolean {
    return this.publisher.isFull;
  }

  async join(socket: SocketType): Promise<ZmtpPeer> {
    const [near, far] = duplexPair();
    this.publisher.accept(near);
    return new ZmtpPeer(far, socket).ready();
  }

  send(...frames: string[]): void {
    const message = Buffer.from(encodeMessage(frames.map((frame) => octets(frame))));
    this.publisher.send(message, message.length);
  }
}

test("ReplayPublisher waits for a first subscriber, then publishes to those that want it", async () => {
  const hall = new Hall("PUB");
  assert.equal(hall.isFull(), true);
  const [one, other] = [await hall.join("SUB"), await hall.join("SUB")];
  assert.equal(hall.isFull(), true);
  one.subscribe("");
  other.subscribe("news");
  await until(() => !hall.isFull());
  one.send("no subscription");
  hall.send("sport");
  // The second subscription may be on its way still.
  other.subscribe("news");
  await until(() => {
    hall.send("news");
    hall.publisher.flush();
    return other.messages.length > 0;
  });
  assert.deepEqual([one.messages[0], other.messages[0], hall.unsubscribed], [["sport"], ["news"], 0]);
  one.stream.destroy();
  one.stream.end();
  other.subscribe("news", false);
  await until(() => {
    hall.send("sport");
    return hall.unsubscribed > 0;
  });
  assert.equal(hall.isFull(), false);
  await hall.publisher.close();
});

test("ReplayPublisher gives jobs of a PUSH to its receivers in turn, and waits while none takes more", async () => {
  const hall = new Hall("PUSH");
  assert.equal(hall.isFull(), true);
  const [one, other] = [await hall.join("PULL"), await hall.join("PULL")];
  await until(() => !hall.isFull());
  for (let job = 0; job < 10; job++) hall.send("job", String(job));
  hall.publisher.flush();
  await until(() => one.messages.length + other.messages.length === 10);
  assert.deepEqual([one.messages.length > 0, hall.sent], [true, 10]);
  one.stream.pause();
  other.stream.pause();
  for (let job = 0; !hall.isFull() && job < 1_000; job++) hall.send("x".repeat(100_000));
  assert.equal(hall.isFull(), true);
  hall.publisher.destroy();
});

test("ReplayPublisher sends nothing to whoever is no receiver", async () => {
  const hall = new Hall("PUB");
  const [near, far] = duplexPair();
  hall.publisher.accept(near);
  new ZmtpPeer(far, "REQ");
  await until(() => near.destroyed);
  assert.equal(hall.isFull(), true);
  await hall.publisher.close();
});
