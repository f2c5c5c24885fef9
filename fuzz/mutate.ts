/** Whole numbers from 0 up to, not including, `below`. */
export type Random = (below: number) => number;

/** Octets at the edges of what parsers tell apart. */
const EDGES = [
  0, 1, 2, 4, 7, 9, 10, 13, 32, 34, 44, 47, 58, 91, 92, 123, 127, 128, 129, 192, 224, 248, 252, 253, 254, 255,
];
/** Numbers of four octets likewise. */
const EDGES_4 = [0, 1, 0x7f, 0xff, 0x100, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

/**
 * An input that differs from `input` in a few places: octets changed, put in, left out, repeated, words of the format, and
 * parts of `others`. At most `maxBytes` long.
 */
export function mutate(
  input: Uint8Array,
  others: readonly Uint8Array[],
  words: readonly Uint8Array[],
  random: Random,
  maxBytes: number,
): Uint8Array {
  let bytes = input;
  for (let times = 1 + random(1 << random(4)); times > 0; times--) bytes = changed(bytes, others, words, random);
  return bytes.length > maxBytes ? bytes.slice(0, maxBytes) : bytes;
}

function changed(
  bytes: Uint8Array,
  others: readonly Uint8Array[],
  words: readonly Uint8Array[],
  random: Random,
): Uint8Array {
  const at = random(bytes.length + 1);
  const place = Math.min(at, bytes.length - 1);
  const size = 1 + random(1 << random(8));
  switch (random(bytes.length === 0 ? 4 : 13)) {
    case 0:
      return put(bytes, at, 0, Uint8Array.of(random(256)));
    case 1:
      return put(bytes, at, 0, words.length === 0 ? randomOctets(random, size) : words[random(words.length)]!);
    case 2:
      return put(bytes, at, 0, part(others, random));
    case 3:
      return put(bytes, at, 0, randomOctets(random, Math.min(size, 32)));
    case 4:
      return put(bytes, place, 1, Uint8Array.of(bytes[place]! ^ (1 << random(8))));
    case 5:
      return put(bytes, place, 1, Uint8Array.of(random(256)));
    case 6:
      return put(bytes, place, 1, Uint8Array.of(EDGES[random(EDGES.length)]!));
    case 7:
      return put(bytes, place, 1, Uint8Array.of(bytes[place]! + random(33) - 16));
    case 8:
      return put(bytes, place, 4, number4(random));
    case 9:
      return put(bytes, place, size, new Uint8Array(0));
    case 10:
      return put(bytes, at, 0, bytes.subarray(place, place + size));
    case 11: {
      // Many of the same, which is what quadratic code shows at.
      const again = bytes.subarray(place, place + size);
      const parts = new Array<Uint8Array>(2 + random(1 << random(9))).fill(again);
      return put(bytes, at, 0, Buffer.concat(parts).subarray(0, 16 * 1024));
    }
    default: {
      const words1 = words.length === 0 ? part(others, random) : words[random(words.length)]!;
      return put(bytes, place, words1.length, words1);
    }
  }
}

function put(bytes: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)]));
}

function part(others: readonly Uint8Array[], random: Random): Uint8Array {
  const other = others[random(others.length)] ?? new Uint8Array(0);
  const from = random(other.length + 1);
  return other.subarray(from, from + random(other.length - from + 1));
}

function number4(random: Random): Uint8Array {
  const value = EDGES_4[random(EDGES_4.length)]!;
  const octets = Buffer.alloc(4);
  if (random(2) === 0) octets.writeUInt32BE(value);
  else octets.writeUInt32LE(value);
  return octets;
}

function randomOctets(random: Random, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => random(256));
}
