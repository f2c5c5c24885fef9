import assert from "node:assert/strict";
import { test } from "node:test";
import { looksLikeXml } from "../../../src/proxy/decode/xmlLook.ts";

test("looksLikeXml tells documents by how they begin and end", () => {
  const yes = [
    '<?xml version="1.0"?><a/>',
    " \n<a>x</a>\n",
    "<a/>",
    '<ns:a b="c"></ns:a>',
    "\ufeff<a></a>",
    "<!-- c --><a/>",
    "<!DOCTYPE a><a/>",
  ];
  for (const text of yes) assert.equal(looksLikeXml(Buffer.from(text), false), true, text);
  const no = ["", "<", "a<b>", "<3>", "<a", "<a> b", "< a>", "<-- a -->"];
  for (const text of no) assert.equal(looksLikeXml(Buffer.from(text), false), false, text);
  assert.equal(looksLikeXml(Buffer.from("<a>\xff</a>", "latin1"), false), false);
});

test("looksLikeXml takes a prefix that ends anywhere", () => {
  assert.equal(looksLikeXml(Buffer.from("<a>grü").subarray(0, 6), true), true);
  assert.equal(looksLikeXml(Buffer.from("<a>gr"), false), false);
});
