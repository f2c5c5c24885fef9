import assert from "node:assert/strict";
import { test } from "node:test";
import { PcapngReader } from "../../../src/proxy/files/pcapngReader.ts";
import { PcapngBuilder, START_NS } from "../../support/captureFiles.ts";

type Told = { text: string; original: number; linkType: number; timeNs: number; comments: readonly string[] };

function read(
  file: Buffer,
  anchorNs = START_NS,
): { told: Told[]; customs: string[]; reader: PcapngReader; stop: number } {
  const told: Told[] = [];
  const customs: string[] = [];
  const reader = new PcapngReader(
    {
      packet: (bytes, from, to, original, linkType, timeNs, comments) =>
        void told.push({ text: bytes.toString("latin1", from, to), original, linkType, timeNs, comments }),
      custom: (json) => void customs.push(json),
    },
    anchorNs,
  );
  return { told, customs, reader, stop: reader.read(file, 0, file.length, 0) };
}

const one = { bytes: Buffer.from("one"), ns: 7000 };

for (const isLittle of [true, false]) {
  test(`PcapngReader reads enhanced, simple and obsolete packets of ${isLittle ? "little" : "big"}-endian files`, () => {
    const builder = new PcapngBuilder(isLittle).section().face(113, [], 2).face(1);
    const { bytes } = builder
      .packet({ ...one, comments: ["first", "second"] }, 1)
      .obsolete(one, 0)
      .simple({ bytes: Buffer.from("on"), original: 9 })
      .block(0x77, Buffer.alloc(16))
      .custom({ a: 1 })
      .custom("not ours", 1)
      .custom("with option to copy", 32_473, 0x40000bad);
    const { told, customs, reader } = read(bytes);
    assert.equal(reader.problem, null);
    assert.deepEqual(told, [
      { text: "one", original: 3, linkType: 1, timeNs: 7000, comments: ["first", "second"] },
      { text: "one", original: 3, linkType: 113, timeNs: 7000, comments: [] },
      { text: "on", original: 9, linkType: 113, timeNs: 7000, comments: [] },
    ]);
    assert.deepEqual(
      customs.map((json) => json.trim()),
      ['{"a":1}', "with option to copy"],
    );
  });
}

test("PcapngReader reads sections of either byte order one behind the other", () => {
  const section = (isLittle: boolean, linkType: number): Buffer =>
    new PcapngBuilder(isLittle).section().face(linkType).packet(one).bytes;
  const { told } = read(Buffer.concat([section(true, 1), section(false, 101), section(true, 113)]));
  assert.deepEqual(
    told.map(({ linkType, timeNs }) => [linkType, timeNs]),
    [
      [1, 7000],
      [101, 7000],
      [113, 7000],
    ],
  );
});

test("PcapngReader reads times in every resolution and with an offset", () => {
  const timeOf = (resolution: number, units: bigint, offsetSeconds = 0n): number => {
    const offset = Buffer.alloc(8);
    offset.writeBigInt64LE(offsetSeconds);
    const options = [
      [9, Buffer.of(resolution)],
      [14, offset],
    ] as const;
    return read(new PcapngBuilder().section().face(101, options).packet(one, 0, units).bytes).told[0]!.timeNs;
  };
  const seconds = START_NS / 1_000_000_000n;
  assert.equal(timeOf(9, START_NS + 123n), 123);
  assert.equal(timeOf(6, START_NS / 1000n + 5n), 5000);
  assert.equal(timeOf(3, START_NS / 1_000_000n - 1n), -1_000_000);
  assert.equal(timeOf(0, seconds + 2n), 2_000_000_000);
  assert.equal(timeOf(10, START_NS * 10n + 25n), 3);
  assert.equal(timeOf(0x80 | 10, seconds * 1024n + 512n), 500_000_000);
  assert.equal(timeOf(0x80 | 32, (seconds << 32n) + (1n << 31n)), 500_000_000);
  assert.equal(timeOf(9, START_NS - 3_600_000_000_000n, 3600n), 0);
  assert.equal(timeOf(9, START_NS + 3_600_000_000_000n + 1n, -3600n), 1);
  for (const resolution of [127, 255, 20, 0x80 | 63]) assert.ok(Number.isFinite(timeOf(resolution, 2n ** 64n - 1n)));
});

test("PcapngReader says what is damaged, and where", () => {
  const head = new PcapngBuilder().section().face().bytes;
  const problem = (tail: Buffer): string => {
    const { reader } = read(Buffer.concat([head, tail]));
    return `${reader.problem!.offset - head.length} ${reader.problem!.message}`;
  };
  const block = (type: number, ...parts: Buffer[]): Buffer => new PcapngBuilder().block(type, ...parts).bytes;
  const bad = (bytes: Buffer, at: number, value: number): Buffer => {
    bytes.writeUInt32LE(value, at);
    return bytes;
  };
  assert.match(problem(bad(block(9, Buffer.alloc(8)), 4, 13)), /^0 A block declares 13 octets/);
  assert.match(problem(bad(block(9, Buffer.alloc(8)), 4, 0)), /^0 A block declares 0 octets/);
  assert.match(problem(bad(block(9, Buffer.alloc(8)), 16, 24)), /^0 The two lengths of a block differ/);
  assert.match(problem(block(0x0a0d0d0a, Buffer.alloc(16))), /^0 A section begins without its byte-order mark/);
  assert.match(problem(block(1)), /^0 An interface cannot be read/);
  assert.match(problem(new PcapngBuilder().packet(one, 3).bytes), /^0 A packet names interface 3/);
  assert.match(problem(bad(new PcapngBuilder().packet(one).bytes, 20, 400)), /^0 A packet is longer than its block/);
  assert.match(
    read(new PcapngBuilder().section().simple(one).bytes).reader.problem!.message,
    /^A packet has no interface/,
  );
});

test("PcapngReader passes over blocks that are too long to hold, and counts packets among them", () => {
  const file = new PcapngBuilder().section().face().packet(one).bytes;
  const at = file.length - 12 - 20 - 4;
  file.writeUInt32LE(8_000_000, at + 4);
  const { reader, stop, told } = read(file);
  assert.deepEqual([reader.problem, reader.oversized, stop, told.length], [null, 1, at + 8_000_000, 0]);
});

test("PcapngReader ignores options that do not fit and blocks that are too short", () => {
  const builder = new PcapngBuilder().section();
  builder.block(1, Buffer.from("6500000000000000", "hex"), Buffer.from("0900ff00", "hex"));
  builder.block(6, Buffer.alloc(4)).block(2).block(3).block(0xbad).packet(one);
  const { told, reader } = read(builder.bytes);
  assert.equal(reader.problem, null);
  assert.equal(told.length, 1);
  const cut = new PcapngBuilder()
    .section()
    .face()
    .packet({ ...one, comments: ["abc"] }).bytes;
  cut.writeUInt16LE(400, cut.length - 4 - 4 - 4 - 2);
  assert.deepEqual(read(cut).told[0]!.comments, []);
});
