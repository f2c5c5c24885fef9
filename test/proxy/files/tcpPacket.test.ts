import assert from "node:assert/strict";
import { test } from "node:test";
import { TcpPacket } from "../../../src/proxy/files/tcpPacket.ts";
import { ipv4, ipv6, links, type Segment } from "../../support/captureFiles.ts";

const segment: Segment = {
  direction: 0,
  sequence: 0xfffffff0,
  acknowledgement: 7,
  flags: 0x18,
  payload: Buffer.from("payload"),
};

function read(bytes: Buffer, linkType = 101, original = bytes.length, to = bytes.length): string {
  const packet = new TcpPacket();
  // Something stands in front of the packet and behind it.
  const around = Buffer.concat([Buffer.alloc(5, 9), bytes, Buffer.alloc(50, 9)]);
  const kind = packet.read(around, 5, 5 + to, original, linkType);
  if (kind !== "tcp") return kind;
  const { sourcePort, targetPort, sequence, acknowledgement, flags, payloadFrom, payloadTo, payloadBytes } = packet;
  assert.deepEqual([sourcePort, targetPort, sequence, acknowledgement, flags], [40_001, 5556, 0xfffffff0, 7, 0x18]);
  assert.equal(around[packet.targetAt + packet.addressBytes - 1], 2);
  assert.equal(around[packet.sourceAt + packet.addressBytes - 1], 1);
  return `${around.toString("latin1", payloadFrom, payloadTo)} of ${payloadBytes}`;
}

test("TcpPacket reads a segment in every link type", () => {
  for (const { type, wrap } of Object.values(links)) {
    for (const ip of [ipv4(segment), ipv6(segment)]) assert.equal(read(wrap(ip), type), "payload of 7");
  }
  assert.equal(read(ipv4(segment), 228), "payload of 7");
  assert.equal(read(ipv6(segment), 229), "payload of 7");
  assert.equal(read(ipv4(segment), 9999), "other");
});

test("TcpPacket leaves out what Ethernet pads short frames with", () => {
  const { type, wrap } = links["Ethernet"]!;
  assert.equal(read(Buffer.concat([wrap(ipv4(segment)), Buffer.alloc(6)]), type), "payload of 7");
});

test("TcpPacket reads IPv4 with options, and takes the captured length where there is none", () => {
  assert.equal(read(ipv4(segment, { options: Buffer.alloc(8) })), "payload of 7");
  assert.equal(read(ipv4(segment, { total: 0 })), "payload of 7");
  assert.equal(read(ipv6(segment, [], 0)), "payload of 7");
});

test("TcpPacket reads IPv6 with extension headers", () => {
  const extension = (words: number): Buffer => Buffer.from([0, words, ...Array<number>(6 + words * 8).fill(1)]);
  const atomic = Buffer.from("0000000000000001", "hex");
  const authentication = Buffer.from([0, 4, ...Array<number>(22).fill(1)]);
  const headers = [
    [0, extension(0)],
    [43, extension(1)],
    [60, extension(2)],
    [44, atomic],
    [51, authentication],
  ] as const;
  assert.equal(read(ipv6(segment, headers)), "payload of 7");
});

test("TcpPacket tells fragments, other protocols and damage apart", () => {
  assert.equal(read(ipv4(segment, { fragment: 0x2000 })), "fragment");
  assert.equal(read(ipv4(segment, { fragment: 5 })), "fragment");
  assert.equal(read(ipv6(segment, [[44, Buffer.from("0000000100000001", "hex")]])), "fragment");
  assert.equal(read(ipv4(segment, { protocol: 17 })), "other");
  assert.equal(read(ipv6(segment, [[58, Buffer.alloc(8)]])), "other");
  assert.equal(read(Buffer.alloc(40)), "other");
  const arp = links["Ethernet"]!.wrap(ipv4(segment));
  arp.writeUInt16BE(0x0806, 12);
  assert.equal(read(arp, 1), "other");
  const family = links["OpenBSD loopback"]!.wrap(ipv4(segment));
  family.writeUInt32BE(3, 0);
  assert.equal(read(family, 108), "other");
  const short = ipv4(segment);
  short[0] = 0x44;
  assert.equal(read(short), "damaged");
  const header = ipv4(segment);
  header[20 + 12] = 0x40;
  assert.equal(read(header), "damaged");
  const long = ipv4(segment, { total: 41 });
  assert.equal(read(long), "damaged");
  const tags = Buffer.concat([Buffer.alloc(12), Buffer.from("81000001".repeat(6), "hex"), ipv4(segment)]);
  assert.equal(read(tags, 1), "damaged");
  const chain = Array.from({ length: 20 }, () => [60, Buffer.alloc(8)] as const);
  assert.equal(read(ipv6(segment, chain)), "damaged");
});

test("TcpPacket says how much of a cut packet is there, at every cut", () => {
  for (const { type, wrap } of Object.values(links)) {
    for (const ip of [ipv4(segment), ipv6(segment)]) {
      const bytes = wrap(ip);
      for (let to = 0; to < bytes.length; to++) {
        const missing = bytes.length - to;
        const expected = missing <= 7 ? `${"payload".slice(0, 7 - missing)} of 7` : "";
        const told = read(bytes, type, bytes.length, to);
        if (expected === "") assert.ok(told === "damaged" || told === " of 7", `${to}: ${told}`);
        else assert.equal(told, expected);
      }
    }
  }
});
