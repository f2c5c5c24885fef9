import { newSlab, type Slab } from "./conversation.ts";
import { makePage, type Page } from "./pages.ts";
import { CHUNK_PAGE_BYTES, ROW_PAGE_BYTES, type Segment } from "./segment.ts";

/** Pages kept for reuse are this share of the bound: what letting go of a segment of small messages frees. */
const SPARE_SHARE = 32;

/** Slabs and pages of segments that left memory, for those that come. Contents of what is taken are undefined. */
export class SpareParts {
  #slab: Slab | null = null;
  #rowPages: Page[] = [];
  #chunkPage: Page | null = null;

  takeSlab(bytes: number): Slab {
    const spare = this.#slab;
    this.#slab = null;
    if (spare?.bytes.length === bytes) return spare;
    return newSlab(bytes);
  }

  takeRowPage(): Page {
    return this.#rowPages.pop() ?? makePage(ROW_PAGE_BYTES);
  }

  takeChunkPage(): Page {
    const page = this.#chunkPage ?? makePage(CHUNK_PAGE_BYTES);
    this.#chunkPage = null;
    return page;
  }

  /** Takes what a segment in memory has, as far as it is worth keeping under a bound of `maxBytes`. */
  giveBack({ slab, rowPages, chunkPages }: Segment, maxBytes: number): void {
    if (slab !== null) this.#slab = slab;
    const most = Math.max(1, Math.floor(maxBytes / SPARE_SHARE / ROW_PAGE_BYTES));
    this.#rowPages.push(...rowPages.slice(0, Math.max(0, most - this.#rowPages.length)));
    this.#chunkPage ??= chunkPages[0] ?? null;
  }
}
