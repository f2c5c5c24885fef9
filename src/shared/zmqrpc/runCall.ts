import type { CallOutcome } from "../calls.ts";
import { outcomeSentence } from "../callText.ts";
import { UserError } from "../userError.ts";
import { type CallContext, type CallFile, type CallInFile, callToSend, type SendingScope } from "./callFile.ts";
import { differencesOf, type Expectation, type Matcher, type Reply, type Status } from "./expectation.ts";
import { valueAt, writePath } from "./path.ts";
import type { Problem, ReadyCall } from "./readCall.ts";

/** An expectation and what became of it: `differs` is empty where all is as expected. */
type Check = { readonly text: string; readonly isMet: boolean; readonly differs: readonly string[] };

/**
 * What became of a call of a file. `passed`: all as expected; `failed`: not; `timeout`: no reply, which was not expected;
 * `broken`: it could not be sent, `problem` says why; `cancelled`.
 */
export type RunResult = {
  readonly name: string;
  readonly status: "passed" | "failed" | "timeout" | "broken" | "cancelled";
  /** `null` where it could not be sent. */
  readonly outcome: CallOutcome | null;
  readonly checks: readonly Check[];
  readonly problem: string | null;
  /** What is wrong in the file, where that keeps it from being sent. */
  readonly problems: readonly Problem[];
  /** Variables that it brought. */
  readonly saved: ReadonlyMap<string, unknown>;
};

export type RunTools = {
  /** Rejects with a UserError when it cannot be sent. */
  send(call: ReadyCall): Promise<CallOutcome>;
  readonly matches: Matcher;
};

/** Sends a call of a file and judges what comes of it. Rejects only for what is no UserError. */
export async function runCall(
  file: CallFile,
  call: CallInFile,
  known: CallContext & SendingScope,
  tools: RunTools,
): Promise<RunResult> {
  const { name } = call;
  const nothing = { name, outcome: null, checks: [], problem: null, problems: [], saved: new Map<string, unknown>() };
  const { call: ready, problems } = callToSend(file, call, known, known);
  if (ready === null)
    return { ...nothing, status: "broken", problem: problems[0]?.message ?? "It cannot be read.", problems };
  let outcome: CallOutcome;
  try {
    outcome = await tools.send(ready);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { ...nothing, status: "broken", problem: error.message };
  }
  if (outcome.kind === "cancelled") return { ...nothing, outcome, status: "cancelled" };
  const reply = replyOf(outcome);
  const checks = await judge(ready.expectations, outcome, reply, tools.matches);
  const saved = new Map<string, unknown>();
  for (const { name: variable, path } of ready.saves) {
    const value = valueAt(reply.value, path.steps);
    if (value !== undefined) saved.set(variable, value);
    else if (checks.every(({ isMet }) => isMet)) {
      checks.push({
        text: `save ${variable} = ${writePath(path)}`,
        isMet: false,
        differs: [`${writePath(path)} is missing`],
      });
    }
  }
  const isMet = checks.every((check) => check.isMet);
  const status = isMet ? "passed" : outcome.kind === "timeout" ? "timeout" : "failed";
  return { ...nothing, outcome, checks, saved, status };
}

/** The parts of a reply that expectations look into. */
export function replyOf({ reply }: CallOutcome): Reply {
  const said = reply?.said ?? null;
  if (said === null) {
    const problem = reply?.problem ?? undefined;
    return { value: reply?.frames.map(frameValue), problem, code: undefined, method: undefined };
  }
  return {
    value: said.json === null ? undefined : parsed(said.json),
    problem: said.problem ?? undefined,
    code: said.code ?? undefined,
    method: said.method === "" ? undefined : said.method,
  };
}

async function judge(
  expectations: readonly Expectation[],
  outcome: CallOutcome,
  reply: Reply,
  matches: Matcher,
): Promise<Check[]> {
  const statuses = expectations.filter((one) => one.kind === "status");
  const checks: Check[] = statuses.length === 0 ? [{ ...statusCheck(outcome, ["ok", "sent"]) }] : [];
  for (const expectation of expectations) {
    if (expectation.kind === "status") {
      checks.push(statusCheck(outcome, [expectation.status]));
      continue;
    }
    // Without a reply only that is worth telling.
    if (outcome.reply === null) continue;
    const differs = await differencesOf(expectation, reply, matches);
    const isShort = outcome.reply.said?.truncated === true && differs !== null;
    const note = isShort ? ["The reply is too large to be looked into whole."] : [];
    checks.push({ text: expectation.text, isMet: differs === null, differs: [...(differs ?? []), ...note] });
  }
  return checks;
}

function statusCheck(outcome: CallOutcome, wanted: readonly Status[]): Check {
  const isMet = wanted.some((status) => status === outcome.kind);
  return { text: `status ${wanted[0]!}`, isMet, differs: isMet ? [] : [outcomeSentence(outcome)] };
}

/** A frame as a value: JSON where it is an object or a list, else its text, else hex behind 0x. */
function frameValue(frame: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(frame);
  } catch {
    return `0x${Array.from(frame.subarray(0, MAX_HEX_BYTES), (octet) => octet.toString(16).padStart(2, "0")).join("")}`;
  }
  return /^\s*[{[]/.test(text) ? parsed(text) : text;
}

const MAX_HEX_BYTES = 65_536;

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return json;
  }
}
