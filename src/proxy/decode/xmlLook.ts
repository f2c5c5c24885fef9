import { looksLikeText } from "./text.ts";

/** A document, or its declaration, begins so. */
const BEGINNING = /^\s*<(?:\?xml\s|!DOCTYPE\s|!--|[A-Za-z_][\w.:-]*(?:\s|\/?>))/;
const BEGINNING_BYTES = 200;
const LESS_THAN = 0x3c;
const GREATER_THAN = 0x3e;

/** Whether octets are text that begins, and unless it is a prefix ends, as XML does. Only reading it tells whether it is. */
export function looksLikeXml(bytes: Uint8Array, isPrefix: boolean): boolean {
  // Every frame comes by here, so octets are looked at first.
  let from = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (isSpace(bytes[from])) from++;
  if (bytes[from] !== LESS_THAN) return false;
  let last = bytes.length - 1;
  while (isSpace(bytes[last])) last--;
  if (!isPrefix && bytes[last] !== GREATER_THAN) return false;
  const head = String.fromCharCode(...bytes.subarray(from, from + BEGINNING_BYTES));
  return BEGINNING.test(head) && looksLikeText(bytes, isPrefix);
}

function isSpace(octet: number | undefined): boolean {
  return octet === 0x20 || (octet !== undefined && octet >= 9 && octet <= 13);
}
