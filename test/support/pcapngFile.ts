/** What a file of ours says, read without any of our code. Little-endian, raw IP, IPv4 or IPv6. */
type Packet = {
  readonly kind: "packet";
  readonly interfaceId: number;
  readonly timeNs: bigint;
  /** `address:port` of both ends. */
  readonly from: string;
  readonly to: string;
  readonly flags: string;
  readonly sequence: number;
  readonly payload: Buffer;
  readonly comments: readonly string[];
};
export type Block =
  | Packet
  | { readonly kind: "section" }
  | { readonly kind: "interface"; readonly name: string }
  | { readonly kind: "json"; readonly value: Record<string, unknown> };

/** All blocks, in order. Throws for anything that is not whole. */
export function readBlocks(file: Buffer): Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at < file.length;) {
    const type = file.readUInt32LE(at);
    const total = file.readUInt32LE(at + 4);
    if (total % 4 !== 0 || file.readUInt32LE(at + total - 4) !== total) throw new Error(`bad block at ${at}`);
    const body = file.subarray(at + 8, at + total - 4);
    if (type === 0x0a0d0d0a) blocks.push({ kind: "section" });
    else if (type === 1) blocks.push({ kind: "interface", name: options(body, 8).get(2)![0]!.toString() });
    else if (type === 0xbad) {
      blocks.push({ kind: "json", value: JSON.parse(body.toString("utf8", 4)) as Record<string, unknown> });
    } else if (type === 6) blocks.push(readPacket(body));
    else throw new Error(`block of type ${type} at ${at}`);
    at += total;
  }
  return blocks;
}

export type Stream = {
  readonly client: string;
  readonly server: string;
  /** Octets of client and server. */
  readonly sent: readonly [Buffer, Buffer];
  readonly isClosed: boolean;
};

/** TCP conversations in order of their SYN. Throws where a sequence number does not run on. */
export function readStreams(blocks: readonly Block[]): Stream[] {
  const streams: { client: string; server: string; sent: [Buffer[], Buffer[]]; next: number[]; isClosed: boolean }[] =
    [];
  for (const block of blocks) {
    if (block.kind !== "packet") continue;
    if (block.flags === "S") {
      streams.push({
        client: block.from,
        server: block.to,
        sent: [[], []],
        next: [block.sequence + 1],
        isClosed: false,
      });
      continue;
    }
    const stream = streams.findLast(({ client, server }) => {
      const ends = [client, server];
      return ends.includes(block.from) && ends.includes(block.to);
    });
    if (stream === undefined) throw new Error("a packet without SYN before it");
    const side = block.from === stream.client ? 0 : 1;
    if (block.flags === "SA") {
      stream.next.push(block.sequence + 1);
      continue;
    }
    if (block.sequence !== stream.next[side]! % 2 ** 32) throw new Error("a sequence number does not run on");
    stream.next[side]! += block.payload.length;
    if (block.flags.includes("F")) {
      stream.isClosed = true;
      stream.next[side]! += 1;
    } else if (stream.isClosed && block.payload.length > 0) throw new Error("octets behind FIN");
    stream.sent[side].push(block.payload);
  }
  return streams.map(({ client, server, sent, isClosed }) => ({
    client,
    server,
    sent: [Buffer.concat(sent[0]), Buffer.concat(sent[1])],
    isClosed,
  }));
}

function readPacket(body: Buffer): Packet {
  const length = body.readUInt32LE(12);
  const packet = body.subarray(20, 20 + length);
  const isIPv6 = packet[0]! >> 4 === 6;
  const size = isIPv6 ? 16 : 4;
  const addresses = isIPv6 ? 8 : 12;
  const tcp = packet.subarray(isIPv6 ? 40 : 20);
  const flags = tcp[13]!;
  const end = (at: number, port: number): string =>
    `${packet.toString("hex", at, at + size)}:${tcp.readUInt16BE(port)}`;
  const found = options(body, 20 + ((length + 3) & ~3));
  return {
    kind: "packet",
    interfaceId: body.readUInt32LE(0),
    timeNs: (BigInt(body.readUInt32LE(4)) << 32n) + BigInt(body.readUInt32LE(8)),
    from: end(addresses, 0),
    to: end(addresses + size, 2),
    flags: `${flags & 2 ? "S" : ""}${flags & 1 ? "F" : ""}${flags & 16 ? "A" : ""}`,
    sequence: tcp.readUInt32BE(4),
    payload: tcp.subarray(20),
    comments: (found.get(1) ?? []).map((value) => value.toString()),
  };
}

function options(body: Buffer, from: number): Map<number, Buffer[]> {
  const found = new Map<number, Buffer[]>();
  for (let at = from; at + 4 <= body.length;) {
    const code = body.readUInt16LE(at);
    const length = body.readUInt16LE(at + 2);
    if (code === 0) break;
    found.set(code, [...(found.get(code) ?? []), body.subarray(at + 4, at + 4 + length)]);
    at += 4 + ((length + 3) & ~3);
  }
  return found;
}
