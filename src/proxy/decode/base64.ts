const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** What each letter of either alphabet stands for, -1 for what is no letter. */
const VALUES = new Int8Array(256).fill(-1);
for (let value = 0; value < 64; value++) VALUES[LETTERS.charCodeAt(value)] = value;
VALUES["-".charCodeAt(0)] = 62;
VALUES["_".charCodeAt(0)] = 63;
const PAD = 0x3d;

/** Octets written as base64 (RFC 4648, either alphabet), whole and with white space between lines only; else undefined. */
export function fromBase64(text: Uint8Array): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.ceil((text.length * 3) / 4));
  let length = 0;
  let bits = 0;
  let held = 0;
  let letters = 0;
  let pads = 0;
  for (const octet of text) {
    if (octet === 0x0a || octet === 0x0d) continue;
    if (octet === PAD) {
      pads++;
      continue;
    }
    const value = VALUES[octet]!;
    if (value < 0 || pads > 0) return undefined;
    letters++;
    bits = (bits << 6) | value;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes[length++] = (bits >>> held) & 0xff;
    bits &= (1 << held) - 1;
  }
  const isWhole = letters % 4 !== 1 && bits === 0 && (pads === 0 || (pads <= 2 && (letters + pads) % 4 === 0));
  return isWhole ? bytes.subarray(0, length) : undefined;
}

/** Base64 of octets in the standard alphabet, padded, in one line. */
export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const word = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const count = Math.min(3, bytes.length - at);
    for (let place = 0; place < 4; place++) {
      text += place <= count ? LETTERS.charAt((word >>> (18 - 6 * place)) & 63) : "=";
    }
  }
  return text;
}
