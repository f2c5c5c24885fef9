import assert from "node:assert/strict";
import { test } from "node:test";
import type { Shape } from "../../webview/shapes.ts";
import { mark } from "../../webview/shapes.ts";
import { escapeXml, type SvgLook, writeSvg } from "../../webview/svgFile.ts";
import { readXml } from "../support/xml.ts";

const look: SvgLook = { colourOf: (colour) => `#${colour.length.toString(16).repeat(6)}`, font: "monospace" };

const HOSTILE = [
  '</text><script>alert("x")</script>',
  '" onload="alert(1)',
  "' style='x'",
  "<![CDATA[ ]]> & &amp; <!-- -->",
  "&lt;b&gt; &#60;",
  "<?xml version='9'?>",
];

test("writeSvg writes every kind of shape as a file of its own", () => {
  const shapes: readonly Shape[] = [
    { kind: "line", from: [0, 1], to: [2, 3.456], colour: "request", dash: "dashed" },
    { kind: "path", d: "M0 0 L1 1", colour: "reply" },
    { kind: "path", d: "M0 0 L1 1 Z", colour: "reply", isFilled: true },
    { kind: "rect", x: 1, y: 2, width: 3, height: 4, fill: null, edge: "line" },
    { kind: "rect", x: 1, y: 2, width: 3, height: 4, radius: 2, fill: "raised", edge: null },
    { kind: "text", x: 1, y: 2, text: "add", colour: "text", isSmall: true, isBold: true, isSlanted: true },
    { kind: "group", x: 5, y: 6, title: "a request", shapes: [mark("check", 1, 2, "note")] },
  ];
  const file = writeSvg({ title: "Orders", width: 100, height: 50, shapes }, look);
  const { tags, texts, attributes } = readXml(file);
  assert.deepEqual(tags.slice(0, 4), ["svg", "title", "rect", "line"]);
  assert.deepEqual(texts, ["Orders", "add", "a request"]);
  assert.equal(attributes[0]!["viewBox"], "0 0 100 50");
  assert.equal(attributes[3]!["y2"], "3.46");
  assert.equal(attributes[3]!["stroke-dasharray"], "5 4");
  assert.doesNotMatch(file, /var\(|url\(|href| class=| style=/);
});

test("writeSvg writes hostile names as text, and nothing else of them", () => {
  for (const name of HOSTILE) {
    const shapes: readonly Shape[] = [
      { kind: "group", x: 0, y: 0, title: name, shapes: [{ kind: "text", x: 0, y: 0, text: name, colour: "text" }] },
    ];
    const { tags, texts } = readXml(writeSvg({ title: name, width: 1, height: 1, shapes }, { ...look, font: name }));
    assert.deepEqual(tags, ["svg", "title", "rect", "g", "title", "text"]);
    assert.deepEqual(texts, [name, name, name]);
  }
});

test("escapeXml leaves nothing that XML cannot hold", () => {
  assert.equal(escapeXml("a\u0000b\u001b[0m\ufffe\ud800c\u007f"), "a\ufffdb\ufffd[0m\ufffd\ufffdc\u007f");
  assert.equal(escapeXml("tab\tline\n日本😀"), "tab\tline\n日本😀");
});
