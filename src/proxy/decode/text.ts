import type { Decoded } from "../../shared/model.ts";
import { cutText } from "./jsonText.ts";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const UNPRINTABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001a\u001c-\u001f\u007f-\u009f]/;

/** The octets as UTF-8, or undefined when they are not. Of a prefix, a character cut at its end is left out. */
export function utf8Text(bytes: Uint8Array, isPrefix = false): string | undefined {
  try {
    return strict.decode(isPrefix ? bytes.subarray(0, wholeCharacters(bytes)) : bytes);
  } catch {
    return undefined;
  }
}

/** Whether octets read as text that people write: UTF-8 without control characters other than white space and escape. */
export function looksLikeText(bytes: Uint8Array, isPrefix: boolean): boolean {
  const text = utf8Text(bytes, isPrefix);
  return text !== undefined && !UNPRINTABLE.test(text);
}

/** Strict UTF-8, or text in the encoding that `encoding` names as TextDecoder knows it. */
export function decodeText(bytes: Uint8Array, maxChars: number, encoding = ""): Decoded {
  if (encoding !== "") return decodeEncoded(bytes, maxChars, encoding);
  const text = utf8Text(bytes);
  if (text === undefined) return { kind: "none", reason: "This is not UTF-8 text. Hex shows its octets." };
  return { kind: "text", text: cutText(text, maxChars), truncated: text.length > maxChars };
}

/** Octets that mean nothing in the encoding become U+FFFD, so that one wrong octet does not hide the text. */
function decodeEncoded(bytes: Uint8Array, maxChars: number, encoding: string): Decoded {
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: false, ignoreBOM: false }).decode(bytes);
  } catch {
    return { kind: "none", reason: `The encoding ${encoding} is not known here.` };
  }
  return { kind: "text", text: cutText(text, maxChars), truncated: text.length > maxChars };
}

function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const octet = bytes[bytes.length - back]!;
    if (octet < 0x80) return bytes.length;
    if (octet >= 0xc0) {
      const needed = octet >= 0xf0 ? 4 : octet >= 0xe0 ? 3 : 2;
      return needed > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}
