import { setImmediate } from "node:timers/promises";
import type { ExportedRows } from "../shared/engineProtocol.ts";
import type { Capture } from "./capture/capture.ts";
import type { Segment } from "./capture/segment.ts";
import type { CompiledFilter } from "./filter/compile.ts";
import type { RowSource } from "./files/writeRows.ts";
import { RowCursor } from "./rowCursor.ts";

/** Rows that are judged before others get a turn. */
const ROWS_PER_TURN = 2048;

/** The rows of an export, as they are now; what is on disk only is read off the main thread as they come to it. */
export async function captureRows(capture: Capture, wanted: ExportedRows): Promise<RowSource> {
  await capture.talk.settled();
  switch (wanted.kind) {
    case "all":
      return keptRows(capture, null);
    case "filtered": {
      const filter = (await import("./readFilter.ts")).readFilter(wanted.text);
      if (filter?.needsFindings === true) await capture.findings.settled();
      return keptRows(capture, filter);
    }
    case "selected":
      return selectedRows(capture, wanted.rows);
  }
}

/** All kept rows up to the last one of now that a filter lets through; those that it cannot judge are among them. */
function keptRows(capture: Capture, filter: CompiledFilter | null): RowSource {
  const { store } = capture;
  const lastN = capture.lastN;
  const cursor = new RowCursor(capture);
  let segment: Segment | undefined;
  let index = 0;
  let after = 0;
  const advance = async (): Promise<number> => {
    for (;;) {
      segment = store.segments.find((each) => each.endRow > after + 1 && each.rowCount > 0);
      if (segment === undefined || segment.firstRow > lastN) return 0;
      index = segment.ns === null ? Math.max(0, after + 1 - segment.firstRow) : 0;
      const isThere = !segment.isGone && (await store.prepareSegment(segment, true));
      if (isThere && !segment.isGone) return await next();
      after = segment.endRow - 1;
      segment = undefined;
      await setImmediate();
    }
  };
  const next = (): number | Promise<number> => {
    if (segment === undefined || segment.isGone || !segment.hasIndex) return advance();
    for (let looked = 0; index < segment.rowCount; looked++) {
      if (looked === ROWS_PER_TURN) return setImmediate().then(next);
      const n = segment.rowAt(index++);
      if (n > lastN) return 0;
      if (n <= after) continue;
      after = n;
      if (filter === null) return n;
      cursor.moveTo(segment, index - 1);
      if (filter.matches(cursor) !== 0) return n;
    }
    segment = undefined;
    return advance();
  };
  return { total: filter === null ? capture.stats().kept : null, next };
}

function selectedRows(capture: Capture, rows: readonly number[]): RowSource {
  const sorted = [...new Set(rows)].sort((a, b) => a - b);
  let at = 0;
  const next = async (): Promise<number> => {
    const n = sorted[at++];
    if (n === undefined) return 0;
    await capture.prepare(n);
    return n;
  };
  return { total: sorted.length, next };
}
