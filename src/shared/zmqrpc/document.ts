/** Files beyond this are not read: characters. */
export const MAX_CHARACTERS = 1024 * 1024;
/** Lines beyond this are not read. */
const MAX_LINES = 50_000;

export const SECTION_KINDS = ["variables", "environment", "defaults", "call"] as const;
type SectionKind = (typeof SECTION_KINDS)[number];

/** Offsets into the text of a file; `to` is behind the last character. */
export type Range = { readonly from: number; readonly to: number };

/** What stands in a section, in order. */
export type Item =
  | { readonly kind: "entry"; readonly entry: Entry }
  | { readonly kind: "comment"; readonly text: string }
  | { readonly kind: "blank" }
  /** A line that is none of these, kept as it is. */
  | { readonly kind: "stray"; readonly text: string; readonly range: Range };

/** `key: value`, the value over several lines where it is JSON or its further lines are indented deeper. */
export type Entry = {
  readonly key: string;
  readonly keyRange: Range;
  /** From behind the colon to the end of its last line, as it stands in the text, without spaces around it. */
  readonly value: string;
  readonly valueRange: Range;
  /** What of it stands behind the colon. */
  readonly first: string;
  /** Further lines of the value as they are to be written: indented for an entry that is indented by two. */
  readonly further: readonly string[];
};

export type Section = {
  /** `null` for a heading that is none, which is kept with what stands below it. */
  readonly kind: SectionKind | null;
  /** What stands behind the first word of the heading; empty where nothing does. */
  readonly name: string;
  readonly nameRange: Range;
  readonly headingRange: Range;
  /** The heading and all below it, without comments and blank lines at the end. */
  readonly range: Range;
  /** Comments above the heading; an empty text is a blank line. */
  readonly above: readonly string[];
  readonly items: readonly Item[];
};

/** A call file as it is written, nothing of it judged. */
export type CallDocument = {
  /** What stands before the first heading and is no comment: lines that belong nowhere. */
  readonly strays: readonly { readonly text: string; readonly range: Range }[];
  readonly sections: readonly Section[];
  /** Comments at the end. */
  readonly tail: readonly string[];
  /** Whether it was longer than what is read. */
  readonly isCut: boolean;
};

const HEADING = /^(variables|environment|defaults|call)(?=\s|$)/;
const ENTRY = /^(\s+)([A-Za-z_][\w-]*)(\s*:)(.*)$/s;
/** JSON has no such line. */
const ANY_KEY = /^\s*[A-Za-z_][\w-]*\s*:/;
/** Keys whose value goes on until its brackets are closed. */
const JSON_VALUE = /^(?:args|kwargs|fields)$/;
const JSON_FRAME = /^json\b/;
export const ENTRY_INDENT = 2;

type Line = { readonly text: string; readonly from: number };

/** Reads the lines of a call file. Never throws; what is past the limits is left out. */
export function readDocument(whole: string): CallDocument {
  const text = whole.slice(0, MAX_CHARACTERS);
  const all = toLines(text);
  const lines = all.slice(0, MAX_LINES);
  const strays: { text: string; range: Range }[] = [];
  const sections: SectionDraft[] = [];
  let above: string[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at]!;
    const current = sections.at(-1);
    if (line.text.trim() === "") {
      above.push("");
      at++;
    } else if (line.text.trimStart().startsWith("#")) {
      above.push(line.text.trim());
      at++;
    } else if (!/^\s/.test(line.text)) {
      sections.push(new SectionDraft(text, line, above));
      above = [];
      at++;
    } else if (current === undefined) {
      strays.push({ text: line.text.trim(), range: contentRange(line) });
      at++;
    } else {
      current.addNotes(above);
      above = [];
      at = current.addEntry(lines, at);
    }
  }
  return {
    strays,
    sections: sections.map((section) => section.done()),
    tail: withoutLastBlank(notesAbove(above)),
    isCut: text.length < whole.length || lines.length < all.length,
  };
}

class SectionDraft {
  readonly #text: string;
  readonly #heading: Line;
  readonly #above: readonly string[];
  readonly #items: Item[] = [];
  #to: number;

  constructor(text: string, heading: Line, above: readonly string[]) {
    this.#text = text;
    this.#heading = heading;
    this.#above = notesAbove(above);
    this.#to = heading.from + heading.text.trimEnd().length;
  }

  addNotes(notes: readonly string[]): void {
    for (const text of notes) {
      const isBlank = text === "";
      if (isBlank && (this.#items.length === 0 || this.#items.at(-1)!.kind === "blank")) continue;
      this.#items.push(isBlank ? { kind: "blank" } : { kind: "comment", text });
    }
  }

  /** Takes the line at `at`, and those that go on with it; answers with the place of the next one. */
  addEntry(lines: readonly Line[], at: number): number {
    const line = lines[at]!;
    const match = ENTRY.exec(line.text);
    if (match === null) {
      this.#items.push({ kind: "stray", text: line.text.trim(), range: contentRange(line) });
      this.#to = line.from + line.text.trimEnd().length;
      return at + 1;
    }
    const [, indent = "", key = "", colon = "", rest = ""] = match;
    const keyFrom = line.from + indent.length;
    const behindColon = keyFrom + key.length + colon.length;
    const end = valueEnd(lines, at, { indent: indent.length, key, start: rest.trim() });
    const last = lines[end - 1]!;
    const from = behindColon + (rest.length - rest.trimStart().length);
    // Of an empty value nothing but its place is left.
    const to = Math.max(last.from + last.text.trimEnd().length, behindColon);
    const valueRange = { from: Math.min(from, to), to };
    this.#items.push({
      kind: "entry",
      entry: {
        key,
        keyRange: { from: keyFrom, to: keyFrom + key.length },
        value: this.#text.slice(valueRange.from, valueRange.to),
        valueRange,
        first: rest.trim(),
        further: lines.slice(at + 1, end).map(({ text }) => reindented(text, indent.length)),
      },
    });
    this.#to = to;
    return end;
  }

  done(): Section {
    const { text, from } = this.#heading;
    const kind = (HEADING.exec(text)?.[1] ?? null) as SectionKind | null;
    const behind = text.slice(kind?.length ?? 0);
    const name = behind.trim();
    const nameFrom = from + (kind?.length ?? 0) + (behind.length - behind.trimStart().length);
    return {
      kind,
      name,
      nameRange: { from: nameFrom, to: nameFrom + name.length },
      headingRange: { from, to: from + text.trimEnd().length },
      range: { from, to: this.#to },
      above: this.#above,
      items: this.#items,
    };
  }
}

/** The place of the line behind a value: it goes on while brackets are open, or lines are indented deeper. */
function valueEnd(
  lines: readonly Line[],
  at: number,
  { indent, key, start }: { readonly indent: number; readonly key: string; readonly start: string },
): number {
  const isJson = JSON_VALUE.test(key) || (key === "frame" && JSON_FRAME.test(start));
  const brackets = new Brackets();
  if (isJson) brackets.add(start);
  let end = at + 1;
  for (; end < lines.length; end++) {
    const { text } = lines[end]!;
    const isOpen = brackets.depth > 0;
    // While something is typed, a bracket that is not closed yet must not swallow what follows.
    if (isOpen && (HEADING.test(text) || ANY_KEY.test(text))) break;
    const isDeeper = indentOf(text) > indent && text.trim() !== "" && !text.trimStart().startsWith("#");
    if (!isOpen && !isDeeper) break;
    if (isJson) brackets.add(text);
  }
  // Blank lines behind an open bracket belong to what follows.
  while (end > at + 1 && lines[end - 1]!.text.trim() === "") end--;
  return end;
}

/** Counts the brackets of JSON that are open, line by line; those in strings do not count. */
class Brackets {
  depth = 0;

  add(line: string): void {
    // A string ends with its line.
    let isString = false;
    for (let at = 0; at < line.length; at++) {
      const character = line.charAt(at);
      if (isString && character === "\\") at++;
      else if (character === '"') isString = !isString;
      else if (isString) continue;
      // No JSON begins so: it is a variable, whose braces are none of JSON's.
      else if (line.startsWith("{{", at)) at = Math.max(at, line.indexOf("}}", at) + 1);
      else if (character === "{" || character === "[") this.depth++;
      else if (character === "}" || character === "]") this.depth--;
    }
  }
}

/** Cut where editors cut them. */
function toLines(text: string): Line[] {
  const lines: Line[] = [];
  let from = 0;
  for (const { index, 0: end } of text.matchAll(/\r\n|\r|\n/g)) {
    lines.push({ text: text.slice(from, index), from });
    from = index + end.length;
  }
  lines.push({ text: text.slice(from), from });
  return lines;
}

function contentRange({ text, from }: Line): Range {
  return { from: from + indentOf(text), to: from + text.trimEnd().length };
}

function indentOf(text: string): number {
  return text.length - text.trimStart().length;
}

/** A further line of a value as it stands in an entry that is indented by two. */
function reindented(text: string, indent: number): string {
  const trimmed = text.trim();
  return trimmed === "" ? "" : " ".repeat(Math.max(ENTRY_INDENT, indentOf(text) - indent + ENTRY_INDENT)) + trimmed;
}

/** Comments with one blank line where there are several, and none before the first. */
function notesAbove(notes: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (const text of notes) if (text !== "" || (kept.length > 0 && kept.at(-1) !== "")) kept.push(text);
  return kept;
}

function withoutLastBlank(notes: readonly string[]): readonly string[] {
  return notes.at(-1) === "" ? notes.slice(0, -1) : notes;
}
