import type { Decoded } from "../../shared/model.ts";
import { MAX_DEPTH, special, writeJson } from "./jsonText.ts";
import { type ProtobufField, type ProtobufMessage, type ProtobufSchema, resolveType } from "./protobufSchema.ts";
import { narrow, shortest, viewOf } from "./scalarReader.ts";
import { utf8Text } from "./text.ts";

/** Values that are built; further ones are read over. */
const MAX_VALUES = 100_000;

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const GROUP = 3;
const GROUP_END = 4;
const FIXED32 = 5;

type Fault = "cut" | "deep" | "bad";

const REASONS: Readonly<Record<Fault, string>> = {
  cut: "it ends inside a field.",
  deep: `it is nested deeper than ${MAX_DEPTH} levels.`,
  bad: "it holds what is no field.",
};

const NO_FIELDS: ProtobufMessage = new Map();
const PACKABLE: Readonly<Record<string, number>> = {
  double: FIXED64,
  float: FIXED32,
  fixed32: FIXED32,
  sfixed32: FIXED32,
  fixed64: FIXED64,
  sfixed64: FIXED64,
};
const SCALARS = new Set(
  "double float int32 int64 uint32 uint64 sint32 sint64 fixed32 fixed64 sfixed32 sfixed64 bool string bytes".split(" "),
);

/**
 * A Protobuf message by its type, read by looking fields up, so that no code is made. Fields that the type does not have
 * stay, under their numbers. Without a type, all fields do, and octets that read as messages are taken for such.
 */
export function decodeProtobuf(
  bytes: Uint8Array,
  maxChars: number,
  type: string,
  schema: ProtobufSchema | null,
): Decoded {
  if (type !== "" && schema?.messages.has(type) !== true) {
    return {
      kind: "none",
      reason: `No .proto file of this workspace defines the message ${type}. The setting "zmqTap.protobuf.files" says which files are read.`,
    };
  }
  const reader = new Reader(bytes, schema);
  const value = reader.message(bytes.length, type, 0);
  if (reader.fault !== undefined) {
    const what = type === "" ? "This is not Protobuf" : `This is not a ${type}`;
    return { kind: "none", reason: `${what}: ${REASONS[reader.fault]}` };
  }
  const { json, truncated } = writeJson(value, maxChars);
  return { kind: "tree", json, truncated: truncated || reader.values > MAX_VALUES };
}

class Reader {
  values = 0;
  fault: Fault | undefined;
  #at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #schema: ProtobufSchema | null;

  constructor(bytes: Uint8Array, schema: ProtobufSchema | null) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#schema = schema;
  }

  /** The fields up to `end`, or of a group up to the end mark with its number. */
  message(end: number, type: string, depth: number, group = 0): unknown {
    if (depth > MAX_DEPTH) return this.#fail("deep");
    const fields = this.#schema?.messages.get(type) ?? NO_FIELDS;
    const found = new Map<string, unknown>();
    while (this.#at < end && this.fault === undefined) {
      const tag = this.#varint(end);
      const number = Number(tag >> 3n);
      const wire = Number(tag & 7n);
      if (wire === GROUP_END) {
        if (group !== 0 && number === group) return asMap(found);
        return this.#fail("bad");
      }
      if (number === 0 || number > 0x1fffffff) return this.#fail("bad");
      this.#field(found, fields.get(number), number, wire, type, end, depth);
    }
    if (group !== 0) return this.#fail("cut");
    return asMap(found);
  }

  #field(
    found: Map<string, unknown>,
    declared: ProtobufField | undefined,
    number: number,
    wire: number,
    scope: string,
    end: number,
    depth: number,
  ): void {
    const expected = declared === undefined ? -1 : this.#wireOf(declared, scope);
    const isPacked = declared?.isRepeated === true && wire === LENGTH && expected !== LENGTH;
    // A field that is written otherwise than declared belongs to another version of the type.
    const isFitting =
      wire === expected || isPacked || (wire === GROUP && expected === LENGTH && declared?.keyType === null);
    const field = isFitting ? declared : undefined;
    const name = field?.name ?? String(number);
    if (field !== undefined && field.keyType !== null) {
      this.#mapEntry(found, field, scope, end, depth);
      return;
    }
    const values =
      field !== undefined && isPacked
        ? this.#packed(field, scope, end)
        : [this.#value(field, wire, scope, end, depth, number)];
    if (this.fault !== undefined) return;
    this.values += values.length;
    if (this.values > MAX_VALUES) return;
    const before = found.get(name);
    if (field?.isRepeated === true) {
      if (before instanceof List) for (const value of values) before.items.push(value);
      else found.set(name, new List(values));
    } else if (field === undefined && before !== undefined) {
      // Whether an unknown field repeats is only seen when it does.
      if (before instanceof List) before.items.push(values[0]);
      else found.set(name, new List([before, values[0]]));
    } else {
      found.set(name, values[0]);
    }
  }

  #mapEntry(found: Map<string, unknown>, field: ProtobufField, scope: string, end: number, depth: number): void {
    const length = this.#length(end);
    if (length === undefined) return;
    const inner = this.#at + length;
    const key: ProtobufField = { name: "key", type: field.keyType ?? "string", isRepeated: false, keyType: null };
    const value: ProtobufField = { name: "value", type: field.type, isRepeated: false, keyType: null };
    const entry = new Map<string, unknown>();
    while (this.#at < inner && this.fault === undefined) {
      const tag = this.#varint(inner);
      const number = Number(tag >> 3n);
      const of = number === 1 ? key : number === 2 ? value : undefined;
      this.#field(entry, of, number, Number(tag & 7n), scope, inner, depth + 1);
    }
    if (this.fault !== undefined) return;
    const known = found.get(field.name);
    const entries = known instanceof Entries ? known : new Entries([]);
    entries.items.push([entry.get("key") ?? emptyOf(key.type), entry.get("value") ?? emptyOf(value.type)]);
    found.set(field.name, entries);
  }

  #value(
    field: ProtobufField | undefined,
    wire: number,
    scope: string,
    end: number,
    depth: number,
    number: number,
  ): unknown {
    switch (wire) {
      case VARINT:
        return this.#integer(this.#varint(end), field, scope);
      case FIXED64:
      case FIXED32:
        return this.#fixed(field?.type ?? "", wire, end);
      case LENGTH:
        return this.#delimited(field, scope, end, depth);
      case GROUP:
        return this.message(end, this.#messageOf(field, scope), depth + 1, number);
      default:
        return this.#fail("bad");
    }
  }

  #packed(field: ProtobufField, scope: string, end: number): unknown[] {
    const length = this.#length(end);
    if (length === undefined) return [];
    const inner = this.#at + length;
    const wire = PACKABLE[field.type] ?? VARINT;
    const values: unknown[] = [];
    while (this.#at < inner && this.fault === undefined) {
      const value =
        wire === VARINT ? this.#integer(this.#varint(inner), field, scope) : this.#fixed(field.type, wire, inner);
      if (this.values + values.length <= MAX_VALUES) values.push(value);
    }
    return values;
  }

  #delimited(field: ProtobufField | undefined, scope: string, end: number, depth: number): unknown {
    const length = this.#length(end);
    if (length === undefined) return undefined;
    const octets = this.#bytes.subarray(this.#at, this.#at + length);
    const message = this.#messageOf(field, scope);
    if (message !== "") {
      return this.message(this.#at + length, message, depth + 1);
    }
    this.#at += length;
    if (field?.type === "bytes") return octets;
    const text = utf8Text(octets);
    if (field !== undefined) return text ?? octets;
    if (text !== undefined && !/[^\P{Cc}\s]/u.test(text)) return text;
    return this.#guessed(octets, depth) ?? octets;
  }

  /** Octets of an unknown field as a message, where they are one. */
  #guessed(octets: Uint8Array, depth: number): unknown {
    if (octets.length === 0 || depth >= MAX_DEPTH || this.values > MAX_VALUES) return undefined;
    const inner = new Reader(octets, null);
    const value = inner.message(octets.length, "", depth + 1);
    this.values += inner.values;
    return inner.fault === undefined ? value : undefined;
  }

  #integer(raw: bigint, field: ProtobufField | undefined, scope: string): unknown {
    switch (field?.type) {
      case undefined:
      case "uint32":
      case "uint64":
        return narrow(raw);
      case "int32":
        return Number(BigInt.asIntN(32, raw));
      case "int64":
        return narrow(BigInt.asIntN(64, raw));
      case "sint32":
      case "sint64":
        return narrow((raw >> 1n) ^ -(raw & 1n));
      case "bool":
        return raw !== 0n;
      default: {
        const value = Number(BigInt.asIntN(32, raw));
        const name = resolveIn(this.#schema, scope, field?.type ?? "");
        return (name === undefined ? undefined : this.#schema?.enums.get(name)?.get(value)) ?? value;
      }
    }
  }

  #fixed(type: string, wire: number, end: number): unknown {
    const size = wire === FIXED64 ? 8 : 4;
    if (this.#at + size > end) return this.#fail("cut");
    const at = this.#at;
    this.#at += size;
    if (size === 8) {
      if (type === "fixed64") return narrow(this.#view.getBigUint64(at, true));
      return type === "sfixed64" ? narrow(this.#view.getBigInt64(at, true)) : this.#view.getFloat64(at, true);
    }
    if (type === "fixed32") return this.#view.getUint32(at, true);
    return type === "sfixed32" ? this.#view.getInt32(at, true) : shortest(this.#view.getFloat32(at, true));
  }

  #wireOf({ type, keyType }: ProtobufField, scope: string): number {
    if (keyType !== null || type === "string" || type === "bytes") return LENGTH;
    return PACKABLE[type] ?? (typeof this.#kindOf(type, scope) === "object" ? LENGTH : VARINT);
  }

  #messageOf(field: ProtobufField | undefined, scope: string): string {
    if (field === undefined) return "";
    const kind = this.#kindOf(field.type, scope);
    return kind === "scalar" || kind === "enum" ? "" : kind.message;
  }

  #kindOf(type: string, scope: string): "scalar" | "enum" | { readonly message: string } {
    if (SCALARS.has(type)) return "scalar";
    const name = resolveIn(this.#schema, scope, type);
    return name !== undefined && this.#schema?.messages.has(name) === true ? { message: name } : "enum";
  }

  #length(end: number): number | undefined {
    const length = Number(this.#varint(end));
    if (this.fault !== undefined) return undefined;
    if (this.#at + length <= end) return length;
    this.#fail("cut");
    return undefined;
  }

  #varint(end: number): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.#at >= end) {
        this.#fail("cut");
        return 0n;
      }
      const octet = this.#bytes[this.#at++]!;
      value |= BigInt(octet & 0x7f) << shift;
      if (octet < 0x80) return BigInt.asUintN(64, value);
    }
    this.#fail("bad");
    return 0n;
  }

  #fail(fault: Fault): null {
    this.fault ??= fault;
    return null;
  }
}

/** Values of a field that repeats, apart from values that are lists themselves. */
class List {
  readonly items: unknown[];
  constructor(items: unknown[]) {
    this.items = items;
  }
}

class Entries {
  readonly items: [unknown, unknown][];
  constructor(items: [unknown, unknown][]) {
    this.items = items;
  }
}

function asMap(found: ReadonlyMap<string, unknown>): unknown {
  const mapEntries = [...found].map(([name, value]): [string, unknown] => {
    if (value instanceof List) return [name, value.items];
    return [name, value instanceof Entries ? special({ mapEntries: value.items }) : value];
  });
  return special({ mapEntries });
}

function emptyOf(type: string): unknown {
  if (type === "string") return "";
  return SCALARS.has(type) && type !== "bytes" ? (type === "bool" ? false : 0) : null;
}

function resolveIn(schema: ProtobufSchema | null, scope: string, type: string): string | undefined {
  return schema === null ? undefined : resolveType(schema, scope, type);
}
