import assert from "node:assert/strict";
import { test } from "node:test";
import { elementsOf, readXml, textOf, type XmlElement, type XmlLimits } from "../../../src/proxy/decode/xmlTree.ts";
import { random } from "../../support/random.ts";

const octets = (text: string): Uint8Array => new TextEncoder().encode(text);

function rootOf(xml: string | Uint8Array): XmlElement {
  const read = readXml(typeof xml === "string" ? octets(xml) : xml);
  assert.ok("root" in read, JSON.stringify(read));
  return read.root;
}

function problemOf(xml: string | Uint8Array, limits: Partial<XmlLimits> = {}): string {
  const read = readXml(typeof xml === "string" ? octets(xml) : xml, limits);
  assert.ok("problem" in read, JSON.stringify(read).slice(0, 200));
  return read.problem;
}

const element = (name: string, ...children: XmlElement["children"]): XmlElement => ({ name, attributes: [], children });

test("readXml gives elements, attributes and texts in their order", () => {
  assert.deepEqual(rootOf('<?xml version="1.0"?>\n<a x="1" p:y=\'&lt;2&#65;\'>t<b/>u<!-- no --><c>v</c></a>\n'), {
    name: "a",
    attributes: [
      ["x", "1"],
      ["p:y", "<2A"],
    ],
    children: ["t", element("b"), "u", element("c", "v")],
  });
});

test("readXml joins texts, sections and references, reads line ends as one, and leaves comments and instructions out", () => {
  const root = rootOf("<a>1\r\n2\r3&#13;<![CDATA[<&amp;]]>&amp;&lt;&gt;&quot;&apos;<!--c--><?p i?>&#x1F600;ß]]</a>");
  assert.deepEqual(root, element("a", "1\n2\n3\r<&amp;&<>\"'😀ß]]"));
  assert.equal(textOf(root), root.children[0]);
});

test("elementsOf and textOf part an element's children", () => {
  const root = rootOf("<a> 1<b/> 2<c/></a>");
  assert.deepEqual(elementsOf(root), [element("b"), element("c")]);
  assert.equal(textOf(root), " 1 2");
});

test("readXml reads the encoding that the octets name, and no other", () => {
  const latin = Uint8Array.from(Buffer.from("<?xml version='1.0' encoding='ISO-8859-1'?><a>é</a>", "latin1"));
  assert.deepEqual(rootOf(latin), element("a", "é"));
  assert.deepEqual(rootOf("\ufeff<?xml version='1.0' encoding='utf-8'?><a>é</a>"), element("a", "é"));
  const utf16 = Uint8Array.from(Buffer.from("\ufeff<a>é</a>", "utf16le"));
  assert.deepEqual(rootOf(utf16), element("a", "é"));
  assert.deepEqual(rootOf(Uint8Array.from(Buffer.from(utf16).swap16())), element("a", "é"));
  assert.match(problemOf(Uint8Array.of(0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e)), /not text in the encoding/);
  assert.match(problemOf("<?xml version='1.0' encoding='none-such'?><a/>"), /not text in the encoding/);
});

test("readXml expands nothing that a document declares, and finds no entity in the language's own names", () => {
  const laughs = `<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>`;
  for (const xml of [
    `${laughs}<l>&b;</l>`,
    `<!DOCTYPE l [<!ENTITY f SYSTEM "file:///etc/passwd">]><l>&f;</l>`,
    `<!DOCTYPE l [<!ENTITY % p SYSTEM "http://127.0.0.1/x"> %p;]><l>&f;</l>`,
    "<l>&nbsp;</l>",
    "<l>&constructor;</l>",
    "<l>&__proto__;</l>",
    "<l a='&toString;'/>",
    "<l>&#0;</l>",
    "<l>&#xD800;</l>",
    "<l>&#x110000;</l>",
    `<l>&${"x".repeat(100_000)};</l>`,
  ]) {
    assert.match(problemOf(xml), /not well-formed/);
  }
  assert.deepEqual(rootOf(`${laughs}<l>1</l>`), element("l", "1"));
});

test("readXml takes names that objects have for ordinary ones", () => {
  const root = rootOf("<__proto__ constructor='1' __proto__='2' toString='3'><hasOwnProperty/></__proto__>");
  assert.deepEqual(root.attributes, [
    ["constructor", "1"],
    ["__proto__", "2"],
    ["toString", "3"],
  ]);
  assert.equal(elementsOf(root)[0]?.name, "hasOwnProperty");
  // The parser asks the attributes themselves for what they have.
  assert.match(problemOf("<a hasOwnProperty='1' b='2'/>"), /not well-formed/);
});

test("readXml refuses what is no single well-formed document", () => {
  for (const xml of [
    "",
    " ",
    "text",
    "<",
    "<a",
    "<a>",
    "<a></b>",
    "<a><b></a></b>",
    "<a b></a>",
    "<a b=c/>",
    "<a>&</a>",
    "<a>&lt</a>",
    "<a/>text",
    "</a>",
    "<a/><!DOCTYPE a>",
    "<!-- only -->",
    "<a><![CDATA[</a>",
  ]) {
    assert.match(problemOf(xml), /not well-formed/, xml);
  }
  assert.match(problemOf("<a/><b/>"), /second element/);
  assert.match(problemOf("<a>\u0000</a>"), /characters that XML does not allow/);
  assert.match(problemOf("<a>\uffff</a>"), /characters that XML does not allow/);
});

test("readXml stops at its limits", () => {
  assert.match(problemOf("<a/>", { maxBytes: 3 }), /larger than 3 octets/);
  assert.match(problemOf("<a>".repeat(101) + "</a>".repeat(101)), /deeper than 100 levels/);
  assert.equal("root" in readXml(octets("<a>".repeat(100) + "</a>".repeat(100))), true);
  assert.match(problemOf(`<a>${"<b/>".repeat(200_000)}</a>`), /more than 200000 elements/);
  assert.match(problemOf(`<a>${"x<b/>".repeat(10)}</a>`, { maxNodes: 20 }), /more than 20 elements/);
  const attributes = Array.from({ length: 257 }, (_, index) => ` a${index}=""`).join("");
  assert.match(problemOf(`<a${attributes}/>`), /more than 256 attributes/);
});

test("readXml reads large documents in time that grows with their size only", () => {
  const hostile = [
    `<a>${"x".repeat(4_000_000)}</a>`,
    `<a>${"&amp;".repeat(800_000)}</a>`,
    `<a>${"x<!---->".repeat(500_000)}</a>`,
    `<a b="${"x".repeat(4_000_000)}"/>`,
    `<a><![CDATA[${"]".repeat(4_000_000)}]]></a>`,
    `<!DOCTYPE a [${"<!ENTITY b 'c'>".repeat(250_000)}]><a/>`,
    `<${"a".repeat(4_000_000)}`,
    `<a>${"<b/>".repeat(199_000)}</a>`,
    `<a>${"<b".repeat(1_000_000)}`,
    "<?xml".repeat(800_000),
  ];
  for (const xml of hostile) {
    const began = process.cpuUsage();
    readXml(octets(xml));
    const { user, system } = process.cpuUsage(began);
    assert.ok(user + system < 5_000_000, `${xml.slice(0, 20)} took ${(user + system) / 1000} ms`);
  }
});

test("readXml returns for damaged documents and random octets", () => {
  const below = random(3);
  const sound = octets(
    "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a x='1'>t<![CDATA[u]]><!--c--><b>&amp;&#65;</b></a>",
  );
  for (let turn = 0; turn < 20_000; turn++) {
    const bytes = turn % 5 === 0 ? Uint8Array.from({ length: below(60) }, () => below(256)) : Uint8Array.from(sound);
    for (let times = below(4); times > 0 && bytes.length > 0; times--) bytes[below(bytes.length)] = below(256);
    const read = readXml(bytes.subarray(0, below(3) > 0 ? bytes.length : below(bytes.length + 1)));
    if ("problem" in read) assert.match(read.problem, /^[A-Z].*[.]$/s);
  }
});
