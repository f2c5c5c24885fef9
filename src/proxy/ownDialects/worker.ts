import { endProcess } from "../endProcess.ts";
import { dataProblem } from "./plainData.ts";
import type { WorkerAsk, WorkerSaid } from "./workerProtocol.ts";

/** The process of one module of the user's, whose URL is its argument. It knows nothing of the engine but what it is asked. */

const MAX_PROBLEM_CHARS = 300;

type Work = (item: unknown) => unknown;
type Module = { readonly title?: unknown; readonly decode?: unknown; readonly encode?: unknown };

const say = (said: WorkerSaid): void => void process.send?.(said);

async function main(url: string): Promise<void> {
  // The engine is gone.
  process.on("disconnect", () => endProcess());
  let given: unknown;
  try {
    given = ((await import(url)) as { default?: unknown }).default;
  } catch (error) {
    say({ kind: "unusable", problem: `it cannot be loaded: ${describe(error)}` });
    return;
  }
  if (typeof given !== "object" || given === null || typeof (given as Module).decode !== "function") {
    say({ kind: "unusable", problem: "it has no default export that is an object with a decode function" });
    return;
  }
  const own: Module = given;
  const works: Readonly<Record<WorkerAsk["what"], Work | null>> = {
    decode: (item) => (own.decode as Work).call(own, item),
    encode: typeof own.encode === "function" ? (item) => (own.encode as Work).call(own, item) : null,
  };
  process.on("message", (ask: WorkerAsk) => void answer(ask, works[ask.what]));
  const title = typeof own.title === "string" ? own.title.slice(0, 80) : "";
  say({ kind: "ready", title, canEncode: works.encode !== null });
}

async function answer({ id, what, item }: WorkerAsk, work: Work | null): Promise<void> {
  if (work === null) {
    say({ kind: "failure", id, problem: `it has no ${what} function` });
    return;
  }
  try {
    const returned = await work(item);
    const problem = dataProblem(returned);
    if (problem === null) say({ kind: "answer", id, answer: returned });
    else say({ kind: "failure", id, problem: `what its ${what}() returned ${problem}` });
  } catch (error) {
    say({ kind: "failure", id, problem: `its ${what}() threw ${describe(error)}` });
  }
}

function describe(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : typeof error;
  return text.replace(/\s+/g, " ").slice(0, MAX_PROBLEM_CHARS);
}

void main(process.argv[2] ?? "");
