import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeZ85 } from "../../src/shared/keys/z85.ts";
import { keyOctets, type Secret, searchSecrets } from "./secrets.ts";

// The pair of Bob in the tests of CurveZMQ, which everybody may know.
const KEY: Secret = { name: "key", value: "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs", kind: "key" };
const PASSWORD: Secret = { name: "password", value: "corréct hörse", kind: "password" };

const within = (octets: Uint8Array | string): Buffer => {
  const middle = Buffer.isBuffer(octets) ? octets : Buffer.from(octets as string);
  return Buffer.concat([Buffer.from('{"before":"'), middle, Buffer.from('"}\n')]);
};

const rawOf = ({ kind, value }: Secret): Buffer => (kind === "key" ? keyOctets(value) : Buffer.from(value));

for (const secret of [KEY, PASSWORD]) {
  const raw = rawOf(secret);
  const forms: Record<string, Buffer> = {
    "raw octets": raw,
    "hex in lower case": Buffer.from(raw.toString("hex")),
    "hex in upper case": Buffer.from(raw.toString("hex").toUpperCase()),
    "hex with colons": Buffer.from(raw.toString("hex").replaceAll(/(..)(?=.)/g, "$1:")),
    "hex with spaces": Buffer.from(
      raw
        .toString("hex")
        .toUpperCase()
        .replaceAll(/(..)(?=.)/g, "$1 "),
    ),
    base64: Buffer.from(raw.toString("base64")),
    base64url: Buffer.from(raw.toString("base64url")),
    "base64 behind one octet": Buffer.from(
      Buffer.concat([Buffer.from("x"), raw, Buffer.from("yz")]).toString("base64"),
    ),
    "base64 behind two octets": Buffer.from(
      Buffer.concat([Buffer.from("xy"), raw, Buffer.from("z")]).toString("base64"),
    ),
    "base64url behind one octet": Buffer.from(Buffer.concat([Buffer.from("x"), raw]).toString("base64url")),
    "the JSON of a Uint8Array": Buffer.from(JSON.stringify([...raw])),
    "hex in UTF-16": Buffer.from(raw.toString("hex"), "utf16le"),
    "base64 in big-endian UTF-16": Buffer.from(raw.toString("base64"), "utf16le").swap16(),
  };
  if (secret.kind === "key") {
    forms["Z85"] = Buffer.from(secret.value);
    forms["Z85 in UTF-16"] = Buffer.from(secret.value, "utf16le");
    forms["Z85 in a URL"] = Buffer.from(encodeURIComponent(secret.value));
    forms["hex of Z85"] = Buffer.from(Buffer.from(secret.value).toString("hex").toUpperCase());
    forms["base64 of Z85"] = Buffer.from(Buffer.from(secret.value).toString("base64"));
  } else {
    forms["UTF-16"] = Buffer.from(secret.value, "utf16le");
  }
  for (const [form, octets] of Object.entries(forms)) {
    test(`searchSecrets finds a ${secret.kind} as ${form}`, () => {
      assert.notDeepEqual(searchSecrets(within(octets), [secret]), []);
    });
  }
}

test("searchSecrets says which secret it found and how it was written", () => {
  assert.deepEqual(searchSecrets(within(KEY.value), [PASSWORD, KEY]), ["key in Z85"]);
});

test("searchSecrets finds nothing where half a secret stands, or another key", () => {
  const raw = rawOf(KEY);
  const other = Buffer.from(raw);
  other[31]! ^= 1;
  for (const octets of [raw.subarray(0, 31), raw.subarray(1), other, Buffer.from(encodeZ85(other))]) {
    assert.deepEqual(searchSecrets(within(octets), [KEY, PASSWORD]), []);
  }
});

test("searchSecrets refuses a key that is no Z85 text", () => {
  assert.throws(() => searchSecrets(Buffer.alloc(9), [{ ...KEY, value: KEY.value.slice(1) }]), /no Z85/);
});
