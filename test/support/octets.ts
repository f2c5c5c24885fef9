/** Octets from hex digits; white space does not count. */
export function hex(digits: string): Uint8Array {
  return new Uint8Array(Buffer.from(digits.replaceAll(/\s/g, ""), "hex"));
}

/** One octet per character. */
export function octets(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** For octets too many to be told apart one by one in a failure. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
