import assert from "node:assert/strict";
import { test } from "node:test";
import { readXml } from "../../src/proxy/decode/xmlTree.ts";
import { pythonCall } from "../../src/proxy/pythonXmlRpc.ts";
import { octets } from "../support/octets.ts";

const call = (xml: string): string | undefined => {
  const read = readXml(octets(xml), { maxDepth: 1000 });
  assert.ok("root" in read);
  return pythonCall("server", read.root);
};
const named = (name: string): string | undefined => call(`<methodCall><methodName>${name}</methodName></methodCall>`);
const withValue = (value: string): string | undefined =>
  call(`<methodCall><methodName>f</methodName><params><param><value>${value}</value></param></params></methodCall>`);

test("pythonCall writes each type as xmlrpc.client does", () => {
  const member = "<member><name>k</name><value><nil/></value></member>";
  const cases: readonly (readonly [string, string])[] = [
    ["<int>-5</int>", "-5"],
    ["<i4>+7</i4>", "7"],
    ["<i8>2147483647</i8>", "2147483647"],
    ["<double>2</double>", "2.0"],
    ["<double>+2.5e3</double>", "2.5e3"],
    ["<boolean>1</boolean>", "True"],
    ["<boolean>0</boolean>", "False"],
    ['<string>a\n"b</string>', '"a\\n\\"b"'],
    ["plain", '"plain"'],
    ["", '""'],
    ["<nil/>", "None"],
    ["<base64>AP8K</base64>", 'xmlrpc.client.Binary(b"\\x00\\xff\\x0a")'],
    ["<dateTime.iso8601>20260102T03:04:05</dateTime.iso8601>", 'xmlrpc.client.DateTime("20260102T03:04:05")'],
    [`<struct>${member}</struct>`, '{"k": None}'],
    ["<array><data><value><int>1</int></value><value>x</value></data></array>", '[1, "x"]'],
    ["<array/>", "[]"],
  ];
  for (const [xml, python] of cases) assert.equal(withValue(xml), `server.f(${python})`, xml);
});

test("pythonCall leaves what xmlrpc.client would write otherwise, or not at all", () => {
  for (const xml of [
    "<i8>2147483648</i8>",
    "<int>x</int>",
    "<double>nan</double>",
    "<boolean>2</boolean>",
    "<biginteger>1</biginteger>",
    "<base64>*</base64>",
    '<dateTime.iso8601>"</dateTime.iso8601>',
    "<struct><member><name>k</name></member></struct>",
    "<struct><member><name>k</name><value><int>x</int></value></member></struct>",
    "<array><data><int>1</int></data></array>",
    "<array><data><value>".repeat(101) + "</value></data></array>".repeat(101),
  ]) {
    assert.equal(withValue(xml), undefined, xml);
  }
  assert.equal(call("<methodResponse/>"), undefined);
  assert.equal(call("<methodCall/>"), undefined);
  assert.equal(call("<methodCall><methodName>f</methodName><params><param/></params></methodCall>"), undefined);
});

test("pythonCall reaches methods of any name", () => {
  assert.equal(named("system.listMethods"), "server.system.listMethods()");
  assert.equal(named("a b"), 'getattr(server, "a b")()');
  assert.equal(named("import"), 'getattr(server, "import")()');
  assert.equal(named("a.import"), 'getattr(server, "a.import")()');
  assert.equal(named("__class__"), undefined);
  assert.equal(named(""), undefined);
});
