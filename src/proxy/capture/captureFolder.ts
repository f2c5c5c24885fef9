import { mkdir, open, readdir, readFile, rename, rm, stat, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { chunkPlace, INDEX_HEAD_BYTES, readIndexHeader, segmentOf } from "./segmentIndex.ts";
import { recoverSegment } from "./segmentLog.ts";
import type { Segment } from "./segment.ts";

/** What an engine leaves in its storage folder: `live` while it runs or when it ended in order, else set aside. */
const LIVE = "live";
const LOST = "lost-";
const LOCK = "lock";
/** Says that the engine which wrote the segments ended in order. */
const CLOSED = "closed";
const MARKS = "marks.json";
/** How long an engine that ends is waited for. */
const ENDING_MS = 10_000;
const LOCK_WAIT_MS = 50;
/** Captures of killed engines that are kept; older ones go. */
const MAX_LOST = 2;

/** What was found in a folder of segments. */
export type FoundSegments = {
  readonly segments: readonly Segment[];
  readonly anchorNs: bigint | null;
  readonly lastLink: number;
  /** Time of the newest chunk, in nanoseconds since the anchor. */
  readonly lastNs: number;
  /** What Marks.toJson() gave; `null` when there is none. */
  readonly marks: unknown;
  /** Files that are no segment or cannot be read. */
  readonly unreadable: number;
};

type LostCapture = { readonly path: string; readonly bytes: number; readonly endedMs: number };

export type ClaimedFolder = {
  /** Where the live capture's segments go. */
  readonly folder: string;
  /** What an engine that ended in order has left there. */
  readonly found: FoundSegments;
  /** The newest capture of an engine that was killed. */
  readonly lost: LostCapture | null;
  /** Marks the folder as ended in order and lets go of it. */
  release(): Promise<void>;
};

/**
 * Takes `storage` for this process. Waits for an engine that is ending; where one goes on, throws an Error that says so.
 * Segments of a killed engine are set aside.
 */
export async function claimFolder(storage: string, endingMs = ENDING_MS): Promise<ClaimedFolder> {
  await mkdir(storage, { recursive: true, mode: 0o700 });
  const lock = join(storage, LOCK);
  await takeLock(storage, endingMs);
  const folder = join(storage, LIVE);
  const closed = join(folder, CLOSED);
  const names: readonly string[] = await readdir(folder).catch(() => []);
  if (names.includes(CLOSED)) await unlink(closed);
  else if (names.some(isSegment)) await rename(folder, join(storage, `${LOST}${Date.now()}`));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await findSegments(folder);
  const lost = await newestLost(storage);
  const release = async (): Promise<void> => {
    try {
      await writeFile(closed, "", { mode: 0o600 });
    } finally {
      await unlink(lock);
    }
  };
  return { folder, found, lost, release };
}

/** Reads what a folder of segments holds, and changes nothing there. Of one that was not sealed its log tells. */
export async function findSegments(folder: string): Promise<FoundSegments> {
  const names = (await readdir(folder)).sort();
  const segments: Segment[] = [];
  let anchorNs: bigint | null = null;
  let lastLink = 0;
  let lastNs = 0;
  let unreadable = 0;
  for (const name of names.filter(isSegment)) {
    const path = join(folder, name);
    const found = (await readSealed(path).catch(() => undefined)) ?? (await recover(path).catch(() => undefined));
    if (found === null) continue;
    const isInOrder = found !== undefined && follows(segments.at(-1), found.segment);
    if (!isInOrder || (anchorNs !== null && anchorNs !== found.anchorNs)) {
      unreadable++;
      continue;
    }
    segments.push(found.segment);
    anchorNs = found.anchorNs;
    lastLink = Math.max(lastLink, found.lastLink);
    lastNs = Math.max(lastNs, found.lastNs);
  }
  const marks = await readMarks(folder);
  return { segments, anchorNs, lastLink, lastNs, marks, unreadable };
}

export async function writeMarks(folder: string, marks: unknown): Promise<void> {
  const path = join(folder, MARKS);
  await writeFile(`${path}.part`, JSON.stringify(marks), { mode: 0o600 });
  await rename(`${path}.part`, path);
}

/** Deletes a capture that a killed engine has left; `path` as LostCapture names it. */
export async function discardLost(storage: string, path: string): Promise<void> {
  const names = await lostNames(storage);
  const name = names.find((each) => join(storage, each) === path);
  if (name !== undefined) await rm(path, { recursive: true, force: true });
}

function isSegment(name: string): boolean {
  return /^\d{9}\.pcapng$/.test(name);
}

function follows(before: Segment | undefined, segment: Segment): boolean {
  if (before === undefined) return true;
  const { serial, endRow, endChunk } = before;
  return segment.serial > serial && segment.firstRow >= endRow && segment.firstChunk >= endChunk;
}

type FoundSegment = {
  readonly segment: Segment;
  readonly anchorNs: bigint;
  readonly lastLink: number;
  readonly lastNs: number;
};

async function readSealed(path: string): Promise<FoundSegment | undefined> {
  const handle = await open(path, "r");
  try {
    const { size } = await handle.stat();
    const last = Buffer.alloc(4);
    await handle.read(last, 0, 4, size - 4);
    const at = size - last.readUInt32LE(0);
    if (size < 32 || at < 28) return undefined;
    const head = Buffer.alloc(Math.min(INDEX_HEAD_BYTES, size - at));
    await handle.read(head, 0, head.length, at);
    const index = readIndexHeader(head, at, size);
    if (index === undefined) return undefined;
    const { header } = index;
    const file = { ...index.file, path };
    let ns: Float64Array | null = null;
    if (header.hasNs) {
      ns = new Float64Array(header.rowCount);
      await handle.read(new Uint8Array(ns.buffer), 0, ns.byteLength, file.nsAt);
    }
    const { chunkCount, firstTimeNs, lastLink } = header;
    const lastNs = new Float64Array([firstTimeNs]);
    if (chunkCount > 0) await handle.read(new Uint8Array(lastNs.buffer), 0, 8, chunkPlace(file, chunkCount - 1));
    const segment = segmentOf(header, file, ns);
    return { segment, anchorNs: BigInt(header.anchorNs), lastLink, lastNs: lastNs[0]! };
  } finally {
    await handle.close();
  }
}

/**
 * A segment that was under way, as far as its log tells of it; `null` when the log has nothing yet, so that all of it belongs
 * to the moments that are lost. It stays in memory: whoever writes it may still do so.
 */
async function recover(path: string): Promise<FoundSegment | null> {
  // The log first: what it tells of is in the segment, which may grow in between.
  const log = await readFile(path.replace(/pcapng$/, "log"));
  const recovered = recoverSegment(log, await readFile(path));
  if (recovered === undefined) return null;
  const { segment, anchorNs, lastLink } = recovered;
  const last = segment.chunkCount - 1;
  const lastNs = last < 0 ? segment.firstTimeNs : segment.chunkPages[last >>> 11]!.doubles[(last & 2047) * 4]!;
  return { segment, anchorNs, lastLink, lastNs };
}

async function readMarks(folder: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(join(folder, MARKS), "utf8")) as unknown;
  } catch {
    return null;
  }
}

async function lostNames(storage: string): Promise<string[]> {
  const names = await readdir(storage);
  return names.filter((name) => name.startsWith(LOST)).sort();
}

/** The newest of the captures set aside; all but a few are deleted. */
async function newestLost(storage: string): Promise<LostCapture | null> {
  const names = await lostNames(storage);
  for (const name of names.slice(0, -MAX_LOST)) await rm(join(storage, name), { recursive: true, force: true });
  const newest = names.at(-1);
  if (newest === undefined) return null;
  const path = join(storage, newest);
  let bytes = 0;
  let endedMs = 0;
  for (const name of await readdir(path)) {
    const { size, mtimeMs } = await stat(join(path, name));
    bytes += isSegment(name) ? size : 0;
    endedMs = Math.max(endedMs, mtimeMs);
  }
  return { path, bytes, endedMs };
}

async function takeLock(storage: string, endingMs: number): Promise<void> {
  const path = join(storage, LOCK);
  for (const untilMs = performance.now() + endingMs; performance.now() < untilMs;) {
    try {
      await writeFile(path, String(process.pid), { flag: "wx", mode: 0o600 });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if ((await ownerOf(storage)) !== null) await setTimeout(LOCK_WAIT_MS);
    else await rm(path, { force: true });
  }
  throw new Error("Another window of this workspace keeps its capture there.");
}

/** The process that has `storage` now; `null` when none does. */
async function ownerOf(storage: string): Promise<number | null> {
  const owner = Number(await readFile(join(storage, LOCK), "utf8").catch(() => "0"));
  return owner > 0 && isAlive(owner) && !(await hasEnded(owner)) ? owner : null;
}

/** An engine that has outlived its host may have a parent that never asks how it ended, so that it stays in the list of processes. */
async function hasEnded(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => "");
  return /^.*[)] [ZX] /s.test(stat);
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
