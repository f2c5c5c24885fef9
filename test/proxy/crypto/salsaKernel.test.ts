import assert from "node:assert/strict";
import { before, test } from "node:test";
import { openSalsaKernel, type SalsaXor, SCRATCH_BYTES } from "../../../src/proxy/crypto/salsaKernel.ts";
import { hex } from "../../support/octets.ts";
import { random } from "../../support/random.ts";
import { type Stream, salsaStream } from "../../support/salsaStream.ts";

// Places in the kernel's memory.
const SCRATCH = 0;
const KEY = 1024;
const NONCE = 1088;
const INPUT = 4096;
const OUT = 1 << 18;
const MARGIN = 512;

const memory = new WebAssembly.Memory({ initial: 8 });
const draw = random(20);
let kernel: SalsaXor;
let reference: Stream;
before(async () => {
  kernel = (await openSalsaKernel(memory))!;
  reference = await salsaStream();
});

function octets(count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => draw(256));
}

/** What the kernel makes of a text; fails when it touches anything else. */
function xor(
  text: Uint8Array,
  { key, nonce, block, isInPlace = false }: { key: Uint8Array; nonce: Uint8Array; block: bigint; isInPlace?: boolean },
): Uint8Array {
  const all = new Uint8Array(memory.buffer);
  const out = isInPlace ? INPUT : OUT;
  all.set(key, KEY);
  all.set(nonce, NONCE);
  all.fill(0xa5, INPUT - MARGIN, INPUT + text.length + MARGIN);
  all.fill(0x5a, OUT - MARGIN, OUT + text.length + MARGIN);
  all.set(text, INPUT);
  const expected = all.slice();
  kernel(out, INPUT, text.length, NONCE, Number(block & 0xffffffffn), Number(block >> 32n), KEY, SCRATCH);
  const result = all.slice(out, out + text.length);
  expected.set(result, out);
  assert.ok(Buffer.from(all.buffer).equals(expected), `${text.length} octets: something beside the output changed`);
  return result;
}

function assertAsReference(size: number, block: bigint): void {
  const key = octets(32);
  const nonce = octets(8);
  const text = octets(size);
  const expected = Buffer.from(reference(text, { key, nonce, block }));
  for (const isInPlace of [false, true]) {
    const result = xor(text, { key, nonce, block, isInPlace });
    assert.ok(expected.equals(result), `${size} octets from block ${block}, ${isInPlace ? "in place" : "apart"}`);
  }
}

test("makes the streams that were published with Salsa20", () => {
  const set1 = xor(new Uint8Array(512), {
    key: hex("80".padEnd(64, "0")),
    nonce: new Uint8Array(8),
    block: 0n,
  });
  const set6 = {
    key: hex("0F62B5085BAE0154A7FA4DA0F34699EC 3F92E5388BDE3184D72A7DD02376C91C"),
    nonce: hex("288FF65DC42B92F9"),
    block: 0n,
  };
  const long = xor(new Uint8Array(131_072), set6);
  const parts: [Uint8Array, number, string][] = [
    [
      set1,
      0,
      `E3BE8FDD8BECA2E3EA8EF9475B29A6E7 003951E1097A5C38D23B7A5FAD9F6844
       B22C97559E2723C7CBBD3FE4FC8D9A07 44652A83E72A9C461876AF4D7EF1A117`,
    ],
    [
      set1,
      192,
      `57BE81F47B17D9AE7C4FF15429A73E10 ACF250ED3A90A93C711308A74C6216A9
       ED84CD126DA7F28E8ABF8BB63517E1CA 98E712F4FB2E1A6AED9FDC73291FAA17`,
    ],
    [
      set1,
      256,
      `958211C4BA2EBD5838C635EDB81F513A 91A294E194F1C039AEEC657DCE40AA7E
       7C0AF57CACEFA40C9F14B71A4B3456A6 3E162EC7D8D10B8FFB1810D71001B618`,
    ],
    [
      set1,
      448,
      `696AFCFD0CDDCC83C7E77F11A649D79A CDC3354E9635FF137E929933A0BD6F53
       77EFA105A3A4266B7C0D089D08F1E855 CC32B15B93784A36E56A76CC64BC8477`,
    ],
    [
      long,
      0,
      `5E5E71F90199340304ABB22A37B6625B F883FB89CE3B21F54A10B81066EF87DA
       30B77699AA7379DA595C77DD59542DA2 08E5954F89E40EB7AA80A84A6176663F`,
    ],
    [
      long,
      65_472,
      `2DA2174BD150A1DFEC1796E921E9D6E2 4ECF0209BCBEA4F98370FCE629056F64
       917283436E2D3F45556225307D5CC5A5 65325D8993B37F1654195C240BF75B16`,
    ],
    [
      long,
      65_536,
      `ABF39A210EEE89598B7133377056C2FE F42DA731327563FB67C7BEDB27F38C7C
       5A3FC2183A4C6B277F901152472C6B2A BCF5E34CBE315E81FD3D180B5D66CB6C`,
    ],
    [
      long,
      131_008,
      `1BA89DBD3F98839728F56791D5B7CE23 5036DE843CCCAB0390B8B5862F1E4596
       AE8A16FB23DA997F371F4E0AACC26DB8 EB314ED470B1AF6B9F8D69DD79A9D750`,
    ],
  ];
  for (const [stream, at, expected] of parts) {
    assert.deepEqual(stream.slice(at, at + 64), hex(expected), `from octet ${at} on`);
  }
});

test("makes the same as libsodium of every size up to 1200 octets, in place and apart, and touches nothing else", () => {
  for (let size = 0; size <= 1200; size++) assertAsReference(size, BigInt(draw(2 ** 32)));
});

test("makes the same as libsodium of texts of up to 70 kB", () => {
  for (let run = 0; run < 30; run++) assertAsReference(1200 + draw(68_800), BigInt(draw(2 ** 32)));
});

test("counts blocks past 2^32, at every place among the blocks that are made at once", () => {
  for (let before = 0n; before <= 12n; before++) assertAsReference(1_000, (1n << 32n) - before);
  for (let run = 0; run < 20; run++) {
    assertAsReference(600, (BigInt(draw(2 ** 32)) << 32n) | BigInt(draw(2 ** 32)));
    assertAsReference(900, (BigInt(draw(2 ** 32)) << 32n) | BigInt(2 ** 32 - 1 - draw(16)));
  }
  assertAsReference(1_000, (1n << 64n) - 3n);
});

test("leaves nothing of a stream in the scratch place", () => {
  for (const size of [1, 65, 255, 256, 300]) assertAsReference(size, 0n);
  assert.deepEqual(new Uint8Array(memory.buffer, SCRATCH, SCRATCH_BYTES), new Uint8Array(SCRATCH_BYTES));
});

test("goes on when the memory has grown", () => {
  memory.grow(1);
  assertAsReference(1_000, 0n);
});
