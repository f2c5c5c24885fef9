import type { Decoded } from "../../shared/model.ts";
import { parseStructFormat, type StructField, type StructFormat } from "../../shared/structFormat.ts";
import { writeJson } from "./jsonText.ts";
import { readScalar, viewOf } from "./scalarReader.ts";
import { utf8Text } from "./text.ts";

/** Fields that are built, over all structures. */
const MAX_VALUES = 20_000;

/**
 * Octets as structures of a Python `struct` format: one as the list of its fields, several as a list of such lists. Octets
 * that are left over are shown.
 */
export function decodeStruct(bytes: Uint8Array, maxChars: number, option: string): Decoded {
  const format = parseStructFormat(option);
  if ("problem" in format) return { kind: "none", reason: format.problem };
  const { sizeBytes, fields } = format;
  const count = Math.floor(bytes.length / sizeBytes);
  if (count === 0) {
    return { kind: "none", reason: `A structure of ${option} has ${sizeBytes} octets, and here are ${bytes.length}.` };
  }
  const shown = Math.min(count, Math.max(1, Math.floor(MAX_VALUES / fields.length)));
  const structures = Array.from({ length: shown }, (_, index) => readStructure(bytes, index * sizeBytes, format));
  const value = count === 1 ? structures[0] : structures;
  const rest = bytes.subarray(count * sizeBytes);
  const { json, truncated } = writeJson(rest.length === 0 ? value : { value, "left over": rest }, maxChars);
  return { kind: "tree", json, truncated: truncated || shown < count };
}

function readStructure(bytes: Uint8Array, from: number, { fields, sizeBytes, isLittle }: StructFormat): unknown[] {
  const part = bytes.subarray(from, from + sizeBytes);
  const view = viewOf(part);
  return fields.map((field) => readField(part, view, field, isLittle));
}

function readField(part: Uint8Array, view: DataView, { kind, at, sizeBytes }: StructField, isLittle: boolean): unknown {
  switch (kind) {
    case "bool":
      return part[at] !== 0;
    case "char":
      return textOrOctets(part.subarray(at, at + 1));
    case "octets":
      return textOrOctets(part.subarray(at, at + sizeBytes));
    case "pascal":
      return textOrOctets(part.subarray(at + 1, at + 1 + Math.min(part[at] ?? 0, Math.max(0, sizeBytes - 1))));
    default:
      return readScalar(view, at, { scalar: kind, isLittle });
  }
}

/** Text without the NULs that fill it up; octets where it is none. */
function textOrOctets(bytes: Uint8Array): unknown {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return utf8Text(bytes.subarray(0, end)) ?? bytes;
}
