import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { Engine } from "../proxy/engine.ts";
import { OWN_SERVER } from "../shared/standIn.ts";
import type { AnswerOptions } from "./answerArguments.ts";
import { readSecurity } from "./keyOptions.ts";
import { Output } from "./output.ts";

const MAX_BYTES = 16 * 1024 * 1024;
/** Lines that wait for a reader of stdout; then lines are left out. */
const MAX_LINES = 10_000;
const LAST_LINES_MS = 500;

/** Answers calls until a signal, or a reader of stdout that goes away. Resolves with the exit code. */
export async function answer(options: AnswerOptions): Promise<number> {
  const [stdout, stderr] = [new Output(1), new Output(2)];
  const ending = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => ending.abort());
  const lines: string[] = [];
  let writing: Promise<void> | null = null;
  const write = async (): Promise<void> => {
    for (let text = lines.splice(0).join(""); text !== ""; text = lines.splice(0).join("")) {
      if (!(await stdout.write(text))) ending.abort();
    }
    writing = null;
  };
  const engine = new Engine({
    maxBytes: MAX_BYTES,
    onNotice: () => undefined,
    onBug: (error) => void stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`),
    onAnswered: (_tap, { method, dialect, how }) => {
      if (lines.length >= MAX_LINES) return;
      lines.push(`${new Date().toISOString()} ${JSON.stringify(method)} ${dialect} ${HOW[how]}\n`);
      writing ??= write();
    },
  });
  const { endpoint, from, socket, dialect, delayMs } = options;
  try {
    const security = options.keys === null ? null : readSecurity(options.keys, process.env);
    const standIn = { kind: "answers", socket, from, dialect, delayMs } as const;
    const tap = { id: "cli", name: endpoint, server: OWN_SERVER, listen: endpoint, standIn };
    const state = await engine.startTap(tap, security);
    const { known = 0, leftOut = 0 } = state.standIn ?? {};
    const what = from.kind === "replies" ? "methods" : "exchanges";
    const without = leftOut === 0 ? "" : `, without ${leftOut} that are too large or too many`;
    await stderr.write(`answering on ${state.listening} from ${known} ${what} of ${from.path}${without}\n`);
    if (!ending.signal.aborted) await once(ending.signal, "abort");
    const { answered = 0, byDefault = 0, unanswered = 0 } = engine.taps[0]?.standIn ?? {};
    await engine.stop();
    // A reader that has stopped reading is not waited for.
    await Promise.race([writing as Promise<void> | null, setTimeout(LAST_LINES_MS)]);
    await stderr.write(`${answered} answered, ${byDefault} by default, ${unanswered} unanswered\n`);
    return 0;
  } catch (error) {
    await stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    await engine.stop();
    return 1;
  }
}

const HOW = { answered: "answered", byDefault: "answered by default", unanswered: "not known" } as const;
