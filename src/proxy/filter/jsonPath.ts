/** What stands at a path. */
export type JsonKind = "string" | "number" | "true" | "false" | "null" | "object" | "array";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const ZERO = 0x30;
const MINUS = 0x2d;
/** Digits that surely make an exact integer. */
const EXACT_DIGITS = 15;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Octets of which the value scanner looks twice, and what ends a bare word. */
const IS_SPECIAL = flags('"{}[]');
const ENDS_WORD = flags(" \t\n\r,]}");

type NameStep = { readonly name: string; readonly octets: Uint8Array };
type Step = NameStep | { readonly index: number };

/**
 * Finds one value in the octets of a JSON text, without building anything. What lies before the value must read as JSON as
 * far as its brackets and strings go; what lies behind it is not looked at, so that a cut text still has its first values.
 * Of names that occur twice, the first counts. Anything that is no JSON is a value that is missing.
 */
export class JsonPath {
  kind: JsonKind = "null";
  /** Octets of the value: of a string those between its quotes. */
  from = 0;
  to = 0;
  /** The string has escapes, so its octets are not its text. */
  hasEscapes = false;
  readonly #steps: readonly Step[];
  /** What was searched last. */
  bytes: Uint8Array = new Uint8Array(0);
  /** The string that was passed last has escapes. */
  #sawEscape = false;

  constructor(path: readonly (string | number)[]) {
    this.#steps = path.map((step) =>
      typeof step === "number" ? { index: step } : { name: step, octets: Buffer.from(step) },
    );
  }

  /** Whether there is a value; what it is stands in the properties until the next call. */
  find(bytes: Uint8Array): boolean {
    this.bytes = bytes;
    let at = this.#skipBlanks(0);
    const first = bytes[at];
    // Most payloads that are no JSON are known by their first octet.
    if (this.#steps.length > 0 && first !== OPEN_BRACE && first !== OPEN_BRACKET) return false;
    for (const step of this.#steps) {
      at = "index" in step ? this.#item(at, step.index) : this.#member(at, step);
      if (at < 0) return false;
    }
    if (!this.#classify(at)) return false;
    return this.#steps.length > 0 || this.#endsBehind();
  }

  /** The number at the path; NaN when its digits are none. */
  number(): number {
    const bytes = this.bytes;
    const isNegative = bytes[this.from] === MINUS;
    const start = isNegative ? this.from + 1 : this.from;
    const length = this.to - start;
    if (length > 0 && length <= EXACT_DIGITS && (bytes[start] !== ZERO || length === 1)) {
      let number = 0;
      let at = start;
      for (; at < this.to; at++) {
        const digit = bytes[at]! - ZERO;
        if (digit < 0 || digit > 9) break;
        number = number * 10 + digit;
      }
      if (at === this.to) return isNegative ? -number : number;
    }
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + this.from, this.to - this.from).toString("latin1");
    return NUMBER.test(text) ? Number(text) : NaN;
  }

  /** UTF-8 of a string with its escapes resolved; `null` when they are none. */
  unescaped(): Uint8Array | null {
    const text = unescape(this.bytes, this.from, this.to);
    return text === null ? null : Buffer.from(text);
  }

  /** Items of an array or members of an object; -1 when it does not read as one. */
  count(): number {
    const close = this.kind === "array" ? CLOSE_BRACKET : CLOSE_BRACE;
    const bytes = this.bytes;
    let at = this.#skipBlanks(this.from + 1);
    if (bytes[at] === close) return 0;
    for (let count = 1; ; count++) {
      if (this.kind === "object") at = this.#valueOfMember(at);
      if (at >= 0) at = this.#skipValue(at);
      if (at < 0) return -1;
      at = this.#skipBlanks(at);
      if (bytes[at] === close) return count;
      if (bytes[at] !== COMMA) return -1;
      at = this.#skipBlanks(at + 1);
    }
  }

  /** Place of the value of a member; -1 when there is none. */
  #member(object: number, step: NameStep): number {
    const bytes = this.bytes;
    if (bytes[object] !== OPEN_BRACE) return -1;
    let at = this.#skipBlanks(object + 1);
    for (;;) {
      if (bytes[at] !== QUOTE) return -1;
      const nameEnd = this.#skipString(at);
      if (nameEnd < 0) return -1;
      const isIt = this.#isName(at + 1, nameEnd - 1, step);
      at = this.#skipBlanks(nameEnd);
      if (bytes[at] !== COLON) return -1;
      at = this.#skipBlanks(at + 1);
      if (isIt) return at;
      at = this.#skipValue(at);
      if (at < 0) return -1;
      at = this.#skipBlanks(at);
      if (bytes[at] !== COMMA) return -1;
      at = this.#skipBlanks(at + 1);
    }
  }

  #valueOfMember(at: number): number {
    if (this.bytes[at] !== QUOTE) return -1;
    const end = this.#skipString(at);
    if (end < 0) return -1;
    const colon = this.#skipBlanks(end);
    return this.bytes[colon] === COLON ? this.#skipBlanks(colon + 1) : -1;
  }

  #isName(from: number, to: number, { name, octets }: NameStep): boolean {
    if (this.#sawEscape) return unescape(this.bytes, from, to) === name;
    if (to - from !== octets.length) return false;
    const bytes = this.bytes;
    for (let index = 0; index < octets.length; index++) if (bytes[from + index] !== octets[index]) return false;
    return true;
  }

  #item(array: number, index: number): number {
    const bytes = this.bytes;
    if (bytes[array] !== OPEN_BRACKET) return -1;
    let at = this.#skipBlanks(array + 1);
    if (bytes[at] === CLOSE_BRACKET) return -1;
    for (let left = index; left > 0; left--) {
      at = this.#skipValue(at);
      if (at < 0) return -1;
      at = this.#skipBlanks(at);
      if (bytes[at] !== COMMA) return -1;
      at = this.#skipBlanks(at + 1);
    }
    return at;
  }

  #classify(at: number): boolean {
    this.from = at;
    const first = this.bytes[at];
    if (first === QUOTE) {
      const end = this.#skipString(at);
      this.kind = "string";
      this.from = at + 1;
      this.to = end - 1;
      this.hasEscapes = this.#sawEscape;
      return end >= 0;
    }
    this.to = this.#skipValue(at);
    if (this.to < 0) return false;
    if (first === OPEN_BRACE || first === OPEN_BRACKET) {
      this.kind = first === OPEN_BRACE ? "object" : "array";
      return true;
    }
    for (const word of ["true", "false", "null"] as const) {
      if (first !== word.charCodeAt(0) || !this.#isWord(word)) continue;
      this.kind = word;
      return true;
    }
    this.kind = "number";
    return (first === MINUS || (first! >= ZERO && first! <= ZERO + 9)) && !Number.isNaN(this.number());
  }

  #isWord(word: string): boolean {
    if (this.to - this.from !== word.length) return false;
    for (let index = 0; index < word.length; index++) {
      if (this.bytes[this.from + index] !== word.charCodeAt(index)) return false;
    }
    return true;
  }

  #endsBehind(): boolean {
    const end = this.kind === "string" ? this.to + 1 : this.to;
    return this.#skipBlanks(end) >= this.bytes.length;
  }

  #skipBlanks(from: number): number {
    const bytes = this.bytes;
    let at = from;
    for (let octet = bytes[at]!; octet <= 32; octet = bytes[++at]!) {
      if (octet !== 32 && octet !== 10 && octet !== 13 && octet !== 9) break;
    }
    return at;
  }

  /** Behind the quote that ends the string at `from`; -1 when there is none. */
  #skipString(from: number): number {
    const bytes = this.bytes;
    const length = bytes.length;
    this.#sawEscape = false;
    for (let at = from + 1; at < length; at++) {
      const octet = bytes[at]!;
      if (octet === QUOTE) return at + 1;
      if (octet === BACKSLASH) {
        this.#sawEscape = true;
        at++;
      }
    }
    return -1;
  }

  /** Behind the value at `from`; -1 when it does not end. Containers are known by their brackets alone. */
  #skipValue(from: number): number {
    const bytes = this.bytes;
    const length = bytes.length;
    const first = bytes[from]!;
    if (first === QUOTE) return this.#skipString(from);
    let at = from;
    if (first !== OPEN_BRACE && first !== OPEN_BRACKET) {
      while (at < length && ENDS_WORD[bytes[at]!] === 0) at++;
      return at === from ? -1 : at;
    }
    let depth = 0;
    while (at < length) {
      const octet = bytes[at]!;
      if (IS_SPECIAL[octet] === 0) {
        at++;
      } else if (octet === QUOTE) {
        at = this.#skipString(at);
        if (at < 0) return -1;
      } else {
        at++;
        if (octet === OPEN_BRACE || octet === OPEN_BRACKET) depth++;
        else if (--depth === 0) return at;
      }
    }
    return -1;
  }
}

/** Text of what stands between the quotes of a JSON string; `null` when it cannot stand there. */
function unescape(bytes: Uint8Array, from: number, to: number): string | null {
  try {
    return JSON.parse(`"${Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString()}"`) as string;
  } catch {
    // Whatever is wrong with it, it is no string: the value is missing.
    return null;
  }
}

function flags(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}
