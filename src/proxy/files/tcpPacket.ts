// Link types of pcap and pcapng (draft-ietf-opsawg-pcaplinktype), as files write them.
const LINK_NULL = 0;
const LINK_ETHERNET = 1;
const LINK_RAW = new Set([12, 14, 101]);
const LINK_LOOP = 108;
const LINK_COOKED_1 = 113;
const LINK_IPV4 = 228;
const LINK_IPV6 = 229;
const LINK_COOKED_2 = 276;

const TYPE_IPV4 = 0x0800;
const TYPE_IPV6 = 0x86dd;
const VLAN_TYPES = new Set([0x8100, 0x88a8, 0x9100, 0x9200]);
const MAX_VLAN_TAGS = 4;
const FAMILY_IPV4 = 2;
/** AF_INET6 of Linux, the BSDs, and macOS. */
const FAMILIES_IPV6 = new Set([10, 24, 28, 30]);

const PROTOCOL_TCP = 6;
const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION_OPTIONS = 60;
const MAX_EXTENSION_HEADERS = 16;

export const TCP_FIN = 1;
export const TCP_SYN = 2;
export const TCP_RST = 4;
export const TCP_ACK = 16;

/** What a packet turned out to be. */
export type PacketKind = "tcp" | "fragment" | "damaged" | "other";

/** One TCP segment as numbers; the same object is filled again for each packet. */
export class TcpPacket {
  /** Where the addresses stand in the packet's bytes, and how long each is: 4 or 16 octets. */
  sourceAt = 0;
  targetAt = 0;
  addressBytes = 0;
  sourcePort = 0;
  targetPort = 0;
  sequence = 0;
  acknowledgement = 0;
  flags = 0;
  /** Payload in the packet's bytes: what was captured of it, and its length on the wire. */
  payloadFrom = 0;
  payloadTo = 0;
  payloadBytes = 0;

  /** Reads a captured packet, octets `from` to `to` of `bytes`; `originalBytes` is its length on the wire. */
  read(bytes: Buffer, from: number, to: number, originalBytes: number, linkType: number): PacketKind {
    const wireEnd = from + Math.max(originalBytes, to - from);
    switch (linkType) {
      case LINK_ETHERNET:
        return this.#readTyped(bytes, from + 12, to, wireEnd);
      case LINK_COOKED_1:
        return this.#readTyped(bytes, from + 14, to, wireEnd);
      case LINK_COOKED_2:
        if (to - from < 20) return "damaged";
        return this.#readTypedAt(bytes, bytes.readUInt16BE(from), from + 20, to, wireEnd);
      case LINK_NULL:
      case LINK_LOOP:
        return this.#readLoopback(bytes, from, to, wireEnd);
      case LINK_IPV4:
      case LINK_IPV6:
        return this.#readIp(bytes, from, to, wireEnd);
      default:
        return LINK_RAW.has(linkType) ? this.#readIp(bytes, from, to, wireEnd) : "other";
    }
  }

  #readTyped(bytes: Buffer, at: number, to: number, wireEnd: number): PacketKind {
    if (at + 2 > to) return "damaged";
    return this.#readTypedAt(bytes, bytes.readUInt16BE(at), at + 2, to, wireEnd);
  }

  #readTypedAt(bytes: Buffer, firstType: number, from: number, to: number, wireEnd: number): PacketKind {
    let type = firstType;
    let at = from;
    for (let tags = 0; VLAN_TYPES.has(type); tags++) {
      if (tags === MAX_VLAN_TAGS || at + 4 > to) return "damaged";
      type = bytes.readUInt16BE(at + 2);
      at += 4;
    }
    return type === TYPE_IPV4 || type === TYPE_IPV6 ? this.#readIp(bytes, at, to, wireEnd) : "other";
  }

  /** The family is written in the order of the machine that captured, or in that of the network. */
  #readLoopback(bytes: Buffer, from: number, to: number, wireEnd: number): PacketKind {
    if (to - from < 4) return "damaged";
    const little = bytes.readUInt32LE(from);
    const family = little > 0xffff ? bytes.readUInt32BE(from) : little;
    return family === FAMILY_IPV4 || FAMILIES_IPV6.has(family) ? this.#readIp(bytes, from + 4, to, wireEnd) : "other";
  }

  #readIp(bytes: Buffer, at: number, to: number, wireEnd: number): PacketKind {
    if (at >= to) return "damaged";
    const version = bytes[at]! >> 4;
    if (version === 4) return this.#readIPv4(bytes, at, to, wireEnd);
    return version === 6 ? this.#readIPv6(bytes, at, to, wireEnd) : "other";
  }

  #readIPv4(bytes: Buffer, at: number, to: number, wireEnd: number): PacketKind {
    if (to - at < 20) return "damaged";
    const headerBytes = (bytes[at]! & 15) * 4;
    if (headerBytes < 20) return "damaged";
    if (bytes[at + 9] !== PROTOCOL_TCP) return "other";
    if ((bytes.readUInt16BE(at + 6) & 0x3fff) !== 0) return "fragment";
    const totalBytes = bytes.readUInt16BE(at + 2);
    // Offloaded segments are captured before their length is known.
    const end = totalBytes === 0 ? wireEnd : at + totalBytes;
    this.addressBytes = 4;
    this.sourceAt = at + 12;
    this.targetAt = at + 16;
    return this.#readTcp(bytes, at + headerBytes, Math.min(to, end), end);
  }

  #readIPv6(bytes: Buffer, at: number, to: number, wireEnd: number): PacketKind {
    if (to - at < 40) return "damaged";
    const payloadBytes = bytes.readUInt16BE(at + 4);
    const end = payloadBytes === 0 ? wireEnd : at + 40 + payloadBytes;
    let next = bytes[at + 6]!;
    let header = at + 40;
    for (let count = 0; next !== PROTOCOL_TCP; count++) {
      const isExtension =
        next === HOP_BY_HOP || next === ROUTING || next === DESTINATION_OPTIONS || next === AUTHENTICATION;
      if (!isExtension && next !== FRAGMENT) return "other";
      if (count === MAX_EXTENSION_HEADERS || header + 8 > to) return "damaged";
      // A fragment header that neither offsets nor announces more belongs to a whole packet.
      if (next === FRAGMENT && (bytes.readUInt16BE(header + 2) & 0xfff9) !== 0) return "fragment";
      const length = bytes[header + 1]!;
      const octets = next === FRAGMENT ? 8 : next === AUTHENTICATION ? (length + 2) * 4 : (length + 1) * 8;
      next = bytes[header]!;
      header += octets;
    }
    this.addressBytes = 16;
    this.sourceAt = at + 8;
    this.targetAt = at + 24;
    return this.#readTcp(bytes, header, Math.min(to, end), end);
  }

  /** `to` is the end of what was captured, `end` that of what was sent. */
  #readTcp(bytes: Buffer, at: number, to: number, end: number): PacketKind {
    if (to - at < 20) return "damaged";
    const headerBytes = (bytes[at + 12]! >> 4) * 4;
    if (headerBytes < 20 || at + headerBytes > end) return "damaged";
    this.sourcePort = bytes.readUInt16BE(at);
    this.targetPort = bytes.readUInt16BE(at + 2);
    this.sequence = bytes.readUInt32BE(at + 4);
    this.acknowledgement = bytes.readUInt32BE(at + 8);
    this.flags = bytes[at + 13]!;
    this.payloadFrom = Math.min(at + headerBytes, to);
    this.payloadTo = to;
    this.payloadBytes = end - at - headerBytes;
    return "tcp";
  }
}
