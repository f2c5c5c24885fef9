import assert from "node:assert/strict";
import { test } from "node:test";
import { readProtoFiles } from "../../../src/proxy/decode/protoFiles.ts";
import { decode, MAX_DECODED_CHARS } from "../../../src/proxy/decode/registry.ts";
import { DECODERS, type Decoded, type DecoderName } from "../../../src/shared/model.ts";
import { seeded } from "../../support/captures.ts";
import { GIF, JPEG, PICKLES, SOUND, WEBP } from "../../support/payloads.ts";

/** Of a value that is text, or JSON text. */
function charsOf(decoded: Decoded): number {
  if (decoded.kind === "text") return decoded.text.length;
  return decoded.kind === "tree" ? decoded.json.length : 0;
}

const OPTIONS: Readonly<Partial<Record<DecoderName, readonly string[]>>> = {
  text: ["", "shift_jis", "utf-16le"],
  numbers: ["int8", "uint64-be", "float16-le", "float32-le"],
  struct: ["<IHf", "@b?10sq3p", "c"],
  numpy: ["", "<f4 (-1, 3)", "<U3", "bool 2,2", "<c8"],
  protobuf: ["", "T"],
};
const { schema } = readProtoFiles([
  {
    path: "t.proto",
    text: `syntax = "proto3"; enum E { A = 0; B = 1; }
      message T { int32 a = 1; string b = 2; repeated sint64 c = 3; T d = 4; map<string, T> e = 5; E f = 6; bytes g = 7; double h = 8; repeated E i = 9; fixed32 j = 10; }`,
  },
]);

test("decode cuts every kind to 256 KiB by default", () => {
  const big = Buffer.alloc(2_000_000, "a");
  for (const name of DECODERS) {
    const decoded = decode(name, name === "json" ? Buffer.from(JSON.stringify(big.toString())) : big, {
      option: OPTIONS[name]?.[0] ?? "",
    });
    if (decoded.kind !== "text" && decoded.kind !== "tree") continue;
    assert.equal(charsOf(decoded) <= MAX_DECODED_CHARS + 100, true);
    assert.equal(decoded.truncated, true);
  }
});

/** Octets changed, cut, doubled and put in. */
function damaged(sound: Uint8Array, below: (limit: number) => number): Uint8Array {
  const bytes = Uint8Array.from(sound);
  for (let times = below(6); times > 0 && bytes.length > 0; times--) bytes[below(bytes.length)] = below(256);
  const from = below(bytes.length + 1);
  switch (below(4)) {
    case 0:
      return bytes.subarray(0, from);
    case 1:
      return Buffer.concat([bytes.subarray(0, from), bytes]);
    default:
      return bytes;
  }
}

test("Every decoder returns for damaged and random octets, within its limits", () => {
  const below = seeded(5);
  const sound = [...Object.values(SOUND), ...Object.values(PICKLES), JPEG, GIF, WEBP];
  for (let round = 0; round < 4000; round++) {
    const bytes =
      below(3) === 0
        ? Uint8Array.from({ length: below(200) }, () => (below(2) === 0 ? below(256) : 0x20 + below(95)))
        : damaged(sound[below(sound.length)]!, below);
    for (const name of DECODERS) {
      const maxChars = below(500);
      for (const option of OPTIONS[name] ?? [""]) {
        const decoded = decode(name, bytes, { maxChars, option, schema });
        if (decoded.kind === "tree") JSON.parse(decoded.json);
        else if (decoded.kind === "none") assert.match(decoded.reason, /^[A-Z].*[.]$/s);
        // The shortest forms of what was left out stand beyond the limit.
        assert.ok(charsOf(decoded) <= maxChars + 400, `${name} ${charsOf(decoded)} of ${maxChars}`);
      }
    }
  }
});

test("Every decoder ends for many of the same octet", () => {
  const started = performance.now();
  for (let octet = 0; octet < 256; octet += 5) {
    const bytes = new Uint8Array(100_000).fill(octet);
    for (const name of DECODERS) for (const option of OPTIONS[name] ?? [""]) decode(name, bytes, { option, schema });
  }
  assert.ok(performance.now() - started < 60_000);
});

test("decode says of a user's own decoder that is gone where to look", () => {
  const decoded = decode("own", new Uint8Array(1));
  assert.match(decoded.kind === "none" ? decoded.reason : "", /zmqTap[.]dialects/);
});
