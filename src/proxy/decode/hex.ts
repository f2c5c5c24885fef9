import type { Decoded } from "../../shared/model.ts";

const PER_LINE = 16;
/** Characters of a whole line: offset, 16 octets in two groups, the same as ASCII, and the line end. */
const LINE_CHARS = 78;

/** A dump of 16 octets a line: offset, hex, ASCII. Never fails. */
export function decodeHex(bytes: Uint8Array, maxChars: number): Decoded {
  const shown = Math.min(bytes.length, Math.max(1, Math.floor(maxChars / LINE_CHARS)) * PER_LINE);
  const lines: string[] = [];
  for (let from = 0; from < shown; from += PER_LINE) lines.push(hexLine(bytes, from, Math.min(shown, from + PER_LINE)));
  return { kind: "text", text: lines.join("\n"), truncated: shown < bytes.length };
}

function hexLine(bytes: Uint8Array, from: number, to: number): string {
  let hex = "";
  let ascii = "";
  for (let at = from; at < to; at++) {
    const octet = bytes[at]!;
    hex += `${at - from === PER_LINE / 2 ? " " : ""}${octet.toString(16).padStart(2, "0")} `;
    ascii += octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : ".";
  }
  return `${from.toString(16).padStart(8, "0")}  ${hex.padEnd(3 * PER_LINE + 1)} ${ascii}`;
}
