import { rmSync } from "node:fs";
import { open } from "node:fs/promises";

const PIECE_BYTES = 4 * 1024 * 1024;

/** Milliseconds that it takes to write so many octets to a new file in large pieces. The file is removed again. */
export async function plainWriteMs(path: string, bytes: number): Promise<number> {
  const piece = Buffer.alloc(PIECE_BYTES, 1);
  const startMs = performance.now();
  const handle = await open(path, "w");
  for (let left = bytes; left > 0;) left -= (await handle.write(piece, 0, Math.min(left, PIECE_BYTES))).bytesWritten;
  await handle.close();
  const tookMs = performance.now() - startMs;
  rmSync(path);
  return tookMs;
}
