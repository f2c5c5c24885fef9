/** pcapng blocks as they stand in slabs (draft-ietf-opsawg-pcapng). All lengths are multiples of four octets. */

export const SECTION_HEADER = 0x0a0d0d0a;
export const INTERFACE_DESCRIPTION = 1;
export const ENHANCED_PACKET = 6;
export const CUSTOM = 0xbad;
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
export const OPTION_COMMENT = 1;
export const OPTION_IF_TSRESOL = 9;
/** Private Enterprise Number of the documentation range, until one is registered; our custom blocks hold JSON. */
export const ENTERPRISE_NUMBER = 32473;

const LINKTYPE_RAW = 101;
const OPTION_IF_NAME = 2;
const NANOSECONDS = 9;

/** Octets of a custom block around its data. */
export const CUSTOM_OVERHEAD = 16;
/** Where a custom block's data begins. */
export const CUSTOM_DATA_AT = 12;

const MAX_IF_NAME_BYTES = 255;

/** Rounds up to the next multiple of four. */
export function padded(length: number): number {
  return (length + 3) & ~3;
}

/** Section header of unknown length, since a slab is appended to. */
export function sectionHeader(): Buffer {
  const block = Buffer.alloc(28);
  block.writeUInt32LE(SECTION_HEADER, 0);
  block.writeUInt32LE(block.length, 4);
  block.writeUInt32LE(BYTE_ORDER_MAGIC, 8);
  block.writeUInt16LE(1, 12);
  block.writeBigInt64LE(-1n, 16);
  block.writeUInt32LE(block.length, 24);
  return block;
}

/** Raw IP packets with nanosecond times. Long names are cut. */
export function interfaceDescription(name: string): Buffer {
  const nameBytes = cutUtf8(name, MAX_IF_NAME_BYTES);
  const block = Buffer.alloc(16 + 4 + padded(nameBytes.length) + 8 + 4 + 4);
  block.writeUInt32LE(INTERFACE_DESCRIPTION, 0);
  block.writeUInt32LE(block.length, 4);
  block.writeUInt16LE(LINKTYPE_RAW, 8);
  let at = writeOption(block, 16, OPTION_IF_NAME, nameBytes);
  at = writeOption(block, at, OPTION_IF_TSRESOL, Uint8Array.of(NANOSECONDS));
  block.writeUInt32LE(block.length, at + 4);
  return block;
}

/** Writes `json` as a custom block that other programs skip; padded with spaces, which JSON allows. Returns its end. */
export function writeCustomBlock(slab: Buffer, at: number, json: string, jsonBytes: number): number {
  const total = CUSTOM_OVERHEAD + padded(jsonBytes);
  slab.writeUInt32LE(CUSTOM, at);
  slab.writeUInt32LE(total, at + 4);
  slab.writeUInt32LE(ENTERPRISE_NUMBER, at + 8);
  slab.fill(0x20, at + CUSTOM_DATA_AT, at + total - 4);
  slab.write(json, at + CUSTOM_DATA_AT, jsonBytes, "utf8");
  slab.writeUInt32LE(total, at + total - 4);
  return at + total;
}

/** What stands around `dataBytes` octets to make them a custom block that other programs skip. */
export function customBlockHeader(dataBytes: number): { readonly header: Buffer; readonly trailer: Buffer } {
  const padding = padded(dataBytes) - dataBytes;
  const total = CUSTOM_OVERHEAD + dataBytes + padding;
  const header = Buffer.alloc(CUSTOM_DATA_AT);
  header.writeUInt32LE(CUSTOM, 0);
  header.writeUInt32LE(total, 4);
  header.writeUInt32LE(ENTERPRISE_NUMBER, 8);
  const trailer = Buffer.alloc(padding + 4);
  trailer.writeUInt32LE(total, padding);
  return { header, trailer };
}

/** Writes one option and returns where the next one goes. */
export function writeOption(block: Buffer, at: number, code: number, value: Uint8Array): number {
  block.writeUInt16LE(code, at);
  block.writeUInt16LE(value.length, at + 2);
  block.set(value, at + 4);
  return at + 4 + padded(value.length);
}

/** The longest prefix of `text` within `limit` octets that ends between characters. */
export function cutUtf8(text: string, limit: number): Buffer {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length <= limit) return bytes;
  let end = limit;
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}
