import { Capture } from "./capture/capture.ts";
import { findSegments } from "./capture/captureFolder.ts";
import { Clock } from "./capture/clock.ts";
import { earlierClock } from "./liveCapture.ts";
import { readFrom } from "./temporaryShelf.ts";

/** Opens the segments that a killed engine has left, for reading. Rejects when the folder cannot be read. */
export async function openSegments(
  folder: string,
  { maxBytes }: { maxBytes: number },
): Promise<{ capture: Capture; unreadable: number }> {
  const found = await findSegments(folder);
  const capture = new Capture({ maxBytes, clock: new Clock(earlierClock(found)) });
  capture.store.adopt(found.segments, found.lastLink);
  readFrom(folder, capture);
  capture.marks.fromJson(found.marks);
  capture.marks.keepOnly((n) => capture.isKept(n));
  return { capture, unreadable: found.unreadable };
}
