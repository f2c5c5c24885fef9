import type { Row } from "../src/shared/model.ts";
import { formatCount } from "./format.ts";
import { Lanes } from "./sequenceLanes.ts";
import {
  barShapes,
  barsOf,
  fileStage,
  gapShapes,
  gapText,
  HEAD_PX,
  headShapes,
  lifelineShapes,
  ROW_PX,
  rowShapes,
  timeShapes,
} from "./sequenceLayout.ts";
import { rowTitle, writeMermaid } from "./sequenceText.ts";
import type { Shape } from "./shapes.ts";
import { type SvgLook, writeSvg } from "./svgFile.ts";
import { t } from "../src/shared/l10n.ts";

/** Rows that a file has at most. */
const MAX_FILE_ROWS = 2_000;

/** Which part of a list a file holds: what is selected, else the whole list, or as much as a file has from `firstInSight` on. */
export function fileRange(
  selected: readonly [number, number] | null,
  firstInSight: number,
  total: number,
): { readonly from: number; readonly count: number } {
  if (selected !== null) {
    const [from, last] = selected;
    return { from, count: Math.min(MAX_FILE_ROWS, last - from + 1) };
  }
  if (total <= MAX_FILE_ROWS) return { from: 0, count: total };
  const from = Math.min(firstInSight, total - MAX_FILE_ROWS);
  return { from, count: MAX_FILE_ROWS };
}

/** What a file holds, in words: `2,000 of 98,310 rows, from #1,204 on`. */
export function rangeWords(rows: readonly Row[], total: number): string {
  const [first] = rows;
  if (rows.length === total) return t("all {0} rows", formatCount(total));
  const some = t("{0} of {1} rows", formatCount(rows.length), formatCount(total));
  const where = first === undefined ? some : t("{0}, from #{1} on", some, formatCount(first.n));
  return rows.length === MAX_FILE_ROWS ? t("{0}; a file has no more", where) : where;
}

/** Rows as an SVG file. */
export function sequenceSvg(rows: readonly Row[], look: SvgLook): string {
  const lanes = lanesOf(rows);
  const stage = fileStage(lanes.shown(rows));
  const endsOf = (row: Row) => lanes.endsOf(row);
  const height = HEAD_PX + rows.length * ROW_PX + 8;
  const bars = barsOf(
    rows.map((row, index) => ({ row, index })),
    endsOf,
    false,
  );
  const body: Shape = {
    kind: "group",
    x: 0,
    y: HEAD_PX,
    shapes: [
      ...lifelineShapes(stage, rows.length * ROW_PX + 8),
      ...barShapes(bars, stage, 0, rows.length),
      ...rows.map((row, index): Shape => ({
        kind: "group",
        x: 0,
        y: index * ROW_PX,
        title: rowTitle(row),
        shapes: [
          ...gapShapes(gapText(row, rows[index - 1]), stage),
          ...timeShapes(row),
          ...rowShapes(row, endsOf(row), stage, null),
        ],
      })),
    ],
  };
  const title = `ZeroMQ messages, ${formatCount(rows.length)} rows`;
  return writeSvg({ title, width: stage.widthPx, height, shapes: [...headShapes(stage), body] }, look);
}

/** Rows as Mermaid text. */
export function sequenceMermaid(rows: readonly Row[]): string {
  const lanes = lanesOf(rows);
  return writeMermaid(rows, lanes.shown(rows), (row) => lanes.endsOf(row));
}

/** Lanes of the peers of these rows, without those that only others tell of. */
function lanesOf(rows: readonly Row[]): Lanes {
  const lanes = new Lanes();
  lanes.learn(rows);
  return lanes;
}
