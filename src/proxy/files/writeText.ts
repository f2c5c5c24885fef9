import type { OutputFile } from "./writeOutput.ts";
import type { RowWriter } from "./writeRows.ts";

/** Characters of a row between two pauses. */
const STEP_CHARACTERS = 1024 * 1024;

/** Writes rows as text: a head, then whatever `lines` makes of a row, in pieces; `null` for a row that is not kept. */
export class TextWriter implements RowWriter {
  rows = 0;
  leftOut = 0;
  readonly #output: OutputFile;
  readonly #lines: (n: number) => Iterable<string> | null;
  #pieces: Iterator<string> | null = null;

  constructor(output: OutputFile, head: string, lines: (n: number) => Iterable<string> | null) {
    this.#output = output;
    this.#lines = lines;
    output.addText(head);
  }

  put(n: number): boolean {
    const lines = this.#lines(n);
    if (lines === null) {
      this.leftOut += 1;
      return true;
    }
    this.#pieces = lines[Symbol.iterator]();
    return this.step();
  }

  step(): boolean {
    for (let characters = 0; characters < STEP_CHARACTERS;) {
      const next = this.#pieces!.next();
      if (next.done === true) {
        this.rows += 1;
        this.#pieces = null;
        return true;
      }
      characters += next.value.length;
      this.#output.addText(next.value);
    }
    return false;
  }

  /** Lines are made of copies. */
  settle(): void {
    // Nothing is held.
  }

  end(): void {
    // Nothing stands behind the last line.
  }
}
