/** Ways to cut a stream for a reader that must not care. */
export const cuts: Record<string, (bytes: Uint8Array) => Uint8Array[]> = {
  whole: (bytes) => [bytes],
  "byte by byte": (bytes) => Array.from(bytes, (octet) => Uint8Array.of(octet)),
};

/** The two parts of every cut in two, the empty ones included. */
export function* everySplit(bytes: Uint8Array): Generator<[Uint8Array, Uint8Array]> {
  for (let at = 0; at <= bytes.length; at++) yield [bytes.subarray(0, at), bytes.subarray(at)];
}
