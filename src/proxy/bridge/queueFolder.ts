import { type FileHandle, mkdir, open, readdir, readFile, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { UserError } from "../../shared/userError.ts";
import { cannotKeepQueue, cannotReadQueue, queueInUse } from "../faults.ts";
import { lockFolder } from "./folderLock.ts";
import { type QueueRecord, readRecord, recordBytes, writeRecord } from "./queueRecord.ts";

/** Behind this size a file is appended to no more. */
const SEGMENT_BYTES = 4 * 1024 * 1024;
/** From this size on a file is removed as soon as nothing in it is waited for. */
const WORTH_REMOVING_BYTES = 64 * 1024;
const SEGMENT_NAME = /^\d{16}[.]queue$/;
const DONE_NAME = "queue.done";
const SLOT_BYTES = 16;

/** A file of records, in order. */
type Segment = {
  readonly path: string;
  /** Up to where its records are whole. */
  size: number;
  /** Messages in it that are not done. */
  left: number;
  /** Appended to no more. */
  isSealed: boolean;
};

/** Where a message is kept. */
export type Place = { readonly segment: Segment; readonly at: number; readonly bytes: number };

export type FoundMessage = { readonly record: QueueRecord; readonly place: Place };

/**
 * The messages of a queue on disk. A folder holds append-only files of records, a small file that says up to which number
 * all are done, and the lock of the process that has it. What `append` has resolved for is on the disk itself (fdatasync),
 * and outlives a killed process as well as a loss of power. That a message is done is written behind, without waiting: what
 * was done in the last moments before a kill is found again, so that a message is delivered at least once.
 */
export class QueueFolder {
  readonly folder: string;
  readonly #unlock: () => Promise<void>;
  readonly #done: FileHandle;
  readonly #onProblem: (error: unknown) => void;
  readonly #segmentBytes: number;
  #segments: Segment[] = [];
  #last: { readonly segment: Segment; readonly handle: FileHandle } | null = null;
  #reading: { readonly segment: Segment; readonly handle: FileHandle } | null = null;
  #isAppending = false;
  /** Number of the first message that is not known as done, as it is and as it is written. */
  #doneBelow: number;
  #writtenBelow: number;
  #nextSlot: number;
  #isUntidy = false;
  #behind: Promise<void> | null = null;

  private constructor(
    folder: string,
    parts: {
      readonly unlock: () => Promise<void>;
      readonly done: FileHandle;
      readonly doneBelow: number;
      readonly nextSlot: number;
      readonly onProblem: (error: unknown) => void;
      readonly segmentBytes: number;
    },
  ) {
    this.folder = folder;
    this.#unlock = parts.unlock;
    this.#done = parts.done;
    this.#doneBelow = parts.doneBelow;
    this.#writtenBelow = parts.doneBelow;
    this.#nextSlot = parts.nextSlot;
    this.#onProblem = parts.onProblem;
    this.#segmentBytes = parts.segmentBytes;
  }

  /**
   * Takes a folder, which is made where there is none, and calls `found` for each message in it that is not done, in order.
   * `lost` counts records that could not be read: the one under way when a process was killed, which nobody was told of, and
   * those whose octets have changed. `onProblem` hears of what fails later, without a question. Rejects with a UserError.
   */
  static async open(
    folder: string,
    options: {
      readonly found: (message: FoundMessage) => void;
      readonly onProblem: (error: unknown) => void;
      readonly segmentBytes?: number;
    },
  ): Promise<{ readonly store: QueueFolder; readonly nextSeq: number; readonly lost: number }> {
    let unlock: (() => Promise<void>) | number;
    try {
      // What keeps many folders from being made is told worse than what keeps one.
      await mkdir(folder, { recursive: true, mode: 0o700 }).catch(() => mkdir(folder, { mode: 0o700 }));
      unlock = await lockFolder(folder);
    } catch (error) {
      throw cannotKeepQueue(folder, error);
    }
    if (typeof unlock === "number") throw queueInUse(folder, unlock);
    let done: FileHandle | undefined;
    try {
      done = await openDone(join(folder, DONE_NAME));
      const { segmentBytes = SEGMENT_BYTES, onProblem, found } = options;
      const store = new QueueFolder(folder, { unlock, done, ...(await readDone(done)), onProblem, segmentBytes });
      return { store, ...(await store.#recover(found)) };
    } catch (error) {
      await done?.close();
      await unlock();
      throw error instanceof UserError ? error : cannotKeepQueue(folder, error);
    }
  }

  /**
   * Appends records and resolves when they are on the disk. When it rejects, none of them is there. Not to be called again
   * before it has resolved.
   */
  async append(records: readonly QueueRecord[]): Promise<readonly Place[]> {
    let total = 0;
    for (const { frames } of records) total += recordBytes(frames);
    const octets = Buffer.allocUnsafe(total);
    const ends: number[] = [];
    let end = 0;
    for (const record of records) ends.push((end = writeRecord(octets, end, record)));
    this.#isAppending = true;
    try {
      const { segment, handle } = await this.#openLast(records[0]!.seq);
      const start = segment.size;
      try {
        for (let at = 0; at < total;) at += (await handle.write(octets, at, total - at, start + at)).bytesWritten;
        await handle.datasync();
      } catch (error) {
        // What was half written, or perhaps is not on the disk, shall not be found by the next process.
        await handle.truncate(start).catch(this.#onProblem);
        await this.#seal();
        throw error;
      }
      segment.size = start + total;
      segment.left += records.length;
      let at = 0;
      return ends.map((recordEnd) => {
        const place = { segment, at: start + at, bytes: recordEnd - at };
        at = recordEnd;
        return place;
      });
    } finally {
      this.#isAppending = false;
      this.#tidySoon();
    }
  }

  /** The message at a place; `null` when its octets are not those that were written. Rejects with a UserError. */
  async read({ segment, at, bytes }: Place): Promise<QueueRecord | null> {
    const octets = Buffer.allocUnsafe(bytes);
    try {
      const handle = await this.#openToRead(segment);
      let filled = 0;
      while (filled < bytes) {
        const { bytesRead } = await handle.read(octets, filled, bytes - filled, at + filled);
        if (bytesRead === 0) return null;
        filled += bytesRead;
      }
    } catch (error) {
      throw cannotReadQueue(segment.path, error);
    }
    const read = readRecord(octets, 0);
    return "record" in read ? read.record : null;
  }

  /** A message is done; all with numbers below `doneBelow` are. Written behind. */
  done({ segment }: Place, doneBelow: number): void {
    segment.left--;
    this.#doneBelow = Math.max(this.#doneBelow, doneBelow);
    this.#tidySoon();
  }

  /** Lets go of the folder, once everything is written. */
  async close(): Promise<void> {
    await this.#seal();
    this.#tidySoon();
    await this.#behind;
    await this.#done.datasync().catch(this.#onProblem);
    await this.#done.close();
    await this.#reading?.handle.close();
    await this.#unlock();
  }

  async #recover(found: (message: FoundMessage) => void): Promise<{ nextSeq: number; lost: number }> {
    const names = (await readdir(this.folder)).filter((name) => SEGMENT_NAME.test(name)).sort();
    let lost = 0;
    let newest = this.#doneBelow - 1;
    for (const name of names) {
      const path = join(this.folder, name);
      const octets = await readFile(path).catch((error: unknown) => {
        throw cannotReadQueue(path, error);
      });
      const segment: Segment = { path, size: octets.length, left: 0, isSealed: true };
      for (let at = 0; at < octets.length;) {
        const read = readRecord(octets, at);
        if ("fault" in read) {
          lost++;
          // So that it is counted once.
          if (read.fault === "torn") await truncate(path, at).catch(this.#onProblem);
        } else if (read.record.seq > newest) {
          newest = read.record.seq;
          segment.left++;
          found({ record: read.record, place: { segment, at, bytes: read.end - at } });
        }
        at = read.end;
      }
      this.#segments.push(segment);
    }
    this.#tidySoon();
    await this.#behind;
    return { nextSeq: newest + 1, lost };
  }

  async #openLast(seq: number): Promise<{ readonly segment: Segment; readonly handle: FileHandle }> {
    if (this.#last !== null && this.#last.segment.size >= this.#segmentBytes) await this.#seal();
    if (this.#last !== null) return this.#last;
    const path = join(this.folder, `${String(seq).padStart(16, "0")}.queue`);
    const handle = await open(path, "wx", 0o600);
    try {
      await syncFolder(this.folder);
    } catch (error) {
      await handle.close();
      await rm(path, { force: true });
      throw error;
    }
    const segment: Segment = { path, size: 0, left: 0, isSealed: false };
    this.#segments.push(segment);
    this.#last = { segment, handle };
    return this.#last;
  }

  async #seal(): Promise<void> {
    const last = this.#last;
    if (last === null) return;
    this.#last = null;
    last.segment.isSealed = true;
    await last.handle.close().catch(this.#onProblem);
  }

  async #openToRead(segment: Segment): Promise<FileHandle> {
    if (this.#reading?.segment === segment) return this.#reading.handle;
    await this.#reading?.handle.close();
    this.#reading = null;
    const handle = await open(segment.path, "r");
    this.#reading = { segment, handle };
    return handle;
  }

  #tidySoon(): void {
    this.#isUntidy = true;
    this.#behind ??= this.#tidyUp();
  }

  async #tidyUp(): Promise<void> {
    try {
      while (this.#isUntidy) {
        this.#isUntidy = false;
        await this.#tidy();
      }
    } catch (error) {
      this.#onProblem(error);
    } finally {
      this.#behind = null;
    }
  }

  /** Writes down what is done, and removes files that nobody waits for. */
  async #tidy(): Promise<void> {
    while (this.#writtenBelow < this.#doneBelow) {
      const below = this.#doneBelow;
      const slot = Buffer.alloc(SLOT_BYTES);
      slot.writeDoubleLE(below, 0);
      slot.writeUInt32LE(crc32(slot.subarray(0, 8)), 8);
      // Each in turn, so that the other one stands while this one is written.
      await this.#done.write(slot, 0, SLOT_BYTES, this.#nextSlot * SLOT_BYTES);
      this.#nextSlot = 1 - this.#nextSlot;
      this.#writtenBelow = below;
    }
    const last = this.#last?.segment;
    if (last?.left === 0 && last.size >= WORTH_REMOVING_BYTES && !this.#isAppending) await this.#seal();
    const over = this.#segments.filter(({ isSealed, left }) => isSealed && left === 0);
    this.#segments = this.#segments.filter((segment) => !over.includes(segment));
    for (const { path } of over) await rm(path, { force: true });
  }
}

async function openDone(path: string): Promise<FileHandle> {
  await (await open(path, "a", 0o600)).close();
  return open(path, "r+");
}

/** Number of the first message that is not known as done: the highest of the slots that are whole. */
async function readDone(file: FileHandle): Promise<{ readonly doneBelow: number; readonly nextSlot: number }> {
  const octets = Buffer.alloc(2 * SLOT_BYTES);
  await file.read(octets, 0, octets.length, 0);
  let found = { doneBelow: 1, nextSlot: 0 };
  for (const slot of [0, 1]) {
    const at = slot * SLOT_BYTES;
    const doneBelow = octets.readDoubleLE(at);
    const isWhole = crc32(octets.subarray(at, at + 8)) === octets.readUInt32LE(at + 8);
    if (isWhole && Number.isSafeInteger(doneBelow) && doneBelow > found.doneBelow)
      found = { doneBelow, nextSlot: 1 - slot };
  }
  return found;
}

/** Makes the name of a new file as lasting as its octets, where the system lets folders be synchronised. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
