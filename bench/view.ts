import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "../scripts/tasks/freePort.ts";
import { type Editor, openEditor } from "./editor.ts";
import { noteFrames, traceWork } from "./frames.ts";
import { cpuSeconds } from "./machine.ts";
import { Program } from "./program.ts";
import { quantile, type Spread, spread } from "./statistics.ts";

const LIVE_PER_SECOND = 100_000;
/** Of what fills the log, so that ten million rows take little time and disk. */
const FILLING_BYTES = 16;
const CALLS = 500;
const CALL_BYTES = 100;
/** A frame that comes later than this after the one before was missed: a refresh takes 16.7 ms. */
const LATE_MS = 20;
/** Turns of the wheel, in px a second: as a finger does it, and as fast as a hand can. */
const WHEEL_SPEEDS = [2_000, 20_000] as const;
const SCROLL_MS = 4_000;
/** Of a thumb that is drawn over the whole list, and back. */
const DRAG_FRAMES = 240;
const PAINTS = 7;
const FILLED_TIMEOUT_MS = 300_000;
const PICTURES = ["overview", "latency", "sequence", "topology", "topics", "links"] as const;
export type PictureName = (typeof PICTURES)[number];

/** The inspector while traffic passes, following the newest row. */
export type LiveResult = {
  readonly messagesPerSecond: number;
  readonly seconds: number;
  /** Frames a second with new rows on the screen. */
  readonly repaintsPerSecond: number;
  /** Of one core. */
  readonly hostShare: number;
  readonly engineShare: number;
  readonly rendererShare: number;
  /** Of the frames, those in which a row in sight was not there yet. */
  readonly incompleteShare: number;
};

export type ScrollResult = {
  /** How it was scrolled. */
  readonly how: string;
  readonly frames: number;
  readonly lateShare: number;
  /** Script and layout of a frame. */
  readonly workP50Ms: number;
  readonly workP95Ms: number;
  readonly incompleteShare: number;
};

export type ViewResult = {
  readonly live: LiveResult;
  readonly rows: number;
  readonly scrolling: readonly ScrollResult[];
  /** From the click on a tab to the first frame with its picture. */
  readonly paintMs: Readonly<Record<PictureName, Spread>>;
};

/** The inspector of a real VS Code in a real browser: with live traffic, and over a capture of `rows` rows. */
export async function measureView(peers: string, rows: number, liveSeconds: number): Promise<ViewResult> {
  const programs: Program[] = [];
  const start = (...args: string[]): Program => {
    const program = new Program(peers, args);
    programs.push(program);
    return program;
  };
  try {
    const [jobs, calls] = [start("pull", "1000000000"), start("rep")];
    const taps = await Promise.all(
      Object.entries({ jobs, calls }).map(async ([name, program]) => ({
        name,
        server: await program.line(),
        listen: `tcp://127.0.0.1:${await freePort()}`,
      })),
    );
    const [toJobs, toCalls] = taps.map(({ listen }) => listen) as [string, string];
    const editor = await openEditor(taps);
    try {
      await start("req", toCalls, String(CALL_BYTES), String(CALLS)).rest();
      const pacer = start("pace", toJobs, String(LIVE_PER_SECOND));
      const live = await measureLive(editor, liveSeconds);
      await pacer.stop();
      const filled = await fill(editor, rows, (messages) =>
        start("push", toJobs, String(FILLING_BYTES), String(messages)).rest(),
      );
      const scrolling = await measureScrolling(editor);
      return { live, rows: filled, scrolling, paintMs: await measurePaints(editor) };
    } finally {
      await editor.close();
    }
  } finally {
    for (const program of programs) await program.stop();
  }
}

async function measureLive({ inspector, pids }: Editor, seconds: number): Promise<LiveResult> {
  await inspector.locator(".list-window .row[data-n]").first().waitFor();
  const { host, engine, renderer } = pids;
  const used = (): number[] => [host, engine, renderer].map(cpuSeconds);
  // The code that is run ten times a second is compiled by then.
  await wait(2_000);
  const seenBefore = (await counts(inspector)).seen;
  const stop = await noteFrames(inspector);
  const before = used();
  const startMs = performance.now();
  await wait(seconds * 1000);
  const after = used();
  const passedS = (performance.now() - startMs) / 1000;
  const { intervalsMs, repaints, incomplete } = await stop();
  const { seen } = await counts(inspector);
  const [hostShare, engineShare, rendererShare] = after.map((cpu, i) => (cpu - before[i]!) / passedS) as [
    number,
    number,
    number,
  ];
  return {
    messagesPerSecond: (seen - seenBefore) / passedS,
    seconds,
    repaintsPerSecond: repaints / passedS,
    hostShare,
    engineShare,
    rendererShare,
    incompleteShare: incomplete / intervalsMs.length,
  };
}

/** Has messages pass until `rows` are kept; resolves with how many there are. */
async function fill(
  { inspector }: Editor,
  rows: number,
  push: (messages: number) => Promise<unknown>,
): Promise<number> {
  const before = await counts(inspector);
  await push(Math.max(0, rows - before.seen));
  const deadlineMs = performance.now() + FILLED_TIMEOUT_MS;
  for (;;) {
    const { seen, kept } = await counts(inspector);
    if (kept >= rows) {
      // Nothing changes any more.
      await inspector.locator(".footer-rate", { hasText: /^0 msg/ }).waitFor({ timeout: FILLED_TIMEOUT_MS });
      return kept;
    }
    if (seen >= rows && kept < rows) throw new Error(`Only ${kept} of ${seen} rows are kept.`);
    if (performance.now() > deadlineMs) throw new Error(`Only ${seen} of ${rows} rows came.`);
    await wait(200);
  }
}

/** What the footer counts. */
async function counts(view: Editor["inspector"]): Promise<{ seen: number; kept: number }> {
  const text = (await view.locator("#footer-counts").textContent()) ?? "";
  const [, seen, kept] = /([\d,]+) seen = ([\d,]+) kept/.exec(text) ?? [];
  const number = (digits: string | undefined): number => Number((digits ?? "NaN").replaceAll(",", ""));
  return { seen: number(seen), kept: number(kept) };
}

async function measureScrolling(editor: Editor): Promise<ScrollResult[]> {
  const { page, inspector } = editor;
  const viewport = inspector.locator(".list-viewport");
  const { x, y, width, height } = (await viewport.boundingBox())!;
  const session = await page.context().newCDPSession(page);
  const results: ScrollResult[] = [];
  for (const speed of WHEEL_SPEEDS) {
    // From the middle, where nothing is at its end.
    await toMiddle(editor);
    const gesture = {
      x: x + width / 2,
      y: y + height / 2,
      yDistance: (speed * SCROLL_MS) / 1000,
      speed,
      gestureSourceType: "mouse",
      preventFling: true,
    } as const;
    const scroll = (): Promise<unknown> => session.send("Input.synthesizeScrollGesture", gesture);
    results.push(await measureScroll(editor, `wheel, ${speed} px/s`, scroll));
  }
  await session.detach();
  results.push(await measureScroll(editor, "thumb, whole list and back", () => dragThumb(editor)));
  return results;
}

async function toMiddle({ inspector }: Editor): Promise<void> {
  await inspector.evaluate(() => {
    const viewport = document.querySelector(".list-viewport")!;
    viewport.scrollTop = viewport.scrollHeight / 2;
  });
  await inspector.locator(".list-window:not(:has(.row.loading:not([hidden])))").waitFor({ state: "attached" });
}

/** What a thumb under the mouse does to the page: another position with each frame. */
async function dragThumb({ inspector }: Editor): Promise<void> {
  await inspector.evaluate(async (frames) => {
    const viewport = document.querySelector(".list-viewport")!;
    const most = viewport.scrollHeight - viewport.clientHeight;
    for (let i = 0; i <= frames; i++) {
      viewport.scrollTop = most * (1 - Math.abs((2 * i) / frames - 1));
      await new Promise(requestAnimationFrame);
    }
  }, DRAG_FRAMES);
}

async function measureScroll(
  { browser, inspector, pids }: Editor,
  how: string,
  scroll: () => Promise<unknown>,
): Promise<ScrollResult> {
  const stop = await noteFrames(inspector);
  const work = await traceWork(browser, pids.renderer, scroll);
  const { intervalsMs, incomplete } = await stop();
  const sorted = work.sort((a, b) => a - b);
  if (sorted.length === 0 || intervalsMs.length === 0) throw new Error(`There were no frames to measure: ${how}.`);
  return {
    how,
    frames: intervalsMs.length,
    lateShare: intervalsMs.filter((ms) => ms > LATE_MS).length / intervalsMs.length,
    workP50Ms: quantile(sorted, 0.5),
    workP95Ms: quantile(sorted, 0.95),
    incompleteShare: incomplete / intervalsMs.length,
  };
}

async function measurePaints({ inspector }: Editor): Promise<Record<PictureName, Spread>> {
  const paints = {} as Record<PictureName, Spread>;
  for (const tab of PICTURES) {
    const shown = inspector.locator(`#${tab}-panel zmq-${tab}`);
    await inspector.locator(`#tab-${tab}`).click();
    await shown.waitFor();
    const tries: number[] = [];
    for (let i = 0; i < PAINTS; i++) {
      await inspector.locator("#tab-messages").click();
      await inspector.locator('#tab-messages[aria-selected="true"]').waitFor();
      tries.push(await inspector.evaluate(firstPaint, tab));
    }
    paints[tab] = spread(tries);
  }
  await inspector.locator("#tab-messages").click();
  return paints;
}

/** From the click on a tab to the frame that shows a fresh picture; runs in the page. */
async function firstPaint(tab: string): Promise<number> {
  const picture = document.querySelector<HTMLElement & { forget(): void; answer: unknown }>(`zmq-${tab}`)!;
  // What is shown again would else be what was drawn before.
  picture.forget();
  await new Promise(requestAnimationFrame);
  const began = performance.now();
  document.getElementById(`tab-${tab}`)!.click();
  while (picture.answer === null || picture.clientHeight === 0) await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now() - began;
}
