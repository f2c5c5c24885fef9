/** Where a piece of the filter lies. */
export type Place = { readonly from: number; readonly to: number };

export type Quoted = Place & {
  /** With its escapes resolved. */
  readonly text: string;
  /** As it stands between the quotes; begins at `from + 1`. */
  readonly raw: string;
  /** The first escape that is none. */
  readonly badEscape: Place | null;
  readonly isClosed: boolean;
};

const BLANK = /\s/;
/** What ends a word anywhere. */
const WORD_END = /[\s()"'&|<>={},]/;
const ESCAPES: Record<string, string> = { n: "\n", r: "\r", t: "\t", "0": "\0" };

/** A position in the text of a filter, and the pieces that can stand there. Never throws. */
export class Scanner {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  skipBlanks(): void {
    while (BLANK.test(this.text.charAt(this.at))) this.at++;
  }

  startsWith(piece: string): boolean {
    return this.text.startsWith(piece, this.at);
  }

  eat(piece: string): boolean {
    if (!this.startsWith(piece)) return false;
    this.at += piece.length;
    return true;
  }

  /** What a pattern finds right here; not taken yet. The pattern is sticky. */
  match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    return pattern.exec(this.text)?.[0] ?? "";
  }

  /** The word that begins here, without taking it; empty when there is none. */
  peekWord(): string {
    return this.text.slice(this.at, this.#wordEnd(false));
  }

  /** The word of a set's member that begins here: `..` ends it too. */
  peekMember(): string {
    return this.text.slice(this.at, this.#wordEnd(true));
  }

  /** A value right behind an operator: only blanks, brackets, quotes, commas and joining signs end it. */
  peekValue(): string {
    let to = this.at;
    while (to < this.text.length && !/[\s()"'&|{},]/.test(this.text.charAt(to))) to++;
    return this.text.slice(this.at, to);
  }

  /** A regular expression without quotes: up to a blank, a bracket that it did not open, `&&` or `||`. */
  peekPattern(): string {
    let depth = 0;
    let isInSet = false;
    let to = this.at;
    for (; to < this.text.length; to++) {
      const character = this.text.charAt(to);
      if (BLANK.test(character)) break;
      if (character === "\\") to++;
      else if (isInSet) isInSet = character !== "]";
      else if (character === "[") isInSet = true;
      else if (character === "(") depth++;
      else if (character === ")" && --depth < 0) break;
      else if (depth === 0 && (this.text.startsWith("&&", to) || this.text.startsWith("||", to))) break;
    }
    return this.text.slice(this.at, Math.min(to, this.text.length));
  }

  /** `/body/flags` with its offsets; undefined when what stands here is something else, such as a path. */
  regexLiteral(): (Place & { readonly body: string; readonly flags: string }) | undefined {
    const found = this.match(/\/((?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/[ism]*(?=[\s()&|},]|$)/y);
    if (found === "") return undefined;
    const end = found.lastIndexOf("/");
    const from = this.at;
    this.at += found.length;
    return { from, to: this.at, body: found.slice(1, end), flags: found.slice(end + 1) };
  }

  /** A string in single or double quotes; undefined when none begins here. */
  quoted(): Quoted | undefined {
    const quote = this.text.charAt(this.at);
    if (quote !== '"' && quote !== "'") return undefined;
    const from = this.at++;
    let text = "";
    let badEscape: Place | null = null;
    while (!this.isAtEnd && !this.startsWith(quote)) {
      const escapeAt = this.at;
      const character = this.text.charAt(this.at++);
      if (character !== "\\") {
        text += character;
        continue;
      }
      const escaped = this.#escape(quote);
      if (escaped === undefined) badEscape ??= { from: escapeAt, to: Math.min(escapeAt + 2, this.text.length) };
      text += escaped ?? "";
    }
    const raw = this.text.slice(from + 1, this.at);
    const isClosed = this.eat(quote);
    return { from, to: this.at, text, raw, badEscape, isClosed };
  }

  #escape(quote: string): string | undefined {
    const hex = this.match(/u(?:[0-9a-fA-F]{4}|\{[0-9a-fA-F]{1,6}\})/y);
    const point = Number.parseInt(hex.replace(/[u{}]/g, ""), 16);
    if (hex !== "" && point <= 0x10ffff) {
      this.at += hex.length;
      return String.fromCodePoint(point);
    }
    const character = this.text.charAt(this.at++);
    if (character === "\\" || character === quote) return character;
    return Object.hasOwn(ESCAPES, character) ? ESCAPES[character] : undefined;
  }

  #wordEnd(isMember: boolean): number {
    let to = this.at;
    while (to < this.text.length && !WORD_END.test(this.text.charAt(to))) {
      if (this.text.startsWith("!=", to) || (isMember && this.text.startsWith("..", to))) break;
      to++;
    }
    return to;
  }
}
