import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { DecoderName } from "../shared/model.ts";
import type { Capture } from "./capture/capture.ts";
import { imageFormat } from "./decode/image.ts";
import { guess } from "./decode/guess.ts";
import { cannotWrite, partlyKept, rowGone, tooManyFrames } from "./faults.ts";

const MAX_FRAMES = 10_000;
const GUESS_BYTES = 2048;
const PIECE_BYTES = 1024 * 1024;
const OWNER_ONLY = 0o600;
const EXTENSIONS: Readonly<Partial<Record<DecoderName, string>>> = {
  json: "json",
  msgpack: "msgpack",
  cbor: "cbor",
  xml: "xml",
  numpy: "npy",
  pickle: "pickle",
  text: "txt",
};

/**
 * Writes each frame of row `n` to a file of its own in `folder`: message-12-frame-0.json. Resolves with their paths. A
 * file that is there already is never overwritten: then, and when a frame is not kept whole, nothing is left behind, and
 * it rejects with a UserError.
 */
export async function exportFrames(
  capture: Capture,
  n: number,
  folder: string,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const { frames, more } = capture.framePrefixes(n, MAX_FRAMES, GUESS_BYTES);
  const kind = capture.row(n)?.kind;
  if (kind === undefined) throw rowGone(n);
  if (more > 0 && frames.length === MAX_FRAMES) throw tooManyFrames(n, MAX_FRAMES);
  if (more > 0 || frames.some(({ sizeBytes, keptBytes }) => keptBytes < sizeBytes)) throw partlyKept(n, "exported");
  const paths: string[] = [];
  try {
    for (const [frame, { sizeBytes, prefix }] of frames.entries()) {
      const extension = kind === "encrypted" ? "bin" : extensionOf(prefix, prefix.length < sizeBytes);
      const path = join(folder, `message-${n}-frame-${frame}.${extension}`);
      const handle = await create(path);
      paths.push(path);
      try {
        for (let at = 0; at < sizeBytes; at += PIECE_BYTES) {
          signal?.throwIfAborted();
          const piece = capture.readFrame(n, frame, at, PIECE_BYTES);
          if (piece.length < Math.min(PIECE_BYTES, sizeBytes - at)) throw partlyKept(n, "exported");
          await handle.appendFile(piece).catch((error: unknown) => {
            throw cannotWrite(path, error);
          });
        }
      } finally {
        await handle.close();
      }
    }
  } catch (error) {
    for (const path of paths) await rm(path, { force: true });
    throw error;
  }
  return paths;
}

/** What files with such contents are called. */
function extensionOf(prefix: Uint8Array, isPrefix: boolean): string {
  const image = imageFormat(prefix);
  if (image !== undefined) return image === "JPEG" ? "jpg" : image.toLowerCase();
  return EXTENSIONS[guess(prefix, isPrefix)] ?? "bin";
}

async function create(path: string): Promise<FileHandle> {
  try {
    return await open(path, "wx", OWNER_ONLY);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}
