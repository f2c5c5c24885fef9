import type { Decoded } from "../../shared/model.ts";
import { cutText } from "./jsonText.ts";
import { readXml, type XmlElement } from "./xmlTree.ts";

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
