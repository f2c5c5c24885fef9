import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { dialectTools } from "../../src/proxy/dialectTools.ts";
import { dialectNamed } from "../../src/proxy/dialects/registry.ts";
import { readRecording } from "../../src/proxy/recording.ts";
import { readSaid } from "../../src/proxy/rpc/answerBook.ts";
import { asCall } from "../../src/proxy/rpc/wireEnvelope.ts";
import { MIB, openLink, say } from "../support/captures.ts";
import { octets } from "../support/dialects.ts";

const REQ_REP = { client: "REQ", server: "REP" } as const;
const DEALER_ROUTER = { client: "DEALER", server: "ROUTER" } as const;
const wanted = { dialect: null, isWanted: () => true, key: null, tools: dialectTools };
const call = (id: number): string => JSON.stringify({ jsonrpc: "2.0", method: "add", params: [id], id });
const reply = (id: number): string => JSON.stringify({ jsonrpc: "2.0", result: id * 10, id });

test("readRecording takes exchanges that rows pair, of the wanted taps", async () => {
  const capture = new Capture({ maxBytes: 16 * MIB });
  for (const tap of ["one", "two"]) {
    const link = openLink(capture, { tap, sockets: REQ_REP });
    const asked = say(capture, link, 0, ["", "q"]);
    capture.paired(asked, say(capture, link, 1, ["", tap]), false);
    capture.exchange(say(capture, link, 0, ["", "never"]), "pending");
  }
  const all = await readRecording(capture, wanted);
  assert.equal(all.known, 2);
  const two = await readRecording(capture, { ...wanted, isWanted: ({ tapName }) => tapName === "two" });
  assert.equal(two.known, 1);
  assert.deepEqual(two.find("raw", asCall([octets("q")]), null)?.frames, [octets("two")]);
});

test("readRecording pairs what DEALERs say by the ids of their dialect, in whatever order", async () => {
  const capture = new Capture({ maxBytes: 16 * MIB });
  const link = openLink(capture, { sockets: DEALER_ROUTER });
  for (const text of [call(1), call(2)]) say(capture, link, 0, [text]);
  for (const text of [reply(2), reply(1), reply(7), "nonsense"]) say(capture, link, 1, [text]);
  const book = await readRecording(capture, wanted);
  assert.equal(book.known, 2);
  const asked = asCall([octets(call(2))]);
  const found = book.find("json-rpc", asked, readSaid(dialectNamed("json-rpc")!, asked, null, dialectTools));
  assert.deepEqual(found?.answer, { kind: "value", value: 20 });
});

test("readRecording leaves out what is too large", async () => {
  const capture = new Capture({ maxBytes: 64 * MIB });
  const link = openLink(capture, { sockets: REQ_REP });
  const asked = say(capture, link, 0, ["", "q"]);
  capture.paired(asked, say(capture, link, 1, ["", Buffer.alloc(5 * MIB)]), false);
  const book = await readRecording(capture, wanted);
  assert.deepEqual([book.known, book.leftOut], [0, 1]);
});

test("readRecording lets other work go on while it reads", async () => {
  const capture = new Capture({ maxBytes: 64 * MIB });
  const link = openLink(capture, { sockets: REQ_REP });
  for (let n = 0; n < 20_000; n++) {
    const asked = say(capture, link, 0, ["", `q${n}`]);
    capture.paired(asked, say(capture, link, 1, ["", "r"]), false);
  }
  let turns = 0;
  const turn = setInterval(() => turns++, 1);
  const book = await readRecording(capture, wanted);
  clearInterval(turn);
  assert.equal(book.known, 20_000);
  assert.ok(turns > 3, `${turns} turns`);
});
