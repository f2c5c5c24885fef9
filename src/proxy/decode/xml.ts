import type { Decoded } from "../../shared/model.ts";
import { cutText } from "./jsonText.ts";
import { readXml, type XmlElement } from "./xmlTree.ts";
import { utf8Text } from "./text.ts";

/** A document, or its declaration, begins so. */
const BEGINNING = /^\ufeff?\s*<(?:\?xml\s|!DOCTYPE\s|!--|[A-Za-z_][\w.:-]*(?:\s|\/?>))/;
const BEGINNING_BYTES = 200;
const LESS_THAN = 0x3c;
const INDENT = "  ";
/** Longest text that stands on the line of its element. */
const SHORT_CHARS = 80;

/** XML indented by depth. Comments, instructions and white space between elements are left out. */
export function decodeXml(bytes: Uint8Array, maxChars: number): Decoded {
  const read = readXml(bytes);
  if ("problem" in read) return { kind: "none", reason: read.problem };
  const printer = new Printer(maxChars);
  printer.element(read.root, "");
  const text = printer.lines.join("\n");
  return { kind: "text", text: cutText(text, maxChars), truncated: printer.isFull || text.length > maxChars };
}

/** Whether octets are well-formed XML; of a prefix, whether they begin as it. */
export function looksLikeXml(bytes: Uint8Array, isPrefix: boolean): boolean {
  if (!beginsWithTag(bytes)) return false;
  const head = utf8Text(bytes.subarray(0, BEGINNING_BYTES), bytes.length > BEGINNING_BYTES || isPrefix);
  if (head === undefined || !BEGINNING.test(head)) return false;
  return isPrefix ? utf8Text(bytes, true) !== undefined : !("problem" in readXml(bytes));
}

/** Judged by octets alone, since every frame comes by here. */
function beginsWithTag(bytes: Uint8Array): boolean {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (at < bytes.length && (bytes[at] === 0x20 || (bytes[at]! >= 9 && bytes[at]! <= 13))) at++;
  return bytes[at] === LESS_THAN;
}

class Printer {
  readonly lines: string[] = [];
  isFull = false;
  #left: number;

  constructor(maxChars: number) {
    this.#left = maxChars;
  }

  element({ name, attributes, children }: XmlElement, indent: string): void {
    const start = `${indent}<${name}${attributes.map(([key, value]) => ` ${key}="${escaped(value)}"`).join("")}`;
    const [first, second] = children;
    if (first === undefined) {
      this.#put(`${start}/>`);
      return;
    }
    if (typeof first === "string" && second === undefined && first.length <= SHORT_CHARS && !first.includes("\n")) {
      this.#put(`${start}>${escaped(first)}</${name}>`);
      return;
    }
    this.#put(`${start}>`);
    for (const child of children) {
      if (this.isFull) return;
      if (typeof child !== "string") this.element(child, indent + INDENT);
      else if (child.trim() !== "") this.#put(indent + INDENT + escaped(child.trim()));
    }
    this.#put(`${indent}</${name}>`);
  }

  #put(line: string): void {
    if (this.#left <= 0) {
      this.isFull = true;
      return;
    }
    this.lines.push(line);
    this.#left -= line.length + 1;
  }
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
