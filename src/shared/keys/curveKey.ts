import { decodeZ85, encodeZ85 } from "./z85.ts";

/** Octets of a CURVE key, public or secret: nothing in a key tells which it is. */
export const KEY_OCTETS = 32;
const FINGERPRINT_CHARACTERS = 8;

/** How a single key may be written down. */
export type KeyFormat = "Z85" | "hex" | "base64";

/** Whether a text is a CURVE key as ZeroMQ writes it: 40 characters of Z85. */
export function isCurveKey(text: string): boolean {
  return text.length === 40 && decodeZ85(text) !== null;
}

/** A key in any of its forms, as Z85; `null` when the text is none. */
export function readCurveKey(text: string): { readonly key: string; readonly format: KeyFormat } | null {
  if (isCurveKey(text)) return { key: text, format: "Z85" };
  const digits = /^(?:0x)?([0-9a-f]{64})$/i.exec(text)?.[1];
  if (digits !== undefined) {
    const octets = Uint8Array.from({ length: KEY_OCTETS }, (_, n) => parseInt(digits.slice(2 * n, 2 * n + 2), 16));
    return { key: encodeZ85(octets), format: "hex" };
  }
  const octets = decodeBase64(text);
  return octets === null ? null : { key: encodeZ85(octets), format: "base64" };
}

/** A text as it may stand in a message: one that is a key, which may be secret, is left out. */
export function withoutKey(text: string): string {
  return readCurveKey(text) === null ? text : "…";
}

/** The beginning of a public key, by which people know it again in their programs. Never for a key that may be secret. */
export function fingerprint(publicKey: string): string {
  return `${publicKey.slice(0, FINGERPRINT_CHARACTERS)}…`;
}

/** 32 octets as base64, also in its form for URLs; by hand, since code that is pure has no `atob`. */
function decodeBase64(text: string): Uint8Array | null {
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return null;
  const octets = new Uint8Array(KEY_OCTETS);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const character of text.slice(0, 43)) {
    held = (held << 6) | sextet(character);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    octets[at++] = held >> bits;
    held &= (1 << bits) - 1;
  }
  // What is over must be 0, else two texts would stand for one key.
  return held === 0 ? octets : null;
}

function sextet(character: string): number {
  const standard = character.replace("-", "+").replace("_", "/");
  return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".indexOf(standard);
}
