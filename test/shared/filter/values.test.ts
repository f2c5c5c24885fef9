import assert from "node:assert/strict";
import { test } from "node:test";
import type { Value } from "../../../src/shared/filter/ast.ts";
import type { FieldType } from "../../../src/shared/filter/fields.ts";
import { ipOctets, parseAddress, readOctets, readValue } from "../../../src/shared/filter/values.ts";

function read(text: string, type: FieldType, isQuoted = false): unknown {
  const names = type === "level" ? ["low", "high"] : ["c2s"];
  const values = names.map((name) => ({ name, meaning: "" }));
  const value = readValue({ isQuoted, text }, type, values);
  return value.kind === "bad" ? value.message : value;
}

const number = (value: number): Value => ({ kind: "number", number: value });
const text = (value: string): Value => ({ kind: "text", text: value });
const HOUR_MS = 3_600_000;

const good: readonly [text: string, type: FieldType, expected: Value][] = [
  ["c2s", "enum", text("c2s")],
  ["low", "level", number(0)],
  ["high", "level", number(1)],
  ["false", "bool", { kind: "bool", bool: false }],
  ["-3", "int", number(-3)],
  ["1e3", "int", number(1000)],
  [".5", "int", number(0.5)],
  ["4KB", "size", number(4000)],
  ["4GiB", "size", number(4 * 1024 ** 3)],
  ["2h", "duration", number(7200e9)],
  ["0", "duration", number(0)],
  ["3us", "duration", number(3000)],
  ["a", "string", text("a")],
  ["5", "any", number(5)],
  ["true", "any", { kind: "bool", bool: true }],
  ["null", "any", { kind: "null" }],
  ["5 ms", "any", text("5 ms")],
  ["5x", "any", text("5x")],
  ["12:30", "time", { kind: "time", atMs: 12.5 * HOUR_MS, isOfDay: true, spanMs: 60_000 }],
  ["1:00:00.25", "time", { kind: "time", atMs: HOUR_MS + 250, isOfDay: true, spanMs: 10 }],
  ["2026-11-25T12:00Z", "time", { kind: "time", atMs: 1_795_608_000_000, isOfDay: false, spanMs: 60_000 }],
  ["2026-11-25T12:00:00Z", "time", { kind: "time", atMs: 1_795_608_000_000, isOfDay: false, spanMs: 1000 }],
  ["2026-11-25T13:00:00.5+01:00", "time", { kind: "time", atMs: 1_795_608_000_500, isOfDay: false, spanMs: 100 }],
  ["2026-11-25T12:00:00.000125Z", "time", { kind: "time", atMs: 1_795_608_000_000.125, isOfDay: false, spanMs: 0.001 }],
  [
    "2026-11-25",
    "time",
    { kind: "time", atMs: new Date(2026, 10, 25).getTime(), isOfDay: false, spanMs: 24 * HOUR_MS },
  ],
];

for (const [written, type, expected] of good) {
  test(`readValue reads ${written} as ${type}`, () => {
    assert.deepEqual(read(written, type), expected);
  });
}

test("readValue takes quoted text of a decoded value for text", () => {
  assert.deepEqual(read("5", "any", true), text("5"));
});

const bad: readonly [text: string, type: FieldType, message: RegExp][] = [
  ["s2c", "enum", /not one of c2s/],
  ["higher", "level", /not one of low, high/],
  ["x".repeat(99), "bool", /"x{39}…" is neither/],
  ["5", "duration", /needs a unit/],
  ["5 ms", "duration", /is not a duration/],
  ["5q", "size", /no unit "q"/],
  ["5constructor", "size", /no unit/],
  ["5m", "any", /has no unit/],
  ["25:00", "time", /no such time/],
  ["12:60", "time", /no such time/],
  ["2026-02-45", "time", /no such time/],
  ["yesterday", "time", /not a time/],
  ["", "address", /cannot be empty/],
  ["::/129", "address", /at most 128 bits/],
];

for (const [written, type, message] of bad) {
  test(`readValue refuses ${written.slice(0, 30)} as ${type}`, () => {
    assert.match(String(read(written, type)), message);
  });
}

test("readOctets reads hex in both ways, and anything else as UTF-8", () => {
  const cases: Record<string, number[]> = {
    "0x00fF": [0, 255],
    "01:02": [1, 2],
    é: [0xc3, 0xa9],
    "0x0": [48, 120, 48],
    "1:2": [49, 58, 50],
  };
  for (const [written, octets] of Object.entries(cases)) {
    assert.deepEqual([...readOctets({ isQuoted: false, text: written })], octets, written);
  }
  assert.deepEqual([...readOctets({ isQuoted: true, text: "0x00" })], [48, 120, 48, 48]);
});

const addresses: readonly [text: string, host: string, port: number | null, bits: number][] = [
  ["10.0.0.1", "10.0.0.1", null, 32],
  ["10.0.0.1:80", "10.0.0.1", 80, 32],
  ["::1", "::1", null, 128],
  ["[::1]:80", "::1", 80, 128],
  ["[fe80::1]", "fe80::1", null, 128],
  ["host:80", "host", 80, 0],
  ["host", "host", null, 0],
  ["ipc:///tmp/a", "ipc:///tmp/a", null, 0],
  ["@in-process", "@in-process", null, 0],
];

for (const [written, host, port, bits] of addresses) {
  test(`parseAddress takes ${written} apart`, () => {
    const address = parseAddress(written);
    assert.deepEqual({ host: address.host, port: address.port, bits: address.bits }, { host, port, bits });
  });
}

test("readValue reads a network", () => {
  const value = read("10.0.0.0/8", "address");
  assert.deepEqual(value, {
    kind: "address",
    host: "10.0.0.0",
    port: null,
    octets: Uint8Array.of(10, 0, 0, 0),
    bits: 8,
  });
});

const ips: Record<string, number[] | null> = {
  "1.2.3.4": [1, 2, 3, 4],
  "1.2.3.256": null,
  "::": new Array<number>(16).fill(0),
  "1::2": [0, 1, ...new Array<number>(13).fill(0), 2],
  "1:2:3:4:5:6:7:8": [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8],
  "::ffff:1.2.3.4": [1, 2, 3, 4],
  "64:ff9b::1.2.3.4": [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4],
  "1:2:3:4:5:6:7": null,
  "1:2:3:4:5:6:7::8": null,
  "1::2::3": null,
  "12345::": null,
  "::x": null,
  ":": null,
  host: null,
  [":".repeat(50)]: null,
};

for (const [written, octets] of Object.entries(ips)) {
  test(`ipOctets reads ${written}`, () => {
    const found = ipOctets(written);
    assert.deepEqual(found && [...found], octets);
  });
}
