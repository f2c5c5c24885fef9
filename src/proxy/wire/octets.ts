const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ENCODER = new TextEncoder();

/** Lower-case hex without a prefix. */
export function toHex(octets: Uint8Array): string {
  let text = "";
  for (const octet of octets) text += octet.toString(16).padStart(2, "0");
  return text;
}

/** UTF-8 text without control characters; anything else as hex behind `0x`. */
export function toText(octets: Uint8Array): string {
  try {
    const text = UTF8.decode(octets);

    if (!/[\u0000-\u001f\u007f]/.test(text)) return text;
  } catch {
    // Not UTF-8: hex below is the recovery.
  }
  return `0x${toHex(octets)}`;
}

/** UTF-8 octets of a text, which for protocol names is ASCII. */
export function fromText(text: string): Uint8Array {
  return ENCODER.encode(text);
}

/** Arguments that one call may have on any engine, with room to spare. */
const MAX_ARGUMENTS = 4096;

/** One character per octet (Latin-1): a cheap key for maps, never shown. */
export function toKey(octets: Uint8Array, from: number, to: number): string {
  let key = "";
  for (let at = from; at < to; at += MAX_ARGUMENTS) {
    key += String.fromCharCode(...octets.subarray(at, Math.min(to, at + MAX_ARGUMENTS)));
  }
  return key;
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
