import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeXml } from "../../../src/proxy/decode/xml.ts";

const xml = (text: string, maxChars = 10_000) => decodeXml(Buffer.from(text), maxChars);

test("decodeXml indents by depth, with short text on the line of its element", () => {
  const long = "word ".repeat(30).trim();
  const decoded = xml(
    `<?xml version="1.0"?><!-- c --><call id="a&quot;&lt;"><name>add</name><empty/><mixed>one<b>two</b></mixed><long>${long}</long><lines>a\nb</lines></call>`,
  );
  assert.deepEqual(decoded, {
    kind: "text",
    truncated: false,
    text: [
      '<call id="a&quot;&lt;">',
      "  <name>add</name>",
      "  <empty/>",
      "  <mixed>",
      "    one",
      "    <b>two</b>",
      "  </mixed>",
      "  <long>",
      `    ${long}`,
      "  </long>",
      "  <lines>",
      "    a\nb",
      "  </lines>",
      "</call>",
    ].join("\n"),
  });
});

test("decodeXml is cut at its limit", () => {
  const decoded = xml(`<a>${"<b>text</b>".repeat(1000)}</a>`, 100);
  assert.equal(decoded.kind === "text" && decoded.truncated && decoded.text.length <= 100, true);
});

test("decodeXml says why there is no value", () => {
  assert.deepEqual(xml("<a><b></a>"), { kind: "none", reason: "This is not well-formed XML, or it is cut off." });
});
