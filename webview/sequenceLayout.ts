import { isPublication } from "../src/shared/channelKey.ts";
import type { Row } from "../src/shared/model.ts";
import { latencyText, rowLook, statusText } from "./columns.ts";
import { formatDuration, formatTime } from "./format.ts";
import type { Ends, Lane } from "./sequenceLanes.ts";
import { type Colour, type Dash, fitText, lettersOf, mark, type MarkName, type Shape } from "./shapes.ts";
import { t } from "../src/shared/l10n.ts";

/** Height of a row, of the lanes' heads, and width of the column of times, in px. */
export const ROW_PX = 30;
export const HEAD_PX = 48;
export const GUTTER_PX = 112;
/** Where the line of an arrow lies in its row. */
const ARROW_Y = 21;
const LABEL_Y = 14;
const LANE_MIN_PX = 116;
const LANE_MAX_PX = 420;
/** Lanes are as wide as this where one letter takes 7.2 px, as it does in files. */
const FILE_LANE_PX = 240;
export const FILE_LETTER_PX = 7.2;
/** Room right of the last lane, for what became of its messages. */
const END_PX = 56;
/** A label may cross as many lanes as it needs for this. */
const LABEL_PX = 200;
/** How far from a lane what stands behind it is, since bars stand there. */
const BEHIND_PX = 24;
const NOTE_LETTERS = 52;
/** Silence between two rows that is told. */
const GAP_MS = 1_000;
const BAR_PX = 7;
/** Exchanges at once that a lane shows beside each other. */
const MAX_DEPTH = 4;

/** Where the lanes are. */
export type Stage = {
  readonly lanes: readonly Lane[];
  readonly lanePx: number;
  /** All lanes and the column of times, or more where there is more room. */
  readonly widthPx: number;
  readonly letterPx: number;
};

/** A stage that fills `roomPx`, as far as lanes may become wide or narrow for that. */
export function stageOf(lanes: readonly Lane[], roomPx: number, letterPx: number): Stage {
  const fair = (roomPx - GUTTER_PX - END_PX) / Math.max(1, lanes.length);
  const lanePx = Math.floor(Math.min(LANE_MAX_PX, Math.max(LANE_MIN_PX, fair)));
  return { lanes, lanePx, widthPx: Math.max(roomPx, GUTTER_PX + lanePx * lanes.length + END_PX), letterPx };
}

/** The stage of a file. */
export function fileStage(lanes: readonly Lane[]): Stage {
  return stageOf(lanes, GUTTER_PX + FILE_LANE_PX * lanes.length + END_PX, FILE_LETTER_PX);
}

function laneX({ lanes, lanePx }: Stage, key: string): number | null {
  const index = lanes.findIndex((lane) => lane.key === key);
  return index < 0 ? null : Math.round(GUTTER_PX + lanePx * (index + 0.5));
}

/** What a row says about an exchange or went wrong, with a mark that tells the same. */
export type RowState = { readonly text: string; readonly mark: MarkName | null; readonly colour: Colour };

const NO_STATE: RowState = { text: "", mark: null, colour: "quiet" };

const STATE_MARKS: Readonly<Record<string, MarkName>> = {
  error: "error",
  clock: "clock",
  "circle-slash": "slash",
  "debug-disconnect": "lost",
  warning: "warning",
  question: "warning",
};

/** Of a request that waits how long it does by now; `nowMs` is `null` in files, which know no now. */
export function stateOf(row: Row, nowMs: number | null): RowState {
  if (row.kind === "event") return row.isProblem ? { text: "", mark: "warning", colour: "error" } : NO_STATE;
  const status = statusText(row);
  const latency = latencyText(row);
  const told = status.look !== "" && status.look !== "ok" ? status : latency.look === "" ? null : latency;
  if (told === null) return { ...NO_STATE, text: row.latencyMs === null ? "" : latency.text };
  const isWaiting = told.icon === "clock";
  const age = isWaiting && nowMs !== null ? ` ${formatDuration(Math.max(0, nowMs - row.timeMs))}` : "";
  return {
    text: told.text + age,
    mark: STATE_MARKS[told.icon] ?? null,
    colour: told.look === "problem" ? "error" : "warning",
  };
}

/** What stands on an arrow or in a note. */
export function labelOf(row: Row): string {
  if (row.kind === "event") return row.preview;
  if (row.kind === "encrypted") return t("encrypted");
  if (row.method !== "") return row.method;
  return isPublication(row) && row.topic !== "" ? row.topic : row.preview;
}

/** Whether a row goes from one peer to the other, and is no note. */
export function isArrow({ from, link }: Pick<Row, "from" | "link">): boolean {
  return from !== null && link !== 0;
}

/** A reply, which goes back on a dashed line. */
export function isAnswer({ exchange }: Pick<Row, "exchange">): boolean {
  return exchange === "reply" || exchange === "unasked";
}

function colourOf(row: Row): Colour {
  const { look } = rowLook(row);
  switch (look) {
    case "request":
    case "reply":
    case "publish":
    case "push":
    case "message":
      return look;
    case "failure":
    case "fault":
    case "gap":
      return "error";
    default:
      return "quiet";
  }
}

/** `… 2.4 s …` where nothing came for long before a row; else empty. */
export function gapText(row: Pick<Row, "timeMs">, before: Pick<Row, "timeMs"> | undefined): string {
  const silenceMs = before === undefined ? 0 : row.timeMs - before.timeMs;
  return silenceMs < GAP_MS ? "" : `… ${formatDuration(silenceMs)} …`;
}

/** When a row came, and whether something was found about it, for the column of times. */
export function timeShapes({ timeMs, finding }: Row): readonly Shape[] {
  const text = formatTime(timeMs);
  return [
    ...(finding === null ? [] : [mark(finding.severity, 11, ARROW_Y - 1, finding.severity)]),
    { kind: "text", x: GUTTER_PX - 12, y: ARROW_Y + 3, text, colour: "quiet", anchor: "end", isSmall: true },
  ];
}

/** The silence before a row, at its upper edge. */
export function gapShapes(text: string, { widthPx, letterPx }: Pick<Stage, "widthPx" | "letterPx">): readonly Shape[] {
  if (text === "") return [];
  const end = GUTTER_PX + lettersOf(text) * letterPx;
  return [
    { kind: "line", from: [end + 4, 0.5], to: [widthPx, 0.5], colour: "line", dash: "dotted" },
    { kind: "text", x: GUTTER_PX, y: 4, text, colour: "quiet", isSmall: true, isApart: true },
  ];
}

/** A row as an arrow between its lanes, or as a note over them. Without lanes it is a note at the left. */
export function rowShapes(row: Row, ends: Ends | null, stage: Stage, nowMs: number | null): readonly Shape[] {
  const [client, server] = ends === null ? [null, null] : [laneX(stage, ends.client), laneX(stage, ends.server)];
  if (!isArrow(row) || client === null || server === null) return noteShapes(row, client, server, stage);
  const [from, to] = row.from === "client" ? [client, server] : [server, client];
  return arrowShapes(row, from, to, stage, nowMs);
}

function arrowShapes(row: Row, from: number, to: number, stage: Stage, nowMs: number | null): readonly Shape[] {
  const colour = colourOf(row);
  const step = from < to ? 1 : -1;
  const isCommand = row.kind === "event";
  const dash: Dash | null = isCommand || row.kind === "encrypted" ? "dotted" : isAnswer(row) ? "dashed" : null;
  const end = to - step * (BAR_PX / 2 + 1);
  // What was lost did not arrive.
  const tip: Shape =
    isCommand || isAnswer(row)
      ? {
          kind: "path",
          d: `M${end - step * 7} ${ARROW_Y - 4} L${end} ${ARROW_Y} L${end - step * 7} ${ARROW_Y + 4}`,
          colour,
          widthPx: 1.4,
        }
      : {
          kind: "path",
          d: `M${end - step * 8} ${ARROW_Y - 4} L${end} ${ARROW_Y} L${end - step * 8} ${ARROW_Y + 4} Z`,
          colour,
          isFilled: true,
        };
  return [
    {
      kind: "line",
      from: [from + step * (BAR_PX / 2), ARROW_Y],
      to: [end - (isCommand || isAnswer(row) ? 0 : step * 7), ARROW_Y],
      colour,
      widthPx: 1.4,
      ...(dash === null ? {} : { dash }),
    },
    tip,
    ...labelShapes(row, from, to, stage, nowMs),
  ];
}

/**
 * The label above its arrow, near the sender, and what became of the message behind it; where there is no room for both,
 * that stands behind the lane at the right.
 */
function labelShapes(row: Row, from: number, to: number, stage: Stage, nowMs: number | null): readonly Shape[] {
  const { lanePx, letterPx, widthPx } = stage;
  const colour = colourOf(row);
  const state = stateOf(row, nowMs);
  const isLocked = row.kind === "encrypted";
  const span = Math.min(Math.abs(to - from), Math.max(lanePx, LABEL_PX));
  const left = from < to ? from : from - span;
  const start = left + 9 + (isLocked ? 14 : 0);
  const room = Math.floor((left + span - 7 - start) / letterPx);
  const statePx = (state.mark === null ? 0 : 15) + state.text.length * letterPx;
  const stateLetters = statePx === 0 ? 0 : Math.ceil(statePx / letterPx) + 1;
  const behind = Math.max(from, to) + BEHIND_PX;
  const label = labelOf(row);
  const isBehind = lettersOf(label) + stateLetters > room && behind + statePx <= widthPx - 4;
  const text = fitText(label, isBehind ? room : Math.max(1, room - stateLetters));
  const stateX = isBehind ? behind : start + (lettersOf(text) + 1) * letterPx;
  // Only a label that crosses lanes keeps them away.
  const apart = span > lanePx ? { isApart: true } : {};
  return [
    ...(isLocked ? [mark("lock", left + 14, LABEL_Y - 4, "quiet")] : []),
    {
      kind: "text",
      x: start,
      y: LABEL_Y,
      text,
      colour: colour === "error" ? "error" : colour === "quiet" ? "quiet" : "text",
      ...(row.kind === "event" ? { isSlanted: true } : {}),
      ...apart,
    },
    ...(state.mark === null ? [] : [mark(state.mark, stateX + 6, LABEL_Y - 4, state.colour)]),
    ...(state.text === ""
      ? []
      : [
          {
            kind: "text",
            x: stateX + (state.mark === null ? 0 : 15),
            y: LABEL_Y,
            text: state.text,
            colour: state.colour,
            ...(isBehind ? { isApart: true } : apart),
          } as const,
        ]),
  ];
}

function noteShapes(row: Row, client: number | null, server: number | null, stage: Stage): readonly Shape[] {
  const { letterPx, widthPx } = stage;
  const colour = colourOf(row);
  const markPx = row.isProblem ? 18 : 0;
  const isOfLink = client !== null && server !== null;
  const span = isOfLink ? Math.abs(server - client) - 12 : 0;
  const letters = Math.max((span - 20 - markPx) / letterPx, isOfLink ? NOTE_LETTERS : 2 * NOTE_LETTERS);
  const text = fitText(labelOf(row), Math.min(letters, (widthPx - GUTTER_PX - 36 - markPx) / letterPx));
  const width = lettersOf(text) * letterPx + 20 + markPx;
  // It stands in the middle of its lanes, as far as it has room there.
  const wanted = isOfLink ? (client + server) / 2 - width / 2 : GUTTER_PX + 8;
  const x = Math.max(GUTTER_PX, Math.min(wanted, widthPx - width - 8));
  return [
    {
      kind: "rect",
      x,
      y: 5,
      width,
      height: 20,
      radius: 4,
      fill: "raised",
      edge: row.isProblem ? colour : "line",
      ...(row.event === "gap" ? { dash: "dashed" as const } : {}),
    },
    ...(row.isProblem ? [mark("warning", x + 14, 15, colour)] : []),
    {
      kind: "text",
      x: x + width / 2 + markPx / 2,
      y: 19,
      text,
      colour,
      anchor: "middle",
      isSlanted: !row.isProblem,
    },
  ];
}

/** The heads of the lanes, one under the other name and detail. */
export function headShapes(stage: Stage): readonly Shape[] {
  return stage.lanes.flatMap((lane) => {
    const middle = laneX(stage, lane.key)!;
    const letters = (stage.lanePx - 34) / stage.letterPx;
    const [name, detail] = [fitText(lane.name, letters), fitText(lane.detail, letters * 1.09)];
    const width = Math.max(64, Math.max(name.length, detail.length * 0.92) * stage.letterPx + 22);
    return [
      {
        kind: "rect",
        x: middle - width / 2,
        y: 5,
        width,
        height: HEAD_PX - 10,
        radius: 5,
        fill: "raised",
        edge: "line",
      },
      {
        kind: "text",
        x: middle,
        y: detail === "" ? 29 : 21,
        text: name,
        colour: "text",
        anchor: "middle",
        isBold: true,
      },
      { kind: "text", x: middle, y: 36, text: detail, colour: "quiet", anchor: "middle", isSmall: true },
    ] satisfies readonly Shape[];
  });
}

export function lifelineShapes(stage: Stage, heightPx: number): readonly Shape[] {
  return stage.lanes.map(({ key }) => {
    const x = laneX(stage, key)!;
    return { kind: "line", from: [x, 0], to: [x, heightPx], colour: "line" };
  });
}

/** A row that is there, and its place in the list. */
export type PlacedRow = { readonly row: Row; readonly index: number };

/** While a peer is busy with a request: a bar on its lane, from place to place; `null` goes on beyond what is known. */
export type Bar = {
  readonly lane: string;
  readonly from: number | null;
  readonly to: number | null;
  readonly depth: number;
  readonly end: "reply" | "waiting" | "lost";
};

/**
 * The bars of rows that are there, in order. `isWhole` says that the list has every row, so that a partner that is not there
 * lies beyond its edge.
 */
export function barsOf(
  placed: readonly PlacedRow[],
  endsOf: (row: Row) => Ends | null,
  isWhole: boolean,
): readonly Bar[] {
  const places = new Map(placed.map(({ row, index }) => [row.n, index]));
  const open: { readonly lane: string; readonly to: number; readonly depth: number }[] = [];
  const bars: Bar[] = [];
  const add = (row: Row, isRequest: boolean, from: number | null, to: number | null, end: Bar["end"]): void => {
    const ends = endsOf(row);
    if (ends === null || row.from === null) return;
    const isClients = (row.from === "client") !== isRequest;
    const lane = isClients ? ends.client : ends.server;
    const begin = from ?? -Infinity;
    const taken = open.filter((other) => other.lane === lane && other.to > begin).map(({ depth }) => depth);
    let depth = 0;
    while (taken.includes(depth)) depth++;
    if (depth >= MAX_DEPTH) return;
    open.push({ lane, to: to ?? Infinity, depth });
    bars.push({ lane, from, to, depth, end });
  };
  // Those that began before what is in sight come first, as they lie deepest.
  for (const { row, index } of placed) {
    if (row.exchange !== "reply" || row.partner === null || places.has(row.partner) || !isWhole) continue;
    add(row, false, null, index, "reply");
  }
  for (const { row, index } of placed) {
    if (row.exchange === "answered" && row.partner !== null) {
      const to = places.get(row.partner);
      if (to !== undefined || isWhole) add(row, true, index, to ?? null, "reply");
    } else if (row.exchange === "pending") add(row, true, index, null, "waiting");
    else if (row.exchange === "lost" || row.exchange === "abandoned") add(row, true, index, index + 1, "lost");
  }
  return bars;
}

/** Bars as they stand in a window of rows whose first has the place `first`. */
export function barShapes(bars: readonly Bar[], stage: Stage, first: number, count: number): readonly Shape[] {
  return bars.flatMap(({ lane, from, to, depth, end }): readonly Shape[] => {
    const middle = laneX(stage, lane);
    if (middle === null) return [];
    const top = from === null ? 0 : (from - first) * ROW_PX + ARROW_Y;
    const bottom = to === null ? count * ROW_PX : (to - first) * ROW_PX + (end === "lost" ? 6 : ARROW_Y);
    if (bottom <= 0 || top >= count * ROW_PX) return [];
    const x = middle - BAR_PX / 2 + depth * (BAR_PX - 2);
    const [colour, y] = [
      end === "waiting" ? "warning" : end === "lost" ? "error" : "reply",
      Math.max(-2, top),
    ] as const;
    const height = Math.min(count * ROW_PX + 2, bottom) - y;
    return [
      {
        kind: "rect",
        x,
        y,
        width: BAR_PX,
        height,
        radius: 1,
        fill: "background",
        edge: colour,
        ...(end === "waiting" ? { dash: "dashed" as const } : {}),
      },
      ...(end === "lost" ? [mark("lost", middle + depth * (BAR_PX - 2), bottom + 5, "error")] : []),
    ];
  });
}
