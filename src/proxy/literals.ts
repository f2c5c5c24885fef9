import { toHex } from "./decode/jsonText.ts";
import { utf8Text } from "./decode/text.ts";

/** Octets as Python writes them. */
export function pythonBytes(frame: Uint8Array): string {
  const parts: string[] = [];
  for (const octet of frame) parts.push(pythonOctet(octet));
  return `b"${parts.join("")}"`;
}

/** Octets as a Buffer of Node.js, text where they are some. */
export function javascriptBuffer(frame: Uint8Array): string {
  const text = utf8Text(frame);
  return text === undefined ? `Buffer.from("${toHex(frame)}", "hex")` : `Buffer.from(${JSON.stringify(text)})`;
}

function pythonOctet(octet: number): string {
  if (octet === 0x22) return '\\"';
  if (octet === 0x5c) return "\\\\";
  if (octet >= 0x20 && octet < 0x7f) return String.fromCharCode(octet);
  return `\\x${octet.toString(16).padStart(2, "0")}`;
}
