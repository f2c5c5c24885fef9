const MAX_DEPTH = 100;

/**
 * A MessagePack map or array as JSON text, or `null` where the bytes are not exactly one such value. It serves answers of
 * calls that no tap saw, which the engine's decoder cannot be asked for. Binary and extension data become hex strings,
 * keys that are not text become text. https://github.com/msgpack/msgpack/blob/master/spec.md
 */
export function msgpackToJson(bytes: Uint8Array): string | null {
  const first = bytes[0];
  if (first === undefined || !isContainer(first)) return null;
  const reader = new Reader(bytes);
  try {
    const json = reader.value(0);
    return reader.isAtEnd ? json : null;
  } catch (error) {
    // A RangeError is how DataView and we say that the bytes end too soon; anything else would be a bug.
    if (error instanceof RangeError || error instanceof TypeError) return null;
    throw error;
  }
}

function isContainer(tag: number): boolean {
  return (tag >= 0x80 && tag <= 0x9f) || (tag >= 0xdc && tag <= 0xdf);
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #text = new TextDecoder("utf-8", { fatal: true });
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  value(depth: number): string {
    if (depth > MAX_DEPTH) throw new RangeError("Nested too deeply.");
    const tag = this.#unsigned(1);
    if (tag < 0x80) return String(tag);
    if (tag < 0x90) return this.#map(tag & 0x0f, depth);
    if (tag < 0xa0) return this.#array(tag & 0x0f, depth);
    if (tag < 0xc0) return this.#string(tag & 0x1f);
    if (tag >= 0xe0) return String(tag - 0x100);
    switch (tag) {
      case 0xc0:
        return "null";
      case 0xc2:
        return "false";
      case 0xc3:
        return "true";
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#hex(this.#unsigned(1 << (tag - 0xc4)));
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.#extension(this.#unsigned(1 << (tag - 0xc7)));
      case 0xca:
        return number(this.#view.getFloat32(this.#skip(4)));
      case 0xcb:
        return number(this.#view.getFloat64(this.#skip(8)));
      case 0xcc:
      case 0xcd:
      case 0xce:
        return String(this.#unsigned(1 << (tag - 0xcc)));
      case 0xcf:
        return String(this.#view.getBigUint64(this.#skip(8)));
      case 0xd0:
        return String(this.#view.getInt8(this.#skip(1)));
      case 0xd1:
        return String(this.#view.getInt16(this.#skip(2)));
      case 0xd2:
        return String(this.#view.getInt32(this.#skip(4)));
      case 0xd3:
        return String(this.#view.getBigInt64(this.#skip(8)));
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#extension(1 << (tag - 0xd4));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#string(this.#unsigned(1 << (tag - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.#array(this.#unsigned(tag === 0xdc ? 2 : 4), depth);
      case 0xde:
      case 0xdf:
        return this.#map(this.#unsigned(tag === 0xde ? 2 : 4), depth);
      default:
        throw new RangeError("No MessagePack type.");
    }
  }

  #array(length: number, depth: number): string {
    const items: string[] = [];
    for (let i = 0; i < length; i++) items.push(this.value(depth + 1));
    return `[${items.join(",")}]`;
  }

  #map(length: number, depth: number): string {
    const members: string[] = [];
    for (let i = 0; i < length; i++) {
      const key = this.value(depth + 1);
      members.push(`${key.startsWith('"') ? key : JSON.stringify(key)}:${this.value(depth + 1)}`);
    }
    return `{${members.join(",")}}`;
  }

  #string(length: number): string {
    const at = this.#skip(length);
    return JSON.stringify(this.#text.decode(this.#bytes.subarray(at, at + length)));
  }

  #hex(length: number): string {
    const at = this.#skip(length);
    let hex = "0x";
    for (const octet of this.#bytes.subarray(at, at + length)) hex += octet.toString(16).padStart(2, "0");
    return JSON.stringify(hex);
  }

  #extension(length: number): string {
    const type = this.#view.getInt8(this.#skip(1));
    return `{"ext":${type},"data":${this.#hex(length)}}`;
  }

  #unsigned(octets: number): number {
    const at = this.#skip(octets);
    if (octets === 1) return this.#view.getUint8(at);
    return octets === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  #skip(octets: number): number {
    const at = this.#at;
    if (at + octets > this.#bytes.length) throw new RangeError("Too short.");
    this.#at += octets;
    return at;
  }
}

/** JSON has no words for these. */
function number(value: number): string {
  return Number.isFinite(value) ? String(value) : JSON.stringify(String(value));
}
