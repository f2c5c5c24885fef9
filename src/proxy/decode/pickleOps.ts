import { narrow, viewOf } from "./scalarReader.ts";
import { utf8Text } from "./text.ts";

/** What stands behind an opcode. `line` ends with a newline; `text4` has a length of four octets before it. */
type ArgumentKind =
  | "none"
  | "line"
  | "pair"
  | "uint1"
  | "uint2"
  | "uint4"
  | "int4"
  | "uint8"
  | "float8"
  | `${"integer" | "octets" | "text"}${1 | 4 | 8}`;

export type PickleArgument = number | bigint | string | Uint8Array | readonly [string, string] | null;

export type PickleStep = { readonly at: number; readonly name: PickleOpcode; readonly argument: PickleArgument };

/** All opcodes of protocols 0 to 5, as pickletools of Python 3.13 lists them. */
const OPCODES = {
  INT: [0x49, "line"],
  BININT: [0x4a, "int4"],
  BININT1: [0x4b, "uint1"],
  BININT2: [0x4d, "uint2"],
  LONG: [0x4c, "line"],
  LONG1: [0x8a, "integer1"],
  LONG4: [0x8b, "integer4"],
  STRING: [0x53, "line"],
  BINSTRING: [0x54, "octets4"],
  SHORT_BINSTRING: [0x55, "octets1"],
  BINBYTES: [0x42, "octets4"],
  SHORT_BINBYTES: [0x43, "octets1"],
  BINBYTES8: [0x8e, "octets8"],
  BYTEARRAY8: [0x96, "octets8"],
  NEXT_BUFFER: [0x97, "none"],
  READONLY_BUFFER: [0x98, "none"],
  NONE: [0x4e, "none"],
  NEWTRUE: [0x88, "none"],
  NEWFALSE: [0x89, "none"],
  UNICODE: [0x56, "line"],
  SHORT_BINUNICODE: [0x8c, "text1"],
  BINUNICODE: [0x58, "text4"],
  BINUNICODE8: [0x8d, "text8"],
  FLOAT: [0x46, "line"],
  BINFLOAT: [0x47, "float8"],
  EMPTY_LIST: [0x5d, "none"],
  APPEND: [0x61, "none"],
  APPENDS: [0x65, "none"],
  LIST: [0x6c, "none"],
  EMPTY_TUPLE: [0x29, "none"],
  TUPLE: [0x74, "none"],
  TUPLE1: [0x85, "none"],
  TUPLE2: [0x86, "none"],
  TUPLE3: [0x87, "none"],
  EMPTY_DICT: [0x7d, "none"],
  DICT: [0x64, "none"],
  SETITEM: [0x73, "none"],
  SETITEMS: [0x75, "none"],
  EMPTY_SET: [0x8f, "none"],
  ADDITEMS: [0x90, "none"],
  FROZENSET: [0x91, "none"],
  POP: [0x30, "none"],
  DUP: [0x32, "none"],
  MARK: [0x28, "none"],
  POP_MARK: [0x31, "none"],
  GET: [0x67, "line"],
  BINGET: [0x68, "uint1"],
  LONG_BINGET: [0x6a, "uint4"],
  PUT: [0x70, "line"],
  BINPUT: [0x71, "uint1"],
  LONG_BINPUT: [0x72, "uint4"],
  MEMOIZE: [0x94, "none"],
  EXT1: [0x82, "uint1"],
  EXT2: [0x83, "uint2"],
  EXT4: [0x84, "int4"],
  GLOBAL: [0x63, "pair"],
  STACK_GLOBAL: [0x93, "none"],
  REDUCE: [0x52, "none"],
  BUILD: [0x62, "none"],
  INST: [0x69, "pair"],
  OBJ: [0x6f, "none"],
  NEWOBJ: [0x81, "none"],
  NEWOBJ_EX: [0x92, "none"],
  PROTO: [0x80, "uint1"],
  STOP: [0x2e, "none"],
  FRAME: [0x95, "uint8"],
  PERSID: [0x50, "line"],
  BINPERSID: [0x51, "none"],
} as const satisfies Readonly<Record<string, readonly [number, ArgumentKind]>>;

export type PickleOpcode = keyof typeof OPCODES;

const BY_OCTET: readonly (readonly [PickleOpcode, ArgumentKind] | undefined)[] = (() => {
  const table = Array.from({ length: 256 }, (): readonly [PickleOpcode, ArgumentKind] | undefined => undefined);
  for (const [name, [octet, kind]] of Object.entries(OPCODES)) table[octet] = [name as PickleOpcode, kind];
  return table;
})();

const NEWLINE = 0x0a;
const ESCAPED_LINES = new Set<PickleOpcode>(["STRING", "UNICODE"]);

/** Walks the opcodes of a pickle. Nothing is looked up, imported or called: an opcode is a name and an argument here. */
export class PickleReader {
  at = 0;
  /** Why the walk ended before STOP, in a sentence; `isCut` when only octets are missing. */
  problem: string | undefined;
  isCut = false;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }

  /** The next step; undefined at a fault, which `problem` tells of. */
  next(): PickleStep | undefined {
    const at = this.at;
    if (this.#missing(1)) return undefined;
    const octet = this.#bytes[at]!;
    const opcode = BY_OCTET[octet];
    if (opcode === undefined) {
      this.problem = `This is not a pickle: at octet ${at} stands 0x${octet.toString(16).padStart(2, "0")}, which is no opcode.`;
      return undefined;
    }
    this.at++;
    const argument = this.#argument(opcode[1], opcode[0]);
    return argument === undefined ? undefined : { at, name: opcode[0], argument };
  }

  #argument(kind: ArgumentKind, name: PickleOpcode): PickleArgument | undefined {
    switch (kind) {
      case "none":
        return null;
      case "line":
        return this.#line(name);
      case "pair": {
        const module = this.#line(name);
        const global = module === undefined ? undefined : this.#line(name);
        return module === undefined || global === undefined ? undefined : [module, global];
      }
      case "uint1":
      case "uint2":
      case "uint4":
      case "uint8":
        return this.#unsigned(Number(kind.slice(4)));
      case "int4": {
        const value = this.#unsigned(4);
        return value === undefined ? undefined : Number(value) | 0;
      }
      case "float8":
        return this.#missing(8) ? undefined : this.#view.getFloat64(this.#step(8));
      default: {
        const length = this.#unsigned(Number(kind.at(-1)));
        const octets = length === undefined ? undefined : this.#take(Number(length));
        if (octets === undefined) return undefined;
        if (kind.startsWith("text")) return utf8Text(octets) ?? octets;
        return octets;
      }
    }
  }

  /** A line without its end. Text of protocol 0 is Latin-1 with escapes. */
  #line(name: PickleOpcode): string | undefined {
    const end = this.#bytes.indexOf(NEWLINE, this.at);
    if (end < 0) {
      this.#missing(Infinity);
      return undefined;
    }
    const octets = this.#bytes.subarray(this.at, end);
    this.at = end + 1;
    return (ESCAPED_LINES.has(name) ? undefined : utf8Text(octets)) ?? latin1(octets);
  }

  #unsigned(size: number): number | bigint | undefined {
    if (this.#missing(size)) return undefined;
    const at = this.#step(size);
    if (size === 8) return narrow(this.#view.getBigUint64(at, true));
    return size === 1 ? this.#bytes[at]! : size === 2 ? this.#view.getUint16(at, true) : this.#view.getUint32(at, true);
  }

  #take(length: number): Uint8Array | undefined {
    return this.#missing(length) ? undefined : this.#bytes.subarray(this.#step(length), this.at);
  }

  #step(length: number): number {
    this.at += length;
    return this.at - length;
  }

  #missing(length: number): boolean {
    if (this.at + length <= this.#bytes.length) return false;
    this.isCut = true;
    this.problem = `This pickle is cut off: it ends at octet ${this.#bytes.length} without STOP.`;
    return true;
  }
}

function latin1(octets: Uint8Array): string {
  let text = "";
  for (const octet of octets) text += String.fromCharCode(octet);
  return text;
}
