import assert from "node:assert/strict";
import { test } from "node:test";
import { decodePickle, pickleConfidence } from "../../../src/proxy/decode/pickle.ts";
import type { Decoded } from "../../../src/shared/model.ts";
import { hex, PICKLES } from "../../support/payloads.ts";

type Tree = Extract<Decoded, { kind: "tree" }>;

function treeOf(bytes: Uint8Array, maxChars = 100_000): Tree {
  const decoded = decodePickle(bytes, maxChars);
  assert.equal(decoded.kind, "tree", JSON.stringify(decoded));
  return decoded;
}

test("decodePickle shows plain data without a warning, and its opcodes", () => {
  const { json, warning, listing, truncated } = treeOf(PICKLES.numbers);
  assert.deepEqual(JSON.parse(json), [1, -2, 300, 70000, 1099511627776, -1.5, true, false, null]);
  assert.deepEqual([warning, truncated, listing?.title], [undefined, false, "Disassembly (15 steps)"]);
  const lines = listing?.text.split("\n") ?? [];
  assert.equal(lines[0], "     0: \\x80 PROTO             2");
  assert.equal(lines[1], "     2: ]    EMPTY_LIST");
  assert.equal(lines.at(-1), "    42: .    STOP");
});

test("decodePickle warns of what loading would import and call", () => {
  for (const bytes of [PICKLES.evil, PICKLES.evilText]) {
    const { json, warning } = treeOf(bytes);
    assert.deepEqual(JSON.parse(json), { $call: { $global: "posix.system" }, with: ["id"] });
    assert.equal(warning, "Loading this pickle would import and call posix.system. It was only read.");
  }
  assert.match(treeOf(PICKLES.object).warning ?? "", /import and call __main__[.]P/);
  assert.deepEqual(JSON.parse(treeOf(PICKLES.ordered).json), {
    $call: { $global: "collections.OrderedDict" },
    with: [],
    items: [{ a: 1 }],
  });
  assert.equal(
    treeOf(Buffer.from("cos\nname\n.")).warning,
    "Loading this pickle would import os.name. It was only read.",
  );
  assert.equal(treeOf(Buffer.from("NNR.")).warning, "Loading this pickle would call what it builds. It was only read.");
});

test("decodePickle lists arguments shortened", () => {
  const long = "x".repeat(130);
  const bytes = Buffer.concat([
    hex("42 32000000"),
    Buffer.alloc(50, 0xab),
    Buffer.from(`0V${long}\n0Vab\n0c${long}\nb\n0`),
    hex("4702 00000000000000 2e"),
  ]);
  const text = treeOf(bytes).listing?.text ?? "";
  assert.match(text, /BINBYTES {10}(?:ab){40}… \(50 B\)\n/);
  assert.match(text, /UNICODE {11}"x{120}"… 10 more characters\n/);
  assert.match(text, /UNICODE {11}"ab"\n/);
  assert.match(text, /GLOBAL {12}x{120} b\n/);
});

test("decodePickle says why there is no value", () => {
  const reason = (bytes: Uint8Array): string => {
    const decoded = decodePickle(bytes, 1000);
    return decoded.kind === "none" ? decoded.reason : "";
  };
  assert.match(reason(hex("8002 4b")), /cut off/);
  assert.match(reason(hex("8002 4e 2e 00")), /1 octets follow its STOP/);
  assert.match(reason(hex("ff")), /no opcode/);
  assert.match(treeOf(hex("8002 2e")).json, /build no value/);
});

test("decodePickle stops at its limits", () => {
  const { truncated, json, listing } = treeOf(Buffer.concat([Buffer.alloc(60_000, "N"), Buffer.from(".")]));
  assert.equal(truncated, true);
  assert.match(json, /Only its first 50000 steps/);
  assert.match(listing?.text ?? "", /… \d+ more steps$/);
  assert.ok((listing?.text.length ?? 0) < 132_000);
});

test("decodePickle takes no time for shared references that would become huge values", () => {
  // [[…[x, x], [x, x]…]: doubled 40 times.
  const doubled = Buffer.concat([
    hex("8002 5d 7100"),
    ...Array.from({ length: 40 }, () => hex("5d 28 6800 6800 65 7100")),
    hex("2e"),
  ]);
  assert.match(treeOf(Buffer.concat([doubled.subarray(0, -1), hex("4e 30 2e")]), 10_000).json, /build no value/);
  const nested = Buffer.concat([
    hex("8002 5d 7100 30"),
    ...Array.from({ length: 40 }, () => hex("5d 28 6800 6800 65 7100 30")),
    hex("6800 2e"),
  ]);
  const { truncated, json } = treeOf(nested, 10_000);
  assert.equal(truncated, true);
  assert.ok(json.length < 12_000);
});

test("pickleConfidence tells pickles of binary protocols from other octets", () => {
  assert.equal(pickleConfidence(PICKLES.evil, false), 0.95);
  assert.equal(pickleConfidence(PICKLES.evil.subarray(0, 20), true), 0.85);
  assert.equal(pickleConfidence(PICKLES.evil.subarray(0, 20), false), 0);
  assert.equal(pickleConfidence(PICKLES.evil.subarray(0, 3), true), 0);
  assert.equal(pickleConfidence(Buffer.concat([PICKLES.evil, hex("00")]), false), 0);
  assert.equal(pickleConfidence(PICKLES.evilText, false), 0);
  assert.equal(pickleConfidence(hex("80000001"), false), 0);
  assert.equal(pickleConfidence(hex("80"), false), 0);
  assert.equal(pickleConfidence(hex("8009 4e 2e"), false), 0);
  assert.equal(pickleConfidence(Buffer.concat([hex("8002"), Buffer.alloc(1000, "N")]), true), 0.85);
});
