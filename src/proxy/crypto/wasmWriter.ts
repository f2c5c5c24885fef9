/**
 * Machine code of WebAssembly in the order in which it stands in a module. The functions below are named as in the text
 * format; operands come first in the code and so they come first here.
 */
export type Code = readonly (number | Code)[];

const I32 = 0x7f;
const V128 = 0x7b;
const SIMD = 0xfd;

export const local = {
  get: (index: number): Code => [0x20, unsigned(index)],
  set: (index: number, value: Code): Code => [value, 0x21, unsigned(index)],
  /** The value is left on the stack as well. */
  tee: (index: number, value: Code): Code => [value, 0x22, unsigned(index)],
};

export const i32 = {
  const: (value: number): Code => [0x41, signed(value)],
  load8: (place: Code): Code => [place, 0x2d, 0, 0],
  store8: (place: Code, value: Code): Code => [place, value, 0x3a, 0, 0],
  eqz: (a: Code): Code => [a, 0x45],
  ltU: (a: Code, b: Code): Code => [a, b, 0x49],
  add: (a: Code, b: Code): Code => [a, b, 0x6a],
  sub: (a: Code, b: Code): Code => [a, b, 0x6b],
  xor: (a: Code, b: Code): Code => [a, b, 0x73],
  /** `a` unless the condition is 0; both are evaluated. */
  select: (a: Code, b: Code, condition: Code): Code => [a, b, condition, 0x1b],
};

/** Vectors of four 32-bit words. */
export const v128 = {
  load: (place: Code, offset = 0): Code => [place, SIMD, 0x00, 0, unsigned(offset)],
  store: (place: Code, value: Code, offset = 0): Code => [place, value, SIMD, 0x0b, 0, unsigned(offset)],
  /** The word at a place in all four lanes. */
  loadSplat: (place: Code, offset = 0): Code => [place, SIMD, 0x09, 0, unsigned(offset)],
  const: (lanes: readonly number[]): Code => [SIMD, 0x0c, lanes.map(word)],
  splat: (value: Code): Code => [value, SIMD, 0x11],
  /** Lanes 0 to 3 are those of `a`, 4 to 7 those of `b`. */
  shuffle: (a: Code, b: Code, lanes: readonly number[]): Code => [
    [a, b, SIMD, 0x0d],
    lanes.map((lane) => [0, 1, 2, 3].map((octet) => 4 * lane + octet)),
  ],
  xor: (a: Code, b: Code): Code => [a, b, SIMD, 0x51],
  /** All ones in the lanes where `a` is less than `b`. */
  ltU: (a: Code, b: Code): Code => [a, b, SIMD, 0x3a],
  add: (a: Code, b: Code): Code => [a, b, SIMD, unsigned(0xae)],
  sub: (a: Code, b: Code): Code => [a, b, SIMD, unsigned(0xb1)],
  shl: (a: Code, bits: number): Code => [a, i32.const(bits), SIMD, unsigned(0xab)],
  shrU: (a: Code, bits: number): Code => [a, i32.const(bits), SIMD, unsigned(0xad)],
};

/** Ends the function. */
export const exit: Code = [0x0f];

/** A loop whose body runs again whenever the condition at its end is not 0. */
export function repeat(body: Code, condition: Code): Code {
  return [0x03, 0x40, body, condition, 0x0d, 0, 0x0b];
}

/** The body, run only when the condition is not 0. */
export function when(condition: Code, body: Code): Code {
  return [condition, 0x04, 0x40, body, 0x0b];
}

/**
 * A module that imports `env.memory` and exports one function, `run`. Its locals are numbered: first its parameters and
 * more words (i32), then vectors.
 */
export function writeModule(
  { parameters, words, vectors }: { readonly parameters: number; readonly words: number; readonly vectors: number },
  body: Code,
): Uint8Array<ArrayBuffer> {
  const code = flat([2, unsigned(words), I32, unsigned(vectors), V128, body, 0x0b]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, parameters, new Array<number>(parameters).fill(I32), 0]),
    ...section(2, [1, name("env"), name("memory"), 2, 0, 0]),
    ...section(3, [1, 0]),
    ...section(7, [1, name("run"), 0, 0]),
    ...section(10, [1, unsigned(code.length), code]),
  ]);
}

function section(id: number, content: Code): number[] {
  const octets = flat(content);
  return [id, ...unsigned(octets.length), ...octets];
}

function name(text: string): number[] {
  return [text.length, ...Array.from(text, (character) => character.charCodeAt(0))];
}

function word(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
}

/** LEB128 of a number from 0 to 2^31-1. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >> 7)];
}

/** Signed LEB128 of a number of 32 bits. */
function signed(value: number): number[] {
  return value >= -0x40 && value < 0x40 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}

function flat(code: Code): number[] {
  const octets: number[] = [];
  const add = (part: Code): void => {
    for (const item of part) {
      if (typeof item === "number") octets.push(item);
      else add(item);
    }
  };
  add(code);
  return octets;
}
