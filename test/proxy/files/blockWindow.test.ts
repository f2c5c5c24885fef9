import assert from "node:assert/strict";
import { test } from "node:test";
import { BlockWindow } from "../../../src/proxy/files/blockWindow.ts";
import { pcap, PcapngBuilder } from "../../support/captureFiles.ts";

function windowOf(): { window: BlockWindow; sizes: number[] } {
  const sizes: number[] = [];
  const window = new BlockWindow(
    { packet: (_bytes, from, to) => void sizes.push(to - from), custom: () => undefined },
    0n,
  );
  return { window, sizes };
}

const packet = (size: number) => ({ bytes: Buffer.alloc(size) });

test("BlockWindow reads packets of any size up to its bound, however they come", () => {
  const wanted = [0, 1, 1000, 65_535, 1_048_576, 3_000_000, 4_194_304, 17];
  const builder = new PcapngBuilder().section().face();
  for (const size of wanted) builder.packet(packet(size));
  for (const file of [pcap(wanted.map(packet)), builder.bytes]) {
    for (const part of [999_983, file.length]) {
      const { window, sizes } = windowOf();
      for (let at = 0; at < file.length; at += part) window.push(file.subarray(at, at + part));
      window.end();
      assert.deepEqual(sizes, wanted);
      assert.equal(window.problem, null);
    }
  }
});

test("BlockWindow passes over what is longer without holding it", () => {
  const file = pcap([packet(1), packet(6_000_000), packet(2)]);
  const { window, sizes } = windowOf();
  window.push(file);
  window.end();
  assert.deepEqual([sizes, window.oversized, window.problem, window.format], [[1, 2], 1, null, "pcap"]);
});

test("BlockWindow lets a file be read from behind what is passed over", () => {
  const file = pcap([packet(1), packet(6_000_000), packet(2)]);
  const { window, sizes } = windowOf();
  let position = 0;
  while (position < file.length) {
    const count = file.copy(window.borrowRoom(), 0, position);
    const read = Math.min(count, 100);
    window.wrote(read);
    position += read;
    position += window.takeSkip(file.length - position);
  }
  window.end();
  assert.deepEqual([sizes, window.problem], [[1, 2], null]);
});

test("BlockWindow says when the file ends within what is passed over", () => {
  const file = pcap([packet(6_000_000)]);
  const { window } = windowOf();
  window.push(file.subarray(0, 1000));
  assert.equal(window.takeSkip(0), 0);
  window.end();
  assert.match(window.problem!.message, /ends in the middle/);
});

test("BlockWindow tells what is no capture from the first octets", () => {
  for (const [octets, message] of [
    ["", /is empty/],
    ["ab", /is no capture/],
    ["PK\x03\x04abcd", /is no capture/],
    ["\x1f\x8b\x08\0", /gzip/],
  ] as const) {
    const { window } = windowOf();
    window.push(Buffer.from(octets, "latin1"));
    window.push(Buffer.from("more"));
    if (octets.length < 4) continue;
    window.end();
    assert.match(window.problem!.message, message);
    assert.equal(window.problem!.offset, 0);
    assert.equal(window.format, null);
  }
  const { window } = windowOf();
  window.end();
  assert.match(window.problem!.message, /is empty/);
});
