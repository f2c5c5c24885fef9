import type { Browser, Frame } from "playwright-core";

/** What the page of a view saw of its own frames. */
export type FrameNotes = {
  /** Milliseconds from each frame to the next, as the browser counts its refreshes. */
  readonly intervalsMs: readonly number[];
  /** Frames that began with rows on the screen which the frame before did not have. */
  readonly repaints: number;
  /** Frames that began with places of rows that were not there yet. */
  readonly incomplete: number;
};

/** Notes each frame of a view's page from now on, until the function that it resolves with is called. */
export async function noteFrames(view: Frame): Promise<() => Promise<FrameNotes>> {
  const notes = await view.evaluateHandle(() => {
    const intervalsMs: number[] = [];
    let [repaints, incomplete, lastMs, isNew, isOn] = [0, 0, 0, false, true];
    const rows = document.querySelector(".list-window")!;
    // A row that is filled anew gets its number as an attribute; a place of one that is to be read has none.
    const observer = new MutationObserver((changes) => {
      isNew ||= changes.some(({ target }) => (target as HTMLElement).dataset["n"] !== undefined);
    });
    observer.observe(rows, { subtree: true, attributeFilter: ["data-n"] });
    const next = (nowMs: number): void => {
      if (!isOn) return;
      if (lastMs > 0) intervalsMs.push(nowMs - lastMs);
      lastMs = nowMs;
      if (isNew) repaints++;
      isNew = false;
      if (rows.querySelector(".row.loading:not([hidden])") !== null) incomplete++;
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
    return {
      stop: () => {
        isOn = false;
        observer.disconnect();
        return { intervalsMs, repaints, incomplete };
      },
    };
  });
  return async () => {
    const result = await notes.evaluate(({ stop }) => stop());
    await notes.dispose();
    return result;
  };
}

const CATEGORIES = ["__metadata", "cc", "devtools.timeline", "v8"];
/** What counts as script and layout: running it, collecting its garbage, styles and layout, but no painting. */
const WORK: ReadonlySet<string> = new Set([
  "EvaluateScript",
  "EventDispatch",
  "FireAnimationFrame",
  "FunctionCall",
  "HandlePostMessage",
  "Layout",
  "MajorGC",
  "MinorGC",
  "RunMicrotasks",
  "TimerFire",
  "UpdateLayoutTree",
  "v8.callFunction",
]);
const FRAME = "ProxyMain::BeginMainFrame";

type TraceEvent = {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds. */
  readonly ts: number;
  /** What the thread's own clock says, which stands still while other programs have the core. */
  readonly tts?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
};

/** Traces the browser while `run` runs; resolves with the script and layout of each frame of one renderer, in milliseconds of CPU time. */
export async function traceWork(browser: Browser, renderer: number, run: () => Promise<unknown>): Promise<number[]> {
  await browser.startTracing(undefined, { categories: CATEGORIES });
  let trace: Buffer;
  try {
    await run();
  } finally {
    trace = await browser.stopTracing();
  }
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const main = traceEvents.find(
    ({ pid, name, args }) => pid === renderer && name === "thread_name" && args?.name === "CrRendererMain",
  );
  if (main === undefined) throw new Error("The trace has no main thread of the window's renderer.");
  return workByFrame(traceEvents.filter(({ pid, tid }) => pid === renderer && tid === main.tid));
}

/** Of the events of one thread, by the thread's own clock: what lies in each other is counted once. */
function workByFrame(events: readonly TraceEvent[]): number[] {
  const sorted = events
    .filter(({ name, ph, tts }) => tts !== undefined && ph === "X" && (name === FRAME || WORK.has(name)))
    .sort((a, b) => a.ts - b.ts);
  const frames: number[] = [];
  let current: number | null = null;
  let countedTo = 0;
  for (const { name, tts = 0, tdur = 0 } of sorted) {
    if (name === FRAME) {
      if (current !== null) frames.push(current / 1000);
      current = 0;
    } else if (current !== null) {
      current += Math.max(0, tts + tdur - Math.max(tts, countedTo));
      countedTo = Math.max(countedTo, tts + tdur);
    }
  }
  return frames;
}
