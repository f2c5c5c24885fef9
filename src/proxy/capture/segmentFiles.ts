import { closeSync, openSync, readSync, readvSync } from "node:fs";
import { type FileHandle, open, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { KnownLink } from "./capturedLink.ts";
import { makePage } from "./pages.ts";
import { CHUNK_NEXT, changeRecord, ROW_BYTES, ROW_WORDS, type Segment, firstSegment, setNext } from "./segment.ts";
import { chunkPlace, emptyPages, indexBlock, octetsOf, rowPlace } from "./segmentIndex.ts";
import { logRecord } from "./segmentLog.ts";
import { knownLink, type StoredLink, storedLink } from "./storedLink.ts";
import { hasRunShort, type SegmentShelf, type SegmentStore } from "./segmentStore.ts";

/** How long octets may wait before they go to disk: what a killed engine loses. */
const FLUSH_MS = 50;
/** How often the links of a segment under way are written again. */
const LINKS_MS = 250;
/** How often close() tries again while the system has run short of something. */
const CLOSING_TRIES = 40;

export type SegmentFilesOptions = {
  readonly folder: string;
  readonly maxBytes: number;
  /** The files are somebody else's: nothing is written or removed. */
  readonly isReadOnly?: boolean;
  readonly anchorNs: bigint;
  /** Told once why nothing is written any more. */
  readonly onProblem: (error: Error) => void;
  /** The counters changed. */
  readonly onChange: () => void;
};

/** The segment that is being appended to, as far as it was written. */
type Partial = {
  readonly segment: Segment;
  readonly file: FileHandle;
  readonly log: FileHandle;
  used: number;
  rows: number;
  chunks: number;
  logBytes: number;
  linksMs: number;
  /** Links that are in the log. */
  links: number;
  /** It has grown since its links were written. */
  owesLinks: boolean;
};

/**
 * Segments in files of a folder, one each, written behind the traffic by one writer: sealed ones whole with their index, the
 * one under way bit by bit with a log of its index beside it. Nobody waits for it. When the disk refuses, it stops for good
 * and what is in memory stays there; when the system has run short of something, such as file descriptors, it tries again.
 */
export class SegmentFiles implements SegmentShelf {
  readonly #store: SegmentStore;
  readonly #options: SegmentFilesOptions;
  #maxBytes: number;
  #diskBytes = 0;
  #problem: Error | null = null;
  /** What the last try could not have. */
  #shortage: Error | null = null;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | null = null;
  #isDirty = false;
  #isClosed = false;
  #writing: Segment | null = null;
  #partial: Partial | null = null;
  #unwanted: string[] = [];
  /** Segments before this serial need not be looked at for work. */
  #doneBelow = 0;
  #patched = new Set<Segment>();
  readonly #jobs: (() => Promise<void>)[] = [];

  constructor(store: SegmentStore, options: SegmentFilesOptions) {
    this.#store = store;
    this.#options = options;
    this.#maxBytes = options.maxBytes;
    for (const { file } of store.segments) this.#diskBytes += file?.bytes ?? 0;
  }

  /** Octets in files. */
  get diskBytes(): number {
    const partial = this.#partial;
    return this.#diskBytes + (partial === null || partial.segment.isGone ? 0 : partial.used);
  }

  get maxBytes(): number {
    return this.#maxBytes;
  }

  setMaxBytes(maxBytes: number): void {
    this.#maxBytes = maxBytes;
    this.#evict();
    this.changed();
  }

  changed(): void {
    if (this.#options.isReadOnly === true) return;
    this.#isDirty = true;
    if (this.#timer !== undefined || this.#running !== null || this.#isClosed) return;
    // Files that are not wanted any more go even then.
    if (this.#problem !== null && this.#unwanted.length === 0) return;
    this.#timer = setTimeout(() => this.#start(), FLUSH_MS).unref();
  }

  isWriting(segment: Segment): boolean {
    return this.#writing === segment;
  }

  forget(segment: Segment): void {
    if (segment.file !== null) {
      this.#diskBytes -= segment.file.bytes;
      this.#unwanted.push(segment.file.path);
    } else if (this.#partial?.segment === segment || this.#writing === segment) {
      this.#unwanted.push(this.#path(segment), this.#logPath(segment));
    }
    this.#patched.delete(segment);
    this.changed();
  }

  /** Does `job` between two writes, so that it has the folder to itself. */
  enqueue(job: () => Promise<void>): void {
    if (this.#problem === null) this.#jobs.push(job);
    this.changed();
  }

  loadIndex(segment: Segment): void {
    const file = segment.file!;
    const index = emptyPages(segment);
    const fd = openSync(file.path, "r");
    try {
      const links = Buffer.alloc(file.linksBytes);
      readAllSync(
        fd,
        [...index.rowPages, ...index.chunkPages].map(({ octets }) => octets),
        file.rowsAt,
      );
      readAllSync(fd, [links], file.linksAt);
      this.#takeIndex(segment, index, links);
    } finally {
      closeSync(fd);
    }
  }

  loadSlab(segment: Segment): void {
    const bytes = Buffer.allocUnsafeSlow(segment.used);
    const fd = openSync(segment.file!.path, "r");
    try {
      readAllSync(fd, [bytes], 0);
    } finally {
      closeSync(fd);
    }
    takeSlab(segment, bytes);
  }

  async prepare(segment: Segment, withSlab: boolean): Promise<void> {
    const file = segment.file!;
    const handle = await open(file.path, "r");
    try {
      // Memory may let go of a part of it while the other is read.
      while (segment.file === file && !(segment.hasIndex && (segment.slab !== null || !withSlab))) {
        const { patchesWritten } = segment;
        const index = segment.hasIndex ? null : emptyPages(segment);
        const links = Buffer.alloc(file.linksBytes);
        const bytes = withSlab && segment.slab === null ? Buffer.allocUnsafeSlow(segment.used) : null;
        if (index !== null) {
          const octetsOfPages = [...index.rowPages, ...index.chunkPages].map(({ octets }) => octets);
          await readAll(handle, octetsOfPages, file.rowsAt);
          await readAll(handle, [links], file.linksAt);
        }
        if (bytes !== null) await readAll(handle, [bytes], 0);
        if (segment.file !== file) return;
        // What was patched in between may have been read as it was before.
        if (index !== null && !segment.hasIndex && segment.patchesWritten === patchesWritten) {
          this.#takeIndex(segment, index, links);
        }
        if (!segment.hasIndex) continue;
        if (bytes !== null && segment.slab === null) takeSlab(segment, bytes);
        this.#store.noteLoaded(segment);
      }
    } finally {
      await handle.close();
    }
  }

  /** Resolves once fewer than `maxBytes` in sealed segments wait for the disk. */
  async drained(maxBytes: number): Promise<void> {
    while (this.#problem === null && this.#waitingBytes() > maxBytes) {
      clearTimeout(this.#timer);
      this.#start();
      await this.#running;
      if (this.#shortage !== null) await delay(FLUSH_MS);
    }
  }

  /** Writes all there is, the segment under way too, which is sealed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#running;
    this.#store.seal();
    await this.#work();
    for (let tries = 0; this.#shortage !== null && tries < CLOSING_TRIES; tries++) {
      await delay(FLUSH_MS);
      await this.#work();
    }
    if (this.#shortage !== null) this.#fail(this.#shortage);
    if (this.#partial !== null) await closeAll([this.#partial.file, this.#partial.log]);
    this.#partial = null;
  }

  #start(): void {
    this.#timer = undefined;
    this.#running ??= this.#work().finally(() => {
      this.#running = null;
      if (this.#isDirty) this.changed();
    });
  }

  async #work(): Promise<void> {
    this.#isDirty = false;
    this.#shortage = null;
    try {
      for (;;) {
        for (const path of this.#unwanted.splice(0)) await remove(path);
        if (this.#problem !== null) return;
        for (let job = this.#jobs[0]; job !== undefined; job = this.#jobs[0]) {
          await job();
          this.#jobs.shift();
        }
        for (const segment of this.#patchedSegments()) await this.#writePatches(segment);
        const next = this.#nextSealed();
        if (next === undefined) break;
        await this.#writeSealed(next);
      }
      await this.#writePartial();
    } catch (error) {
      const reason = error instanceof Error ? error : new Error(String(error));
      if (hasRunShort(reason)) this.#waitFor(reason);
      else this.#fail(reason);
    }
    this.#options.onChange();
  }

  #waitingBytes(): number {
    let bytes = 0;
    for (let segment = this.#nextSealed(), at = 0; segment !== undefined; at++) {
      bytes += segment.used;
      const { segments } = this.#store;
      const next: Segment | undefined = segments[segments.indexOf(segment) + 1];
      segment = next?.isSealed === true && at < 1000 ? next : undefined;
    }
    return bytes;
  }

  #nextSealed(): Segment | undefined {
    const { segments } = this.#store;
    const first = firstSegment(segments, ({ serial }) => serial >= this.#doneBelow);
    for (let at = first === undefined ? segments.length : segments.indexOf(first); at < segments.length; at++) {
      const segment = segments[at]!;
      if (!segment.isSealed && !segment.isGone) return undefined;
      if (segment.file === null && !segment.isGone && !segment.staysInMemory) return segment;
      this.#doneBelow = segment.serial + 1;
    }
    return undefined;
  }

  async #writeSealed(segment: Segment): Promise<void> {
    const partial = this.#partial?.segment === segment ? this.#partial : null;
    const path = this.#path(segment);
    const links = this.#linksOf(segment);
    const block = indexBlock(segment, { anchorNs: this.#options.anchorNs, lastLink: this.#store.links.last, links });
    // It may be cleared while it is written; nobody else gets its octets before that has ended.
    const slab = segment.slab!.bytes;
    this.#writing = segment;
    // All of it is in memory; what was noted while its beginning was written would put older values over newer ones.
    segment.rowPatches.clear();
    segment.changedChunks.clear();
    // A log, be it an empty one, tells who finds the file that it was still being written.
    if (partial === null) await writeFile(this.#logPath(segment), "", { mode: 0o600 });
    const handle = partial?.file ?? (await open(path, "w", 0o600));
    const from = partial?.used ?? 0;
    try {
      await writeAll(handle, [slab.subarray(from, segment.used), ...block.parts], from);
    } finally {
      if (partial !== null) {
        this.#partial = null;
        await closeAll([partial.log]);
      }
      await handle.close();
    }
    await remove(this.#logPath(segment));
    // Not before: what becomes known of its rows meanwhile has to be put into the file.
    this.#writing = null;
    this.#doneBelow = Math.max(this.#doneBelow, segment.serial + 1);
    if (segment.isGone) return;
    segment.file = { ...block.file, path };
    this.#diskBytes += block.file.bytes;
    this.#evict();
  }

  /** Appends what is new of the segment under way. */
  async #writePartial(): Promise<void> {
    const segment = this.#store.current;
    if (segment === undefined || segment.isSealed || segment.slab === null) return;
    this.#writing = segment;
    const partial = this.#partial?.segment === segment ? this.#partial : await this.#openPartial(segment);
    // It may have been cleared while its files were opened.
    if (!segment.isGone) await this.#appendTo(partial, segment.slab.bytes);
    this.#writing = null;
  }

  async #appendTo(partial: Partial, slab: Uint8Array): Promise<void> {
    const { segment } = partial;
    const { used, rowCount, chunkCount } = segment;
    const linkCount = segment.linkIds.size;
    const hasGrown = used !== partial.used || rowCount !== partial.rows;
    const nowMs = performance.now();
    // No row is in the log without its link.
    const withLinks =
      linkCount > partial.links || ((hasGrown || partial.owesLinks) && nowMs - partial.linksMs >= LINKS_MS);
    if (hasGrown || withLinks) {
      const links = withLinks ? this.#linksOf(segment) : null;
      const record = logRecord(segment, partial, {
        anchorNs: this.#options.anchorNs,
        lastLink: this.#store.links.last,
        links,
      });
      // Where chunks of earlier segments go on in this one has to be on disk before it is.
      for (const each of this.#patchedSegments()) await this.#writePatches(each);
      await writeAll(partial.file, [slab.subarray(partial.used, used)], partial.used);
      await writeAll(partial.log, record, partial.logBytes);
      partial.logBytes += record.reduce((sum, part) => sum + part.length, 0);
      partial.used = used;
      partial.rows = rowCount;
      partial.chunks = chunkCount;
      partial.owesLinks = !withLinks;
      if (withLinks) {
        partial.linksMs = nowMs;
        partial.links = linkCount;
      }
      this.#evict();
    }
    if (partial.owesLinks) this.changed();
  }

  async #openPartial(segment: Segment): Promise<Partial> {
    // The one before fell out of memory before it was sealed here.
    if (this.#partial !== null) await closeAll([this.#partial.file, this.#partial.log]);
    this.#partial = null;
    const log = await open(this.#logPath(segment), "w", 0o600);
    let file: FileHandle;
    try {
      file = await open(this.#path(segment), "w", 0o600);
    } catch (error) {
      await closeAll([log]);
      throw error;
    }
    this.#partial = {
      segment,
      file,
      log,
      used: 0,
      rows: 0,
      chunks: 0,
      logBytes: 0,
      linksMs: -Infinity,
      links: 0,
      owesLinks: true,
    };
    return this.#partial;
  }

  #patchedSegments(): Segment[] {
    for (const segment of this.#store.takePatched()) this.#patched.add(segment);
    return [...this.#patched].filter(({ file }) => file !== null);
  }

  /** Puts into a file what became known of its rows since. */
  async #writePatches(segment: Segment): Promise<void> {
    const { file } = segment;
    if (file === null) {
      this.#patched.delete(segment);
      return;
    }
    const handle = await open(file.path, "r+");
    try {
      for (const [chunk, next] of [...segment.changedChunks]) {
        const word = new Uint32Array([next - chunk]);
        await writeAll(handle, [octetsOf(word)], chunkPlace(file, chunk - segment.firstChunk) + CHUNK_NEXT * 4);
        segment.patchesWritten++;
        if (segment.changedChunks.get(chunk) === next) segment.changedChunks.delete(chunk);
      }
      for (const [n, patch] of [...segment.rowPatches]) {
        const record = makePage(ROW_BYTES);
        const octets = octetsOf(record.words);
        const place = rowPlace(file, segment.indexOfRow(n));
        await readAll(handle, [octets], place);
        const { clear, set, partner, latency } = patch;
        changeRecord(record, 0, clear, set, partner, latency);
        await writeAll(handle, [octets], place);
        segment.patchesWritten++;
        if (segment.rowPatches.get(n) === patch) segment.rowPatches.delete(n);
      }
    } finally {
      await handle.close();
    }
    // What came meanwhile is told by the store anew.
    this.#patched.delete(segment);
  }

  #takeIndex(segment: Segment, index: ReturnType<typeof emptyPages>, links: Buffer): void {
    const known = new Map<number, KnownLink>();
    for (const link of JSON.parse(links.toString("utf8")) as StoredLink[]) known.set(link.info.link, knownLink(link));
    segment.links = known;
    segment.rowPages = index.rowPages.map(({ page }) => page);
    segment.chunkPages = index.chunkPages.map(({ page }) => page);
    for (const [chunk, next] of segment.changedChunks) setNext(segment, chunk, next);
    for (const [n, { clear, set, partner, latency }] of segment.rowPatches) {
      const row = segment.indexOfRow(n);
      changeRecord(segment.rowPages[row >>> 12]!, (row & 4095) * ROW_WORDS, clear, set, partner, latency);
    }
  }

  /** The oldest files go when there are too many octets; what memory has of them stays there. */
  #evict(): void {
    while (this.diskBytes > this.#maxBytes) {
      const oldest = this.#store.segments.find(({ file }) => file !== null);
      if (oldest === undefined) return;
      if (oldest.slab === null || oldest.links !== null) {
        this.#store.evictOldest();
      } else {
        this.forget(oldest);
        oldest.file = null;
        oldest.staysInMemory = true;
      }
    }
  }

  #linksOf(segment: Segment): StoredLink[] {
    return [...segment.linkIds].flatMap((id) => {
      const link = this.#store.links.of(id, segment);
      return link === undefined ? [] : [storedLink(link)];
    });
  }

  /** What is in files stays good; a file that was just begun is begun anew when there is room again. */
  #waitFor(shortage: Error): void {
    const writing = this.#writing;
    if (writing?.file === null && writing !== this.#partial?.segment) {
      this.#unwanted.push(this.#path(writing), this.#logPath(writing));
    }
    this.#writing = null;
    this.#shortage = shortage;
    this.#isDirty = true;
  }

  #fail(error: Error): void {
    this.#problem = error;
    this.#jobs.length = 0;
    const partial = this.#partial;
    const writing = this.#writing;
    this.#partial = null;
    this.#writing = null;
    if (partial !== null) void closeAll([partial.file, partial.log]);
    for (const segment of [partial?.segment ?? null, writing]) {
      if (segment?.file === null) this.#unwanted.push(this.#path(segment), this.#logPath(segment));
    }
    for (const segment of this.#store.segments) if (segment.file === null) segment.staysInMemory = true;
    this.#store.stopShelving();
    this.changed();
    this.#options.onProblem(error);
  }

  #path({ serial }: Segment): string {
    return join(this.#options.folder, `${String(serial).padStart(9, "0")}.pcapng`);
  }

  #logPath({ serial }: Segment): string {
    return join(this.#options.folder, `${String(serial).padStart(9, "0")}.log`);
  }
}

/** Gives a segment that is on disk only its octets. */
function takeSlab(segment: Segment, bytes: Buffer): void {
  segment.slab = { bytes, words: new Uint32Array(bytes.buffer, 0, bytes.length >> 2) };
  // One without rows and chunks has no index to read, yet counts as read from its file.
  segment.links ??= new Map();
}

/** Closes files whose disk may refuse that too. */
async function closeAll(handles: readonly FileHandle[]): Promise<void> {
  for (const handle of handles) await handle.close().catch(() => undefined);
}

/** Removes a file that may be gone already, or whose folder is. */
async function remove(path: string): Promise<void> {
  await unlink(path).catch(() => undefined);
}

/** Writes all parts one behind the other. */
async function writeAll(handle: FileHandle, parts: readonly Uint8Array[], position: number): Promise<void> {
  let at = position;
  let left = parts.filter((part) => part.length > 0);
  while (left.length > 0) {
    const { bytesWritten } = await handle.writev(left.slice(0, 512), at);
    if (bytesWritten === 0) throw new Error("The disk takes no more.");
    at += bytesWritten;
    left = behind(left, bytesWritten);
  }
}

async function readAll(handle: FileHandle, parts: readonly Uint8Array[], position: number): Promise<void> {
  let at = position;
  let left = parts.filter((part) => part.length > 0);
  while (left.length > 0) {
    const { bytesRead } = await handle.readv(left.slice(0, 512), at);
    if (bytesRead === 0) throw new Error("The file is shorter than it was.");
    at += bytesRead;
    left = behind(left, bytesRead);
  }
}

function readAllSync(fd: number, parts: readonly Uint8Array[], position: number): void {
  let at = position;
  let left = parts.filter((part) => part.length > 0);
  while (left.length > 0) {
    const count =
      left.length === 1 ? readSync(fd, left[0]!, 0, left[0]!.length, at) : readvSync(fd, left.slice(0, 512), at);
    if (count === 0) throw new Error("The file is shorter than it was.");
    at += count;
    left = behind(left, count);
  }
}

/** What is left of `parts` behind the first `count` octets. */
function behind(parts: readonly Uint8Array[], count: number): Uint8Array[] {
  let skip = count;
  return parts.flatMap((part) => {
    const taken = Math.min(skip, part.length);
    skip -= taken;
    return taken === part.length ? [] : [part.subarray(taken)];
  });
}
