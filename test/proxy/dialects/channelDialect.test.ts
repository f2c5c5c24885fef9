import assert from "node:assert/strict";
import { test } from "node:test";
import { ChannelDialect } from "../../../src/proxy/dialects/channelDialect.ts";
import type { DialectMessage } from "../../../src/proxy/dialects/dialect.ts";
import { dialectNamed } from "../../../src/proxy/dialects/registry.ts";
import type { DialectName } from "../../../src/shared/dialects.ts";
import { messageOf } from "../../support/dialects.ts";

const CALL = messageOf(['{"jsonrpc":"2.0","method":"a","id":1}']);
const PLAIN = messageOf(["plain"]);

function see(channel: ChannelDialect, message: DialectMessage, times: number, direction: 0 | 1 = 0): void {
  for (let time = 0; time < times; time++) channel.see(message, direction);
}

/** A channel whose messages say `dialect:confidence` themselves. */
function channelOfVotes(): ChannelDialect {
  const read = (message: DialectMessage): { dialect: DialectName; confidence: number } => {
    const [dialect, confidence] = new TextDecoder().decode(message.frames[0]).split(":");
    return { dialect: dialect as DialectName, confidence: Number(confidence) };
  };
  return new ChannelDialect(read, (name) => {
    const dialect = dialectNamed("raw");
    return dialect && { ...dialect, confidence: (message) => (read(message).dialect === name ? 1 : 0) };
  });
}

test("A channel is open and raw before anything is seen", () => {
  assert.deepEqual(new ChannelDialect().reading, {
    dialect: "raw",
    confidence: 0,
    isSettled: false,
    isChosen: false,
  });
});

test("One sure message settles a channel, and answers that are too plain to tell change nothing", () => {
  const channel = new ChannelDialect();
  see(channel, PLAIN, 3, 1);
  see(channel, CALL, 1);
  assert.deepEqual(channel.reading, { dialect: "json-rpc", confidence: 0.99, isSettled: true, isChosen: false });
  see(channel, PLAIN, 100, 1);
  assert.equal(channel.reading.dialect, "json-rpc");
});

test("Likely messages settle a channel together", () => {
  const channel = channelOfVotes();
  const likely = messageOf(["voisietequi:0.6"]);
  see(channel, likely, 3);
  assert.deepEqual(channel.reading, { dialect: "voisietequi", confidence: 0.6, isSettled: false, isChosen: false });
  see(channel, messageOf(["raw:0"]), 1, 1);
  assert.deepEqual(channel.reading, { dialect: "voisietequi", confidence: 0.6, isSettled: true, isChosen: false });
});

test("A channel where few messages look like something is raw after sixteen", () => {
  const channel = channelOfVotes();
  see(channel, messageOf(["voisietequi:0.6"]), 1);
  see(channel, messageOf(["xml-rpc:0.2"]), 14);
  assert.equal(channel.reading.isSettled, false);
  see(channel, messageOf(["raw:0"]), 1);
  assert.deepEqual(channel.reading, { dialect: "raw", confidence: 0, isSettled: true, isChosen: false });
});

test("Eight messages in a row that do not fit open a channel again, seven do not", () => {
  const channel = channelOfVotes();
  see(channel, messageOf(["voisietequi:0.95"]), 1);
  see(channel, messageOf(["locust:0.95"]), 7);
  see(channel, messageOf(["voisietequi:0.95"]), 1);
  see(channel, messageOf(["locust:0.95"]), 7);
  assert.equal(channel.reading.dialect, "voisietequi");
  see(channel, messageOf(["locust:0.95"]), 1);
  assert.deepEqual(channel.reading, { dialect: "raw", confidence: 0, isSettled: false, isChosen: false });
  see(channel, messageOf(["locust:0.95"]), 1);
  assert.equal(channel.reading.dialect, "locust");
});

test("A raw channel that begins to speak is found out soon", () => {
  const channel = new ChannelDialect();
  see(channel, PLAIN, 16);
  assert.deepEqual(channel.reading, { dialect: "raw", confidence: 0, isSettled: true, isChosen: false });
  see(channel, PLAIN, 100);
  assert.equal(channel.reading.dialect, "raw");
  see(channel, CALL, 1);
  assert.equal(channel.reading.dialect, "json-rpc");
});

test("The user's choice overrules everything until it is taken back", () => {
  const channel = new ChannelDialect();
  see(channel, CALL, 1);
  channel.choose("locust");
  see(channel, PLAIN, 100);
  assert.deepEqual(channel.reading, { dialect: "locust", confidence: 1, isSettled: true, isChosen: true });
  channel.choose(null);
  assert.equal(channel.reading.dialect, "json-rpc");
});

test("A dialect that is not there any more fits nothing", () => {
  const channel = new ChannelDialect(
    () => ({ dialect: "locust", confidence: 1 }),
    () => undefined,
  );
  see(channel, PLAIN, 9);
  assert.equal(channel.reading.isSettled, false);
});
