import type { FilterState } from "../engineProtocol.ts";
import type { CaptureId, Row } from "../model.ts";
import type { AssistantSource } from "./source.ts";

/** How long a filter may take before what it has found so far is the answer. */
const FILTER_MS = 10_000;
/** How long rows that came just now may take to be read in their dialects. */
const BEHIND_MS = 1_000;
/** How long a file may take to be read before what there is of it is the answer. */
const FILE_MS = 10_000;

/** Which of the rows that a filter lets through: the newest of all, those before a row, or the first behind one. */
export type RowChoice = { readonly limit: number; readonly before?: number; readonly after?: number };

export type FoundRows = {
  /** In order. */
  readonly rows: readonly Row[];
  /** Rows that fit, and how many of them come before and behind these. */
  readonly total: number;
  readonly earlier: number;
  readonly later: number;
  /** How it stands with the filter; not done when the time was up. */
  readonly state: FilterState;
};

/** Rows that a filter lets through, copies of a publication as one. Rejects with a UserError for a bad expression. */
export async function findRows(
  source: AssistantSource,
  capture: CaptureId,
  text: string,
  { limit, before, after }: RowChoice,
): Promise<FoundRows> {
  const states = new Map<number, FilterState>();
  let wake = (): void => undefined;
  const stop = source.listen((notice) => {
    if (notice.kind !== "filter/advanced") return;
    states.set(notice.state.filter, notice.state);
    wake();
  });
  try {
    const { kept } = await source.ask("capture/stats", { capture });
    const started = await source.ask("filter/start", { capture, text, fold: true });
    const { filter } = started;
    try {
      const current = (): FilterState => states.get(filter) ?? started;
      const onWake = (told: () => void): void => void (wake = told);
      await until(() => current().done, FILTER_MS, source, onWake);
      // A filter that asks for what is said is done with what was read so far.
      await until(() => current().looked >= kept, BEHIND_MS, source, onWake);
      const state = current();
      const place = async (n: number): Promise<number> =>
        (await source.ask("rows/find", { capture, filter, n })).position;
      const { total } = await source.ask("rows/read", { capture, filter, from: 0, count: 0 });
      const end = before === undefined ? total : await place(before);
      const from = after === undefined ? Math.max(0, end - limit) : Math.min(end, await place(after + 1));
      const { rows } = await source.ask("rows/read", { capture, filter, from, count: Math.min(limit, end - from) });
      const earlier = from;
      return { rows, total, earlier, later: Math.max(0, total - from - rows.length), state };
    } finally {
      await source.ask("filter/stop", { filter });
    }
  } finally {
    stop();
  }
}

/** Waits until the file behind a capture is read. Answers with how much of it is, `null` when it is whole. */
export async function untilRead(source: AssistantSource, capture: CaptureId): Promise<string | null> {
  let wake = (): void => undefined;
  const stop = source.listen((notice) => {
    if (notice.kind === "capture/grew" && notice.stats.capture === capture) wake();
  });
  try {
    const late = source.wait(FILE_MS).then(() => "late" as const);
    for (;;) {
      const changed = new Promise<void>((resolve) => (wake = resolve));
      const { file } = await source.ask("capture/stats", { capture });
      if (file === null || file.isDone) return null;
      if ((await Promise.race([changed, late])) === "late") {
        const percent = Math.floor((100 * file.readBytes) / Math.max(1, file.totalBytes));
        return `The file is still being read, ${percent} % so far. Ask again for the rest.`;
      }
    }
  } finally {
    stop();
  }
}

/** Waits until it is so, looking again whenever it is woken, or for so long. */
async function until(
  isSo: () => boolean,
  ms: number,
  source: AssistantSource,
  onWake: (wake: () => void) => void,
): Promise<void> {
  const late = source.wait(ms).then(() => "late" as const);
  while (!isSo()) {
    const changed = new Promise<void>((resolve) => onWake(resolve));
    if ((await Promise.race([changed, late])) === "late") return;
  }
}
