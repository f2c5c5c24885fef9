import type { Sequence, SequenceType } from "../../shared/sequences.ts";
import { pathSteps } from "../../shared/sequences.ts";
import { JsonPath } from "../filter/jsonPath.ts";

/** Longest JSON text that a number is searched in. */
const MAX_JSON_BYTES = 65_536;
/** Octets of text that digits are searched in, and how many digits make an exact number. */
const MAX_TEXT_BYTES = 4096;
const MAX_DIGITS = 15;

const SIZES: Readonly<Record<Exclude<SequenceType, "text" | "json">, number>> = {
  u8: 1,
  u16le: 2,
  u16be: 2,
  u32le: 4,
  u32be: 4,
  u64le: 8,
  u64be: 8,
};

/** The number after which one begins again with 0; 0 where it does not. */
export function modulusOf(type: SequenceType): number {
  return type === "text" || type === "json" || SIZES[type] > 4 ? 0 : 2 ** (8 * SIZES[type]);
}

/** Reads the number of a sequence from its frame; -1 where there is none, or one beyond 2^53. */
export type NumberReader = (frame: Uint8Array) => number;

export function numberReader({ type, offset = 0, path = "" }: Sequence): NumberReader {
  if (type === "json") {
    const json = new JsonPath(pathSteps(path) ?? []);
    return (frame) => jsonNumber(json, offset === 0 ? frame : frame.subarray(offset));
  }
  if (type === "text") return (frame) => digits(frame, offset);
  const size = SIZES[type];
  return type.endsWith("be") ? (frame) => bigEndian(frame, offset, size) : (frame) => littleEndian(frame, offset, size);
}

/** What stands at a path of a JSON text, if it is a whole number of 0 and above; else -1. */
export function jsonNumber(path: JsonPath, frame: Uint8Array): number {
  if (frame.length > MAX_JSON_BYTES || !path.find(frame) || path.kind !== "number") return -1;
  return exact(path.number());
}

function littleEndian(frame: Uint8Array, offset: number, size: number): number {
  if (frame.length < offset + size) return -1;
  let value = 0;
  for (let at = offset + size - 1; at >= offset; at--) value = value * 256 + frame[at]!;
  return exact(value);
}

function bigEndian(frame: Uint8Array, offset: number, size: number): number {
  if (frame.length < offset + size) return -1;
  let value = 0;
  for (let at = offset; at < offset + size; at++) value = value * 256 + frame[at]!;
  return exact(value);
}

/** The first decimal number from `offset` on. */
function digits(frame: Uint8Array, offset: number): number {
  const end = Math.min(frame.length, offset + MAX_TEXT_BYTES);
  let at = offset;
  while (at < end && !isDigit(frame[at]!)) at++;
  if (at >= end) return -1;
  let value = 0;
  const last = at + MAX_DIGITS;
  for (; at < end && isDigit(frame[at]!); at++) {
    if (at >= last) return -1;
    value = value * 10 + frame[at]! - 0x30;
  }
  return value;
}

function isDigit(octet: number): boolean {
  return octet >= 0x30 && octet <= 0x39;
}

function exact(value: number): number {
  return Number.isSafeInteger(value) && value >= 0 ? value : -1;
}
