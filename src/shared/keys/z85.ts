/** The 85 characters of RFC 32. Among them are `=`, `#` and `:`, but no quotes, backslash, comma or space. */
const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
const VALUES = new Map(Array.from(ALPHABET, (character, value) => [character, value]));
const OCTETS = 4;
const CHARACTERS = 5;
const LARGEST = 0xffff_ffff;

/** Writes octets as text, five characters for four octets. Throws a RangeError when there are octets left over. */
export function encodeZ85(octets: Uint8Array): string {
  if (octets.length % OCTETS !== 0) throw new RangeError("Z85 writes octets in groups of four.");
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  let text = "";
  for (let at = 0; at < octets.length; at += OCTETS) {
    let value = view.getUint32(at);
    let group = "";
    for (let n = 0; n < CHARACTERS; n++) {
      group = `${ALPHABET.charAt(value % ALPHABET.length)}${group}`;
      value = Math.floor(value / ALPHABET.length);
    }
    text += group;
  }
  return text;
}

/** The octets that a text stands for; `null` when it is no Z85. */
export function decodeZ85(text: string): Uint8Array | null {
  if (text.length % CHARACTERS !== 0) return null;
  const octets = new Uint8Array((text.length / CHARACTERS) * OCTETS);
  const view = new DataView(octets.buffer);
  for (let at = 0; at < text.length; at += CHARACTERS) {
    let value = 0;
    for (const character of text.slice(at, at + CHARACTERS)) {
      const digit = VALUES.get(character);
      if (digit === undefined) return null;
      value = value * ALPHABET.length + digit;
    }
    // Five characters can say more than four octets can hold.
    if (value > LARGEST) return null;
    view.setUint32((at / CHARACTERS) * OCTETS, value);
  }
  return octets;
}
