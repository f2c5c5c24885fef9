import sax, { type SaxParser } from "sax";

export type XmlElement = {
  /** With its prefix, as written: namespaces are not looked up. */
  readonly name: string;
  /** In their order. */
  readonly attributes: readonly (readonly [name: string, value: string])[];
  /** Elements and texts in their order; two texts are never neighbours. Comments and instructions are left out. */
  readonly children: readonly XmlNode[];
};
export type XmlNode = XmlElement | string;

export type XmlLimits = {
  readonly maxBytes: number;
  readonly maxDepth: number;
  /** Elements and texts. */
  readonly maxNodes: number;
  /** Of one element. */
  readonly maxAttributes: number;
};
const XML_LIMITS: XmlLimits = { maxBytes: 4 * 1024 * 1024, maxDepth: 100, maxNodes: 200_000, maxAttributes: 256 };

/** The document's element, or why there is none, in a sentence. */
export type XmlTree = { readonly root: XmlElement } | { readonly problem: string };

type OpenElement = { readonly name: string; readonly attributes: [string, string][]; readonly children: XmlNode[] };

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
/** What XML 1.0 has no place for, not even as a reference (2.2, Char). */
const NO_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
const DECLARED_ENCODING = /^<[?]xml[^>]*?\sencoding\s*=\s*["']([A-Za-z][\w.-]{0,39})["']/;
const DECLARATION_BYTES = 200;
const NOT_XML = "This is not well-formed XML, or it is cut off.";

/**
 * Reads an XML 1.0 document as a plain tree. Nothing is fetched and nothing expands: of entities only the five of XML and
 * character references are known, a DOCTYPE is read over, and what it declares stays unknown and so is refused. Never
 * throws. A second attribute of the same name is left out.
 */
export function readXml(bytes: Uint8Array, limits: Partial<XmlLimits> = {}): XmlTree {
  const bounds = { ...XML_LIMITS, ...limits };
  if (bytes.length > bounds.maxBytes) {
    return { problem: `This XML is larger than ${bounds.maxBytes} octets, so it is not read.` };
  }
  const text = xmlText(bytes);
  if (text === undefined) return { problem: "This is not XML: it is not text in the encoding that it names." };
  if (NO_XML.test(text)) return { problem: "This is not XML: it holds characters that XML does not allow." };
  const builder = new TreeBuilder(bounds);
  try {
    builder.read(text);
  } catch {
    // The handlers throw to stop the parser, which goes on after errors otherwise; its words may quote the payload.
    return { problem: builder.problem ?? NOT_XML };
  }
  return builder.root === undefined ? { problem: NOT_XML } : { root: builder.root };
}

/** Text between child elements too, one behind the other. */
export function textOf(element: XmlElement): string {
  return element.children.filter((child) => typeof child === "string").join("");
}

/** Child elements, without the texts between them. */
export function elementsOf(element: XmlElement): readonly XmlElement[] {
  return element.children.filter((child) => typeof child !== "string");
}

class TreeBuilder {
  root: XmlElement | undefined;
  problem: string | undefined;
  readonly #limits: XmlLimits;
  readonly #open: OpenElement[] = [];
  #nodes = 0;

  constructor(limits: XmlLimits) {
    this.#limits = limits;
  }

  read(text: string): void {
    const parser = sax.parser(true, { strictEntities: true, position: false });
    // Its own table inherits from Object, where `&constructor;` would be found.
    parser.ENTITIES = Object.assign(Object.create(null) as Record<string, string>, ENTITIES);
    this.#listen(parser);
    // XML 1.0, 2.11: line ends are read as one line feed.
    parser.write(text.replaceAll(/\r\n?/g, "\n")).close();
  }

  #listen(parser: SaxParser): void {
    parser.onerror = (error) => {
      throw error;
    };
    parser.onopentagstart = ({ name }) => {
      if (this.#open.length >= this.#limits.maxDepth) {
        this.#stop(`This XML is nested deeper than ${this.#limits.maxDepth} levels, so it is not read.`);
      }
      this.#openElement(name);
    };
    parser.onattribute = ({ name, value }) => {
      const { attributes } = this.#open.at(-1)!;
      attributes.push([name, value]);
      if (attributes.length > this.#limits.maxAttributes) {
        this.#stop(`An element has more than ${this.#limits.maxAttributes} attributes, so this XML is not read.`);
      }
    };
    parser.ontext = (text) => this.#text(text);
    parser.oncdata = (text) => this.#text(text);
    parser.onclosetag = () => this.#open.pop();
  }

  #openElement(name: string): void {
    const element: OpenElement = { name, attributes: [], children: [] };
    const parent = this.#open.at(-1);
    if (parent !== undefined) parent.children.push(element);
    else if (this.root === undefined) this.root = element;
    else this.#stop("This is not one XML document: a second element follows the first.");
    this.#open.push(element);
    this.#count();
  }

  #text(text: string): void {
    const children = this.#open.at(-1)?.children;
    // White space around the document's element.
    if (children === undefined) return;
    const before = children.at(-1);
    if (typeof before === "string") {
      children[children.length - 1] = before + text;
      return;
    }
    children.push(text);
    this.#count();
  }

  #count(): void {
    this.#nodes++;
    if (this.#nodes > this.#limits.maxNodes) {
      this.#stop(`This XML has more than ${this.#limits.maxNodes} elements and texts, so it is not read.`);
    }
  }

  #stop(problem: string): never {
    this.problem = problem;
    throw new Error(problem);
  }
}

/** In the encoding that a byte order mark or the declaration names, else UTF-8; undefined when it is not in that. */
function xmlText(bytes: Uint8Array): string | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, DECLARATION_BYTES));
  const [first, second] = bytes;
  const isUtf16 = first === 0xff ? second === 0xfe : first === 0xfe && second === 0xff;
  const named = DECLARED_ENCODING.exec(head.startsWith("\u00ef\u00bb\u00bf") ? head.slice(3) : head)?.[1];
  const label = isUtf16 ? (first === 0xff ? "utf-16le" : "utf-16be") : (named ?? "utf-8");
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
