import assert from "node:assert/strict";
import { test } from "node:test";
import { dialectTools } from "../../../src/proxy/dialectTools.ts";
import { bitcoin } from "../../../src/proxy/dialects/bitcoin.ts";
import { detect } from "../../../src/proxy/dialects/registry.ts";
import { fuzzDialect, messageOf, octets, saidBy } from "../../support/dialects.ts";
import { hex, join } from "../../support/octets.ts";

const HASH = Uint8Array.from({ length: 32 }, (_, at) => at);
const HASH_TEXT = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const COUNTER = hex("05 01 00 00");

const published = (topic: string, body: Uint8Array): ReturnType<typeof messageOf> =>
  messageOf([topic, body, COUNTER], "PUB", "SUB");

const EXAMPLES = [
  published("hashblock", HASH),
  published("hashtx", HASH),
  published("rawtx", new Uint8Array(60)),
  published("rawblock", new Uint8Array(285)),
  published("sequence", join(HASH, octets("C"))),
  published("sequence", join(HASH, octets("D"))),
  published("sequence", join(HASH, octets("A"), hex("07 00 00 00 00 00 00 00"))),
  published("sequence", join(HASH, octets("R"), hex("ff ff ff ff ff ff ff ff"))),
];

test("bitcoin is told from topic, body and counter", () => {
  for (const example of EXAMPLES) assert.equal(detect(example).dialect, "bitcoin");
  for (const other of [
    published("hashblock", new Uint8Array(31)),
    published("sequence", join(HASH, octets("A"))),
    published("sequence", join(HASH, octets("x"))),
    published("sequence", HASH),
    published("rawwallet", HASH),
    published("hashblock and some more text", HASH),
    messageOf(["hashblock", HASH, "abcde"], "PUB", "SUB"),
    messageOf(["hashblock", HASH], "PUB", "SUB"),
    messageOf(["hashblock", HASH, COUNTER], "REQ", "REP"),
  ]) {
    assert.equal(detect(other).dialect, "raw");
  }
});

test("bitcoin says hashes as RPC shows them, sequences with their label, and the counter", () => {
  const said = saidBy(bitcoin, EXAMPLES[0]!);
  assert.deepEqual([said.kind, said.method, said.value], ["event", "hashblock", HASH_TEXT]);
  assert.deepEqual(said.facts, [{ label: "counter", value: "261" }]);
  assert.equal((saidBy(bitcoin, EXAMPLES[2]!).value as Uint8Array).length, 60);
  assert.deepEqual(saidBy(bitcoin, EXAMPLES[4]!).value, { hash: HASH_TEXT, label: "C", meaning: "block connected" });
  assert.deepEqual(saidBy(bitcoin, EXAMPLES[6]!).value, {
    hash: HASH_TEXT,
    label: "A",
    meaning: "transaction added to mempool",
    mempoolSequence: 7,
  });
  assert.equal((saidBy(bitcoin, EXAMPLES[7]!).value as { mempoolSequence: bigint }).mempoolSequence, 2n ** 64n - 1n);
});

test("bitcoin is only read", () => {
  const call = { method: "hashtx", args: [], kwargs: {}, fields: {} };
  assert.match((bitcoin.encode(call, null, dialectTools) as { problem: string }).problem, /only be read/);
  const answer = bitcoin.answer(EXAMPLES[0]!, { kind: "value", value: 1 }, null, dialectTools);
  assert.match((answer as { problem: string }).problem, /only be read/);
  assert.deepEqual(bitcoin.renew([HASH], null, dialectTools), { frames: [HASH] });
  assert.match((bitcoin.decode(messageOf(["a"]), null, dialectTools) as { problem: string }).problem, /no Bitcoin/);
});

test("bitcoin takes any octets", () => fuzzDialect(bitcoin, EXAMPLES));
