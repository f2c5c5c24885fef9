import assert from "node:assert/strict";
import { test } from "node:test";
import { isPcap, PcapReader } from "../../../src/proxy/files/pcapReader.ts";
import { pcap, START_NS } from "../../support/captureFiles.ts";

type Told = [text: string, original: number, linkType: number, timeNs: number];

function readerOf(): { told: Told[]; reader: PcapReader } {
  const told: Told[] = [];
  const sink = {
    packet: (bytes: Buffer, from: number, to: number, original: number, linkType: number, timeNs: number): void =>
      void told.push([bytes.toString("latin1", from, to), original, linkType, timeNs]),
    custom: (): void => assert.fail(),
  };
  return { told, reader: new PcapReader(sink, START_NS) };
}

const packets = [
  { bytes: Buffer.from("one"), ns: 1000 },
  { bytes: Buffer.from("tw"), ns: 2_000_000_000, original: 3 },
];

for (const isLittle of [true, false]) {
  for (const isNano of [true, false]) {
    test(`PcapReader reads ${isLittle ? "little" : "big"}-endian files in ${isNano ? "nano" : "micro"}seconds`, () => {
      const file = pcap(packets, { isLittle, isNano, linkType: 113 });
      assert.equal(isPcap(file), true);
      const { told, reader } = readerOf();
      assert.equal(reader.read(file, 0, file.length, 0), file.length);
      assert.deepEqual(told, [
        ["one", 3, 113, 1000],
        ["tw", 3, 113, 2_000_000_000],
      ]);
      assert.equal(reader.problem, null);
    });
  }
}

test("PcapReader stops before what is not whole yet, and goes on there", () => {
  const file = pcap(packets);
  for (let cut = 0; cut <= file.length; cut++) {
    const { told, reader } = readerOf();
    const stop = reader.read(file, 0, cut, 0);
    assert.ok(stop <= cut);
    assert.equal(reader.read(file, stop, file.length, stop), file.length);
    assert.equal(told.length, 2);
  }
});

test("PcapReader passes over packets that are too long, and stops at impossible ones", () => {
  const file = pcap([{ bytes: Buffer.alloc(8) }, ...packets]);
  file.writeUInt32LE(5_000_000, 24 + 8);
  const { reader } = readerOf();
  assert.equal(reader.read(file, 0, file.length, 0), 24 + 16 + 5_000_000);
  assert.equal(reader.oversized, 1);
  file.writeUInt32LE(0xfffffff0, 24 + 8);
  const second = readerOf().reader;
  second.read(file, 0, file.length, 100);
  assert.deepEqual(second.problem, {
    message: "A packet declares 4294967280 octets, so the file is damaged here; all before was read.",
    offset: 124,
  });
});

test("isPcap knows other files", () => {
  assert.equal(isPcap(Buffer.from("0a0d0d0a", "hex")), false);
});
