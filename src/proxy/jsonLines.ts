import type { Mark } from "../shared/model.ts";
import type { Capture, RawRow } from "./capture/capture.ts";
import type { FrameWalker } from "./capture/frameWalker.ts";
import { eventDetail } from "./eventDetail.ts";

/** Above this a frame is cut to its head, unless --full. A JavaScript string cannot hold the largest frames. */
const WHOLE_FRAME_BYTES = 1024 * 1024;
const HEAD_BYTES = 64 * 1024;
/** A multiple of 3, so that base64 pieces join. */
const PIECE_BYTES = 768 * 1024;
const MAX_FRAMES = 1_000_000;

/**
 * One row as a line of JSON in pieces, since a frame can be larger than any string. Of what is evicted between two pieces
 * the rest is missing, and the line says `"incomplete":true`.
 */
export function* jsonLine(capture: Capture, row: RawRow, full: boolean, mark: Mark | null = null): Generator<string> {
  const time = capture.clock.toIso(row.timeNs);
  const link = row.link?.info.link ?? null;
  const marked = mark === null ? {} : { pinned: mark.pinned, note: mark.note };
  if (row.kind === "event") {
    const detail = eventDetail(capture, row);
    const event = { n: row.n, time, tap: row.tapName, link, event: row.event, detail };
    const head = { type: "event", ...event, ...foundParts(capture, row.n), ...marked };
    yield `${JSON.stringify(head)}\n`;
    return;
  }
  const from = row.direction === 0 ? "client" : "server";
  const common = { n: row.n, time, tap: row.tapName, link, from, origin: row.origin };
  if (row.kind === "encrypted") {
    yield `${JSON.stringify({ type: "encrypted", ...common, size: row.sizeBytes, ...marked })}\n`;
    return;
  }
  const head = JSON.stringify({
    type: "message",
    ...common,
    sockets: row.link?.sockets ?? { client: null, server: null },
  });
  yield `${head.slice(0, -1)},"frames":[`;
  const { frames, more } = capture.frames(row.n, MAX_FRAMES);
  let isComplete = true;
  const walker = capture.newWalker();
  capture.seekRow(row.n, walker);
  for (const [index, frame] of frames.entries()) {
    if (index > 0) yield ",";
    isComplete &&= nextFrame(walker);
    const isWhole = isComplete && frame.keptBytes === frame.sizeBytes && (full || frame.sizeBytes <= WHOLE_FRAME_BYTES);
    if (isWhole) {
      yield '"';
      for (let left = frame.sizeBytes; left > 0 && isComplete;) {
        const piece = readPiece(walker, Math.min(PIECE_BYTES, left));
        isComplete = piece.length === Math.min(PIECE_BYTES, left);
        left -= piece.length;
        yield piece.toString("base64");
      }
      yield '"';
    } else {
      const head = isComplete ? readPiece(walker, Math.min(HEAD_BYTES, frame.sizeBytes)).toString("base64") : "";
      yield JSON.stringify({ size: frame.sizeBytes, head, truncated: true });
    }
  }
  const rest = {
    ...(more > 0 ? { moreFrames: more } : {}),
    latencyMs: row.latencyNs === null ? null : row.latencyNs / 1e6,
    ...(row.exchange === "reply" && row.partner !== null ? { request: row.partner } : {}),
    ...(row.guessed ? { guessed: true } : {}),
    ...saidParts(capture, row),
    ...foundParts(capture, row.n),
    ...(isComplete ? {} : { incomplete: true }),
    ...marked,
  };
  yield `],${JSON.stringify(rest).slice(1)}\n`;
}

/** What a message says in its dialect, as far as there is anything. */
function saidParts({ talk }: Capture, { n, isLate, isDuplicate, isHeartbeat }: RawRow): object {
  const said = talk.said(n);
  const { status, problem } = talk.statusOf(n);
  const outcome = talk.outcomeOf(n);
  // Without a dialect a status says no more than the exchange.
  if (said === null) return {};
  return {
    dialect: said.dialect,
    says: said.kind,
    method: said.method,
    ...(said.id === null ? {} : { corr: said.id }),
    ...(status === "none" ? {} : { status }),
    ...(problem === "" ? {} : { problem }),
    ...(isHeartbeat ? { heartbeat: true } : {}),
    ...(isLate ? { late: true } : {}),
    ...(isDuplicate ? { dup: true } : {}),
    ...(outcome === null ? {} : { [said.kind === "call" ? "signal" : "call"]: outcome }),
  };
}

/** What was found about a row so far, if anything. */
function foundParts({ findings }: Capture, n: number): object {
  const found = findings.of(n);
  return found === null ? {} : { finding: found.ids };
}

/** Steps to the next frame of a message; commands may stand between. */
function nextFrame(walker: FrameWalker): boolean {
  do {
    if (!walker.nextHeader()) return false;
  } while (walker.isCommand);
  return true;
}

/** A copy of up to `count` further octets of the frame; shorter where they are not kept. */
function readPiece(walker: FrameWalker, count: number): Buffer {
  const piece = Buffer.allocUnsafe(count);
  let filled = 0;
  while (filled < count && walker.nextSpan(count - filled)) {
    piece.set(walker.slab.subarray(walker.from, walker.to), filled);
    filled += walker.to - walker.from;
  }
  return piece.subarray(0, filled);
}
