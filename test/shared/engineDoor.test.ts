import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { nextOctets, NONCE_OCTETS, readDoor, scriptOf, signedBy, writeDoor } from "../../src/shared/engineDoor.ts";

const DOOR = { protocol: 5, script: "/x/engine.cjs", pid: 12, address: "/s/engine.sock", token: "t" };

test("readDoor reads what writeDoor wrote, and takes nothing else", () => {
  assert.deepEqual(readDoor(writeDoor(DOOR)), { format: 1, ...DOOR });
  const others: readonly string[] = [
    "",
    writeDoor(DOOR).slice(0, -2),
    "null",
    "[]",
    JSON.stringify({ ...DOOR, format: 2 }),
    writeDoor({ ...DOOR, pid: 0 }),
    writeDoor({ ...DOOR, pid: 1.5 }),
    writeDoor({ ...DOOR, token: "" }),
    writeDoor({ ...DOOR, address: "a".repeat(5000) }),
    JSON.stringify({ format: 1, ...DOOR, script: 7 }),
    JSON.stringify({ format: 1, ...DOOR, protocol: "5" }),
  ];
  for (const text of others) assert.equal(readDoor(text), null, text.slice(0, 80));
});

test("signedBy gives another text for each side, word and nonce", () => {
  const nonce = (fill: number): Uint8Array => new Uint8Array(NONCE_OCTETS).fill(fill);
  const texts = [
    signedBy("host", 0, { engine: nonce(1), host: nonce(2) }),
    signedBy("engine", 0, { engine: nonce(1), host: nonce(2) }),
    signedBy("host", 1, { engine: nonce(1), host: nonce(2) }),
    signedBy("host", 0, { engine: nonce(2), host: nonce(1) }),
  ].map((octets) => Buffer.from(octets).toString("hex"));
  assert.equal(new Set(texts).size, texts.length);
  assert.equal(texts[0], `0100${"01".repeat(NONCE_OCTETS)}${"02".repeat(NONCE_OCTETS)}`);
});

test("nextOctets takes so many octets however they come, and leaves the stream paused behind them", async () => {
  const stream = new PassThrough();
  const first = nextOctets(stream, 3);
  stream.write("a");
  stream.write("bc");
  assert.equal(Buffer.from(await first).toString(), "abc");
  assert.equal(stream.isPaused(), true);
  stream.write("d");
  assert.equal(Buffer.from(await nextOctets(stream, 1)).toString(), "d");
});

test("nextOctets rejects when more comes, and when the stream closes before", async () => {
  const talkative = new PassThrough();
  const more = nextOctets(talkative, 2);
  talkative.write("abc");
  await assert.rejects(more, /More than 2 octets/);
  const short = new PassThrough();
  const less = nextOctets(short, 2);
  short.write("a");
  short.destroy();
  await assert.rejects(less, /closed after \d of 2/);
});

test("scriptOf tells a file from another one, and from itself as it was before", () => {
  assert.notEqual(scriptOf("/a", 1), scriptOf("/a", 2));
  assert.notEqual(scriptOf("/a", 1), scriptOf("/b", 1));
  assert.equal(scriptOf("/a", undefined), "/a ?");
});
