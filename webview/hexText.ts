/** One line of a hex dump: the offset, the octets in hex, and those that are printable ASCII. */
export type HexLine = { readonly offset: string; readonly hex: string; readonly ascii: string };

const HEX = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, "0"));

/** Formats the octets at `from`, at most `perLine` of them. `digits` is the width of the offset. */
export function hexLine(bytes: Uint8Array, at: number, from: number, perLine: number, digits: number): HexLine {
  const part = bytes.subarray(at, at + perLine);
  let hex = "";
  let ascii = "";
  part.forEach((octet, i) => {
    hex += (i === 0 ? "" : i % 8 === 0 ? "  " : " ") + HEX[octet]!;
    ascii += octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : "·";
  });
  return { offset: from.toString(16).padStart(digits, "0"), hex, ascii };
}

/** Hex digits that the last offset needs, at least four and an even number. */
export function offsetDigits(sizeBytes: number): number {
  const digits = Math.max(1, sizeBytes - 1).toString(16).length;
  return Math.max(4, digits + (digits % 2));
}

/** Octets per line for a width in characters: 16, 8 or 4. */
export function octetsPerLine(columns: number, digits: number): number {
  for (const octets of [16, 8]) {
    // Offset, gap, hex with a wider gap in the middle, gap, ASCII.
    if (digits + 1 + octets * 3 - 1 + (octets > 8 ? 1 : 0) + 1 + octets <= columns) return octets;
  }
  return 4;
}

/** All octets as hex digits in pairs. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const octet of bytes) text += (text === "" ? "" : " ") + HEX[octet]!;
  return text;
}
