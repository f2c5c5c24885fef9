import type { Decoded } from "../../shared/model.ts";
import { numberFormat, scalarSize } from "../../shared/scalars.ts";
import { writeJson } from "./jsonText.ts";
import { readScalars } from "./scalarReader.ts";

/** More would not be read by anybody. */
const MAX_NUMBERS = 20_000;

/** Octets as numbers of one kind, such as `int16-le`: one number alone, several as an array. Octets that are left over are shown. */
export function decodeNumbers(bytes: Uint8Array, maxChars: number, option: string): Decoded {
  const format = numberFormat(option);
  if (format === undefined) return { kind: "none", reason: "Choose the kind of number first, such as int16-le." };
  const size = scalarSize(format.scalar);
  const count = Math.floor(bytes.length / size);
  if (count === 0) {
    return { kind: "none", reason: `One ${format.scalar} has ${size} octets, and here are ${bytes.length}.` };
  }
  const numbers = readScalars(bytes, format, MAX_NUMBERS);
  const value = count === 1 ? numbers[0] : numbers;
  const rest = bytes.subarray(count * size);
  const { json, truncated } = writeJson(rest.length === 0 ? value : { value, "left over": rest }, maxChars);
  return { kind: "tree", json, truncated: truncated || count > MAX_NUMBERS };
}
