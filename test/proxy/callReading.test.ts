import assert from "node:assert/strict";
import { test } from "node:test";
import { readCall } from "../../src/proxy/callReading.ts";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { DialectKeys } from "../../src/proxy/dialectKeys.ts";
import { dialectNamed } from "../../src/proxy/dialects/registry.ts";
import { dialectTools } from "../../src/proxy/dialectTools.ts";
import type { DialectCall, DialectName } from "../../src/shared/dialects.ts";
import type { Direction, SocketType } from "../../src/shared/model.ts";
import { MIB, openLink, say } from "../support/captures.ts";
import { OWN_EXAMPLES, ownDialects } from "../support/ownDialects.ts";

const text = (frames: readonly Uint8Array[]): string[] => frames.map((frame) => Buffer.from(frame).toString());
const keys = new DialectKeys();

function captured(
  frames: readonly (Uint8Array | string)[],
  client: SocketType,
  server: SocketType,
  direction: Direction = 0,
): { capture: Capture; n: number } {
  const capture = new Capture({ maxBytes: 0 });
  return { capture, n: say(capture, openLink(capture, { sockets: { client, server } }), direction, frames) };
}

const read = ({ capture, n }: { capture: Capture; n: number }, dialect: DialectName | null = null) =>
  readCall(capture, n, dialect, keys);

/** What a program of the dialect puts on the wire for a call. */
function encoded(dialect: DialectName, call: Partial<DialectCall>): readonly Uint8Array[] {
  const whole = { method: "", args: [], kwargs: {}, fields: {}, ...call };
  const result = dialectNamed(dialect)!.encode(whole, null, dialectTools);
  assert.ok("frames" in result);
  return result.frames;
}

test("readCall reads a request of a REQ as a call of the dialect that it looks like", async () => {
  const [frame] = encoded("json-rpc", { method: "add", args: [2, { a: null }] });
  const { dialect, call, socket, frames } = await read(captured(["", frame!], "REQ", "REP"));
  assert.deepEqual([dialect, socket], ["json-rpc", "REQ"]);
  assert.deepEqual([call?.method, call?.args, call?.kwargs], ["add", [2, { a: null }], {}]);
  assert.deepEqual(frames, [frame]);
});

test("readCall keeps the delimiter of a DEALER, which its program sends itself", async () => {
  const frames = encoded("zerorpc", { method: "add", args: [1, 2] });
  const reading = await read(captured(frames, "DEALER", "ROUTER"));
  assert.deepEqual([reading.dialect, reading.socket, reading.call?.args], ["zerorpc", "DEALER", [1, 2]]);
  assert.deepEqual(
    reading.frames.map((frame) => frame.length),
    frames.map((frame) => frame.length),
  );
});

test("readCall gives frames only where the dialect cannot write the same again", async () => {
  const plain = await read(captured(["", "hello", "you"], "REQ", "REP"));
  assert.deepEqual([plain.dialect, plain.call, text(plain.frames)], ["raw", null, ["hello", "you"]]);
  const reply = await read(captured(["", '{"jsonrpc":"2.0","id":1,"result":3}'], "REQ", "REP", 1));
  assert.deepEqual([reply.dialect, reply.call], ["json-rpc", null]);
  const asked = await read(captured(["", "hello"], "REQ", "REP"), "json-rpc");
  assert.deepEqual([asked.dialect, asked.call], ["json-rpc", null]);
});

test("readCall takes the dialect's own fields from the facts that a message shows", async () => {
  const frames = encoded("json-rpc", { method: "tell", args: [1], fields: { notification: true } });
  const { call } = await read(captured(["", ...frames], "REQ", "REP"));
  assert.equal(call === null || call.fields["notification"] === true, true);
});

test("readCall knows which socket sent it: a publisher, a pusher, or one that asks", async () => {
  assert.equal((await read(captured(["a", "1"], "XPUB", "SUB"))).socket, "PUB");
  assert.equal((await read(captured(["a", "1"], "PUB", "SUB"))).socket, "PUB");
  assert.deepEqual(text((await read(captured(["a", "1"], "PUB", "SUB"))).frames), ["a", "1"]);
  assert.equal((await read(captured(["a"], "PUSH", "PULL"))).socket, "PUSH");
});

test("readCall refuses what is gone, no message, or not whole", async () => {
  const capture = new Capture({ maxBytes: 64 * MIB });
  const link = openLink(capture);
  await assert.rejects(readCall(capture, 7, null, keys), { code: "row-gone" });
  const event = capture.event(link, "t", "tap", "gap", { missed: 3 });
  await assert.rejects(readCall(capture, event, null, keys), { code: "row-gone" });
  const large = say(capture, link, 0, [Buffer.alloc(17 * MIB)]);
  await assert.rejects(readCall(capture, large, null, keys), { code: "too-large" });
  const many = say(capture, link, 0, Array<string>(10_001).fill("x"));
  await assert.rejects(readCall(capture, many, null, keys), { code: "too-many-frames" });
});

test("readCall reads a request in a dialect of the user's where its module writes the same again", async (t) => {
  const own = await ownDialects(t, {
    warehouse: OWN_EXAMPLES[0]!,
    lossy: `export default { decode: ({ payload }) => ({ kind: "call", method: new TextDecoder().decode(payload[0]) }), encode: () => "other" };`,
  });
  const readOwn = (frames: readonly string[], dialect: DialectName | null = null) => {
    const { capture, n } = captured(["", ...frames], "REQ", "REP");
    return readCall(capture, n, dialect, keys, own);
  };
  const get = await readOwn(["GET apples"]);
  assert.deepEqual([get.dialect, get.socket, text(get.frames)], ["own:warehouse", "REQ", ["GET apples"]]);
  assert.deepEqual(get.call, { method: "GET", args: ["apples"], kwargs: {}, fields: {} });
  const reply = await readOwn(["OK 1"]);
  assert.deepEqual([reply.dialect, reply.call], ["own:warehouse", null]);
  const chosen = await readOwn(["GET apples"], "raw");
  assert.equal(chosen.dialect, "raw");
  const other = await readOwn(["anything"]);
  assert.deepEqual([other.dialect, other.call], ["own:lossy", null]);
});
