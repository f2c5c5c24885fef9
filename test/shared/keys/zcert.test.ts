import assert from "node:assert/strict";
import { test } from "node:test";
import { readZcert, writeZcert } from "../../../src/shared/keys/zcert.ts";
import { KNOWN } from "../../support/keys.ts";

/** A key with both of the characters that separate and comment elsewhere. */
const TRICKY = "=#)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR=#c";

test("readZcert reads a secret file of pyzmq", () => {
  const text = `#   ****  Generated on 2024-05-01 10:00:00 by pyzmq  ****
#   ZeroMQ CURVE **Secret** Certificate
#   DO NOT PROVIDE THIS FILE TO OTHER USERS nor change its permissions.

metadata
    owner = someone
curve
    public-key = "${KNOWN.publicKey}"
    secret-key = "${KNOWN.secretKey}"
`;
  assert.deepEqual(readZcert(text), { ...KNOWN, metadata: { owner: "someone" } });
});

test("readZcert reads a public file of czmq with single quotes, tabs and the line ends of Windows", () => {
  const text = `#  comment\r\nmetadata\r\n\tname = 'Bo "the" server'\r\ncurve\r\n\tpublic-key = '${TRICKY}'  # of the server\r\n`;
  assert.deepEqual(readZcert(text), { publicKey: TRICKY, secretKey: null, metadata: { name: 'Bo "the" server' } });
});

test("readZcert reads keys without quotes, with = and # in them", () => {
  assert.deepEqual(readZcert(`\uFEFFcurve\n  secret-key=${TRICKY}`), {
    publicKey: null,
    secretKey: TRICKY,
    metadata: {},
  });
});

test("readZcert says that a text without a curve section is no certificate", () => {
  for (const text of ["", "hello", `public-key = "${KNOWN.publicKey}"`, "curve\n", "metadata\n public-key = x"])
    assert.equal(readZcert(text), null, text);
});

test("readZcert says which half is no key, and does not repeat it", () => {
  const read = readZcert(`curve\n public-key = "${KNOWN.publicKey}"\n secret-key = "${KNOWN.secretKey.slice(1)}"\n`);
  assert.deepEqual(read, { problem: "its secret-key is no CURVE key, which has 40 characters of Z85" });
});

test("readZcert keeps no more than 100 entries of metadata", () => {
  const lines = Array.from({ length: 500 }, (_, n) => ` a${n} = b`);
  const read = readZcert(`metadata\n${lines.join("\n")}\ncurve\n public-key = "${KNOWN.publicKey}"`);
  assert.ok(read !== null && "metadata" in read);
  assert.equal(Object.keys(read.metadata).length, 100);
});

test("writeZcert writes what readZcert reads, with a secret key only when it was given one", () => {
  assert.deepEqual(readZcert(writeZcert(KNOWN, "a\n\"b'")), { ...KNOWN, metadata: { name: "a''b'" } });
  const publicOnly = writeZcert({ publicKey: KNOWN.publicKey, secretKey: null }, "a");
  assert.deepEqual(readZcert(publicOnly), { publicKey: KNOWN.publicKey, secretKey: null, metadata: { name: "a" } });
  assert.doesNotMatch(publicOnly, /secret/i);
});
