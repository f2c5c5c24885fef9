import assert from "node:assert/strict";
import { test } from "node:test";
import { readXml } from "../../../src/proxy/decode/xmlTree.ts";
import { readValue, writeText, writeValue } from "../../../src/proxy/dialects/xmlRpcValue.ts";
import { octets, randomJson } from "../../support/dialects.ts";
import { random } from "../../support/random.ts";

function read(xml: string): ReturnType<typeof readValue> {
  const tree = readXml(octets(xml), { maxDepth: 1000 });
  assert.ok("root" in tree, JSON.stringify(tree));
  return readValue(tree.root);
}
const valueOf = (inner: string): unknown => {
  const value = read(`<value>${inner}</value>`);
  assert.ok("value" in value, inner);
  return value.value;
};
const problemOf = (xml: string): string => {
  const value = read(xml);
  return "problem" in value ? value.problem : "";
};
const written = (value: unknown): string => {
  const text = writeValue(value);
  assert.ok("xml" in text, JSON.stringify(text));
  return text.xml;
};
const refusal = (value: unknown): string => {
  const text = writeValue(value);
  return "problem" in text ? text.problem : "";
};

const SCALARS: readonly (readonly [string, unknown])[] = [
  ["<i4>-5</i4>", -5],
  ["<int> +7 </int>", 7],
  ["<ex:i8>9007199254740993</ex:i8>", 9007199254740993n],
  ["<biginteger>-123456789012345678901234567890</biginteger>", -123456789012345678901234567890n],
  ["<boolean>1</boolean>", true],
  ["<boolean>0</boolean>", false],
  ["<double>-1.5e3</double>", -1500],
  ["<double>.5</double>", 0.5],
  ["<ex:float>1.</ex:float>", 1],
  ["<bigdecimal>1.10</bigdecimal>", "1.10"],
  ["<string> a&lt;b </string>", " a<b "],
  ["<string/>", ""],
  ["text", "text"],
  ["", ""],
  ["<nil/>", null],
  ["<ex:nil/>", null],
  ["<base64>\naGVs\nbG8=\n</base64>", octets("hello")],
  ["<dateTime.iso8601>20260101T10:00:00</dateTime.iso8601>", { $dateTime: "20260101T10:00:00" }],
  ["<array><data/></array>", []],
  ["<array><data>\n<value><int>1</int></value>\n<value>b</value></data></array>", [1, "b"]],
  ["<struct/>", {}],
];

test("readValue reads every type, those of Apache too", () => {
  for (const [inner, expected] of SCALARS) assert.deepEqual(valueOf(inner), expected, inner);
  const struct = valueOf(
    "<struct><member><name>a</name><value>1</value></member>\n" +
      "<member><name>__proto__</name><value><nil/></value></member></struct>",
  );
  assert.deepEqual(struct, JSON.parse('{"a":"1","__proto__":null}'));
});

test("readValue says what is no value", () => {
  assert.match(problemOf("<param/>"), /<param> where a value belongs/);
  for (const bad of [
    "<int>x</int>",
    "<int>1.5</int>",
    "<int/>",
    `<int>${"9".repeat(1001)}</int>`,
    "<boolean>true</boolean>",
    "<double>NaN</double>",
    "<double>1e</double>",
    "<base64>a</base64>",
    "<unknown>1</unknown>",
  ]) {
    assert.match(problemOf(`<value>${bad}</value>`), /is no/, bad);
  }
  assert.match(problemOf("<value><int>1</int><int>2</int></value>"), /more than one type/);
  assert.match(problemOf("<value><array/></value>"), /no data/);
  assert.match(problemOf("<value><array><data><int>1</int></data></array></value>"), /<int> where a value/);
  for (const member of ["<name>a</name>", "<value/>", ""]) {
    assert.match(problemOf(`<value><struct><member>${member}</member></struct></value>`), /without a name or value/);
  }
  assert.match(problemOf("<value><struct><other/></struct></value>"), /without a name or value/);
  const deep = (levels: number): string =>
    `${"<value><array><data>".repeat(levels)}<value/>${"</data></array></value>".repeat(levels)}`;
  assert.equal(problemOf(deep(99)), "");
  assert.match(problemOf(deep(100)), /deeper than 100 levels/);
});

test("writeValue writes what readValue reads again", () => {
  const below = random(9);
  const values: unknown[] = [
    -0,
    2 ** 31,
    -(2 ** 31),
    2 ** 53,
    1e300,
    1e-7,
    2n ** 62n,
    "a\r\nb\t]]> & </string>",
    Uint8Array.of(0, 255, 1),
    { $dateTime: "20260101T10:00:00" },
    { $dateTime: "<x>" },
    { $dateTime: "20260101T10:00:00", b: 1 },
    { "": { "<&>": [null] } },
    JSON.parse('{"__proto__":1}'),
  ];
  let refused = 0;
  for (let turn = 0; turn < 3000; turn++) values.push(randomJson(below));
  for (const value of values) {
    const text = writeValue(value);
    if ("problem" in text) {
      assert.match(text.problem, /no place for/);
      refused++;
      continue;
    }
    const again = read(text.xml);
    assert.deepEqual(again, { value });
  }
  assert.ok(refused > 0 && refused < 1000);
});

test("Whole numbers have the smallest type that holds them", () => {
  assert.equal(written(2 ** 31 - 1), "<value><int>2147483647</int></value>");
  assert.equal(written(2 ** 31), "<value><i8>2147483648</i8></value>");
  assert.equal(written(-(2n ** 63n)), "<value><i8>-9223372036854775808</i8></value>");
  assert.equal(written(0.5), "<value><double>0.5</double></value>");
});

test("writeValue says what XML-RPC has no place for", () => {
  assert.match(refusal(NaN), /no place for NaN/);
  assert.match(refusal([undefined]), /type undefined/);
  assert.match(refusal({ a: () => 1 }), /type function/);
  assert.match(refusal(2n ** 63n), /at most 64 bits/);
  for (const text of ["\u0000", "\ud800", "\uffff"]) {
    assert.match(refusal(text), /XML has no place for/);
    assert.match(refusal({ [text]: 1 }), /XML has no place for/);
    assert.ok("problem" in writeText(text));
  }
  assert.deepEqual(writeText("a&\r"), { xml: "a&amp;&#13;" });
  let deep: unknown = 1;
  for (let level = 0; level < 100; level++) deep = [deep];
  assert.match(refusal(deep), /deeper than 100 levels/);
});
