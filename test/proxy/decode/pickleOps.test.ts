import assert from "node:assert/strict";
import { test } from "node:test";
import { PickleReader } from "../../../src/proxy/decode/pickleOps.ts";
import { hex } from "../../support/payloads.ts";

function steps(bytes: Uint8Array): { readonly said: readonly string[]; readonly reader: PickleReader } {
  const reader = new PickleReader(bytes);
  const said: string[] = [];
  for (let step = reader.next(); step !== undefined; step = reader.next()) {
    const { name, argument } = step;
    const text = argument instanceof Uint8Array ? Buffer.from(argument).toString("hex") : String(argument);
    said.push(argument === null ? name : `${name} ${text}`);
    if (name === "STOP") break;
  }
  return { said, reader };
}

// As pickletools.dis of Python lists them.
test("PickleReader walks opcodes with arguments of every form", () => {
  const bytes = Buffer.concat([
    hex("8004 95 0100000000000000 4b07 4d2c01 4afeffffff 6a05000000 8a 02 0001 8b 01000000 ff"),
    hex("47 bff8000000000000 43 02 00ff 8e 0100000000000000 07 8c 01 61 58 02000000 c328 83 0100 84 ffffffff"),
    Buffer.from("I42\nVgr\xfc\\u00df\nS'x'\ncos\nsystem\nPid\n", "latin1"),
    hex("2e"),
  ]);
  assert.deepEqual(steps(bytes).said, [
    "PROTO 4",
    "FRAME 1",
    "BININT1 7",
    "BININT2 300",
    "BININT -2",
    "LONG_BINGET 5",
    "LONG1 0001",
    "LONG4 ff",
    "BINFLOAT -1.5",
    "SHORT_BINBYTES 00ff",
    "BINBYTES8 07",
    "SHORT_BINUNICODE a",
    "BINUNICODE c328",
    "EXT2 1",
    "EXT4 -1",
    "INT 42",
    "UNICODE grü\\u00df",
    "STRING 'x'",
    "GLOBAL os,system",
    "PERSID id",
    "STOP",
  ]);
});

test("PickleReader says where it is cut off, at any octet of a step", () => {
  for (const wire of [
    "",
    "80",
    "4d01",
    "4a010203",
    "8a",
    "8a05 01",
    "8a02 01",
    "47 00",
    "95 00",
    "49 31",
    "63 6f730a 73",
    "63 6f",
    "8eff ffffffffffffff",
    "58 ffffffff 00",
  ]) {
    const { reader } = steps(hex(wire));
    assert.equal(reader.isCut, true, wire);
    assert.match(reader.problem ?? "", /^This pickle is cut off: it ends at octet \d+ without STOP[.]$/);
  }
});

test("PickleReader stops at what is no opcode", () => {
  const { reader } = steps(hex("4e ff"));
  assert.equal(reader.isCut, false);
  assert.equal(reader.problem, "This is not a pickle: at octet 1 stands 0xff, which is no opcode.");
});
