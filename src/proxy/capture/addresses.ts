import { isIPv4, isIPv6 } from "node:net";

/** One end of a synthetic conversation. IPv4 ends have 4 octets, IPv6 ends 16. */
export type PacketEnd = {
  readonly octets: Uint8Array;
  readonly port: number;
  /** What the address cannot say: the path of an ipc end, the name of one without an IP address; else empty. */
  readonly note: string;
};

const MAX_PORT = 65535;

/**
 * Both ends as a capture file shows them, always of one family: mixed pairs become IPv6 with mapped IPv4. An end without
 * an IP address (ipc, in-process, a name) is fd00::1 for the client and fd00::2 for the server, with the link number as port.
 * `clientPort` stands in for the client's own.
 */
export function packetEnds(
  client: string,
  server: string,
  link: number,
  clientPort?: number,
): readonly [PacketEnd, PacketEnd] {
  const own = packetEnd(client, link, 1);
  const ends = [{ ...own, port: clientPort ?? own.port }, packetEnd(server, link, 2)] as const;
  if (ends[0].octets.length === ends[1].octets.length) return ends;
  return [asIPv6(ends[0]), asIPv6(ends[1])];
}

function packetEnd(address: string, link: number, place: number): PacketEnd {
  const match = /^(?:tcp:\/\/)?(?:\[([^\]%]+)(?:%[^\]]*)?\]|([^:[\]]+)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  const v6 = match?.[1];
  const v4 = match?.[2];
  if (v6 !== undefined && isIPv6(v6) && port <= MAX_PORT) return { octets: parseIPv6(v6), port, note: "" };
  if (v4 !== undefined && isIPv4(v4) && port <= MAX_PORT) {
    return { octets: Uint8Array.from(v4.split("."), Number), port, note: "" };
  }
  const octets = new Uint8Array(16);
  octets[0] = 0xfd;
  octets[15] = place;
  return { octets, port: link & MAX_PORT || MAX_PORT, note: address };
}

function asIPv6(end: PacketEnd): PacketEnd {
  if (end.octets.length === 16) return end;
  const octets = new Uint8Array(16);
  octets.fill(0xff, 10, 12);
  octets.set(end.octets, 12);
  return { ...end, octets };
}

/** Takes only what isIPv6 accepted. */
function parseIPv6(text: string): Uint8Array {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  const plain =
    dotted === null ? text : `${dotted[1]!}${hexPair(dotted[2]!, dotted[3]!)}:${hexPair(dotted[4]!, dotted[5]!)}`;
  const [head = "", tail] = plain.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const octets = new Uint8Array(16);
  const view = new DataView(octets.buffer);
  before.forEach((group, index) => view.setUint16(index * 2, Number.parseInt(group, 16)));
  after.forEach((group, index) => view.setUint16(16 - (after.length - index) * 2, Number.parseInt(group, 16)));
  return octets;
}

function hexPair(high: string, low: string): string {
  return (Number(high) * 256 + Number(low)).toString(16);
}
