import assert from "node:assert/strict";
import { test } from "node:test";
import { writeJson } from "../../../src/proxy/decode/jsonText.ts";
import { PickleReader } from "../../../src/proxy/decode/pickleOps.ts";
import { PickleMachine } from "../../../src/proxy/decode/pickleValue.ts";
import { hex } from "../../support/payloads.ts";

function machineAfter(bytes: Uint8Array): PickleMachine {
  const machine = new PickleMachine();
  const reader = new PickleReader(bytes);
  for (let step = reader.next(); step !== undefined; step = reader.next()) machine.take(step);
  return machine;
}

function valueOf(bytes: Uint8Array): unknown {
  const { value } = machineAfter(bytes);
  return value === undefined ? "broken" : JSON.parse(writeJson(value.value, 100_000).json);
}

const text = (written: string): Uint8Array => Buffer.from(written, "latin1");
const EVERYTHING = {
  a: [1, -2, 300, 70000, 1099511627776, { $bigint: "1180591620717411303424" }, -1.5, true, false, null],
  t: [1],
  t0: [],
  t2: [1, 2],
  t3: [1, 2, 3],
  t4: [1, 2, 3, 4],
};

/** pickle.dumps of the same value by protocols 0, 1, 2 and 4 of Python 3.11. */
const dumps: Readonly<Record<string, Uint8Array>> = {
  0: text(
    "(dp0\nVa\np1\n(lp2\nI1\naI-2\naI300\naI70000\naL1099511627776L\naL1180591620717411303424L\naF-1.5\naI01\naI00\naNasVt\np3\n(I1\ntp4\nsVt0\np5\n(tsVt2\np6\n(I1\nI2\ntp7\nsVt3\np8\n(I1\nI2\nI3\ntp9\nsVt4\np10\n(I1\nI2\nI3\nI4\ntp11\ns.",
  ),
  1: hex(
    "7d71002858010000006171015d7102284b014afeffffff4d2c014a701101004c313039393531313632373737364c0a4c313138303539313632303731373431313330333432344c0a47bff80000000000004930310a4930300a4e655801000000747103284b0174710458020000007430710529580200000074327106284b014b02747107580200000074337108284b014b024b0374710958020000007434710a284b014b024b034b0474710b752e",
  ),
  2: hex(
    "80027d71002858010000006171015d7102284b014afeffffff4d2c014a701101008a060000000000018a0900000000000000004047bff800000000000088894e6558010000007471034b01857104580200000074307105295802000000743271064b014b028671075802000000743371084b014b024b0387710958020000007434710a284b014b024b034b0474710b752e",
  ),
  4: hex(
    "80047d94288c0161945d94284b014afeffffff4d2c014a701101008a060000000000018a0900000000000000004047bff800000000000088894e658c0174944b0185948c02743094298c027432944b014b0286948c027433944b014b024b0387948c02743494284b014b024b034b047494752e",
  ),
};
for (const [protocol, bytes] of Object.entries(dumps)) {
  test(`PickleMachine puts plain data of protocol ${protocol} together`, () =>
    assert.deepEqual(valueOf(bytes), EVERYTHING));
}

test("PickleMachine reads octets, text, sets and what is shared", () => {
  const forms: readonly (readonly [Uint8Array, unknown])[] = [
    [hex("430200ff 2e"), { $binary: "00ff", size: 2 }],
    [hex("96 0100000000000000 07 2e"), { $binary: "07", size: 1 }],
    [hex("55 02 6162 2e"), "ab"],
    [hex("54 01000000 ff 2e"), { $binary: "ff", size: 1 }],
    [hex("8f 28 4b07 90 2e"), { $set: [7] }],
    [hex("28 4b08 91 2e"), { $set: [8] }],
    [hex("5d 94 4b01 61 6800 86 2e"), [[1], [1]]],
    [hex("4b05 32 86 2e"), [5, 5]],
    [hex("4b05 7105 6805 86 2e"), [5, 5]],
    [hex("4b05 72 05000000 6a 05000000 86 2e"), [5, 5]],
    [text("I5\np1\ng1\n\x86."), [5, 5]],
    [hex("4b01 4b02 30 2e"), 1],
    [hex("4b01 28 4b02 4b03 31 2e"), 1],
    [hex("28 4b01 4b02 64 2e"), { $map: [[1, 2]] }],
    [hex("97 98 2e"), { $buffer: "sent beside the pickle" }],
    [text("S'a\\x41\\n\\'\\\\'\n."), "aA\n'\\"],
    [text('S"q"\n.'), "q"],
    [text("Vgr\xfc\\u00df\\U0001f600\\Uffffffff\n."), "grüß😀\\Uffffffff"],
    [text("Iabc\n."), "abc"],
    [text(`L${"9".repeat(3000)}L\n.`), { $bigint: "9".repeat(3000) }],
    [Buffer.concat([hex("8b d0070000"), Buffer.alloc(2000, 1), hex("2e")]), { $binary: "01".repeat(1024), size: 2000 }],
  ];
  for (const [bytes, expected] of forms) assert.deepEqual(valueOf(bytes), expected, Buffer.from(bytes).toString("hex"));
});

test("PickleMachine describes what would be imported and called, and does neither", () => {
  const system = { $global: "posix.system" };
  const forms: readonly (readonly [Uint8Array, unknown])[] = [
    [text("cposix\nsystem\n(Vid\ntR."), { $call: system, with: ["id"] }],
    [hex("8c05706f736978 8c0673797374656d 93 4b01 85 52 2e"), { $call: system, with: [1] }],
    [hex("4b01 4b02 93 2e"), { $global: "?.?" }],
    [text("(Vid\niposix\nsystem\n."), { $call: system, with: ["id"] }],
    [text("(cposix\nsystem\nVid\no."), { $call: system, with: ["id"] }],
    [text("cposix\nsystem\n)\x81."), { $call: system, with: [] }],
    [text("cposix\nsystem\n)}\x92."), { $call: system, with: [[], {}] }],
    [text("cposix\nsystem\n)\x81}b."), { $object: { $call: system, with: [] }, state: {} }],
    [
      text("cposix\nsystem\n)\x81(I1\nI2\ne(I3\nI4\nuI5\nI6\ns."),
      { $call: system, with: [], items: [1, 2, { $map: [[3, 4]] }, { $map: [[5, 6]] }] },
    ],
  ];
  for (const [bytes, expected] of forms) {
    assert.deepEqual(valueOf(bytes), expected);
    const { calls, imports } = machineAfter(bytes);
    if (Buffer.from(bytes).includes("posix")) assert.deepEqual([calls, [...imports]], [true, ["posix.system"]]);
  }
  assert.deepEqual(valueOf(text("Pkey\n.")), { $persistent: "key" });
  assert.deepEqual(valueOf(hex("4b01 51 2e")), { $persistent: 1 });
  for (const wire of ["8207 2e", "830700 2e", "8407000000 2e"]) {
    assert.deepEqual(valueOf(hex(wire)), { $global: "extension code 7 of copyreg" });
  }
});

test("PickleMachine gives no value for steps that make no sense, and still tells what they would import", () => {
  for (const wire of [
    "2e",
    "30 2e",
    "61 2e",
    "28 2e",
    "4b01 4b02 2e",
    "4b01 65 2e",
    "6807 2e",
    "4b01 4b02 61 2e",
    "28 61 2e",
    "4b01 4b02 4b03 73 2e",
    "32 2e",
    "31 2e",
    "94 2e",
  ]) {
    assert.equal(valueOf(hex(wire)), "broken", wire);
  }
  assert.deepEqual([...machineAfter(text("0cposix\nsystem\n.")).imports], ["posix.system"]);
  const many = machineAfter(text(Array.from({ length: 80 }, (_, index) => `cm\nf${index}\n`).join("")));
  assert.equal(many.imports.size, 50);
});

test("PickleMachine shows a list that holds itself as deep as values are shown", () => {
  assert.match(JSON.stringify(valueOf(hex("5d94 6800 61 2e"))), /^\[{60,}"…"\]{60,}$/);
});
