/** One piece of a column store: records of `stride` words, seen as integers, floats and doubles at once. */
export type Page = {
  readonly words: Uint32Array;
  readonly floats: Float32Array;
  readonly doubles: Float64Array;
};

/**
 * Fixed-size records numbered without gaps, in pages that are reused. A record is `stride` 32-bit words; pages are kept
 * from the oldest record that is still wanted. Contents of a new record are undefined: its writer sets every word.
 */
export class Pages {
  readonly stride: number;
  readonly perPage: number;
  readonly pageBytes: number;
  #pages: Page[] = [];
  #firstPage = 0;
  #free: Page[] = [];

  constructor(stride: number, perPage: number) {
    this.stride = stride;
    this.perPage = perPage;
    this.pageBytes = stride * perPage * 4;
  }

  /** Octets of the pages in use; spare pages are not counted. */
  get usedBytes(): number {
    return this.#pages.length * this.pageBytes;
  }

  /** The page of record `n`, which must be kept. */
  page(n: number): Page | undefined {
    return this.#pages[Math.floor(n / this.perPage) - this.#firstPage];
  }

  /** Index of the first word of record `n` within its page. */
  at(n: number): number {
    return (n % this.perPage) * this.stride;
  }

  /** Opens the page that record `n` begins; earlier pages must be there, unless nothing is kept at all. */
  open(n: number): Page {
    if (this.#pages.length === 0) this.#firstPage = Math.floor(n / this.perPage);
    const page = this.#free.pop() ?? makePage(this.pageBytes);
    this.#pages.push(page);
    return page;
  }

  /** Gives up the pages that hold only records below `n`; keeps at most `spare` of them for reuse. */
  dropBelow(n: number, spare: number): void {
    const count = Math.min(this.#pages.length, Math.floor(n / this.perPage) - this.#firstPage);
    if (count <= 0) return;
    this.#free.push(...this.#pages.splice(0, count));
    if (this.#free.length > spare) this.#free.length = spare;
    this.#firstPage += count;
  }
}

/** A page of undefined contents. */
export function makePage(bytes: number): Page {
  // Not filled with zeros: that would be done twice, by the system and here.
  const { buffer } = Buffer.allocUnsafeSlow(bytes);
  return { words: new Uint32Array(buffer), floats: new Float32Array(buffer), doubles: new Float64Array(buffer) };
}
