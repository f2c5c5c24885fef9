import type { CallOutcome, CallRequest } from "../calls.ts";
import { othersSentence, outcomeSentence } from "../callText.ts";
import type { DialectInfo } from "../dialects.ts";
import type { TapState } from "../model.ts";
import { UserError } from "../userError.ts";
import { type Answer, Exactly } from "./answerText.ts";
import type { Redactor } from "./redactor.ts";
import type { AssistantSource, CallQuestion } from "./source.ts";
import type { ToolInput } from "./toolInput.ts";
import { DEFAULT_CALL_MS } from "./tools.ts";
import { parsed } from "./toldMessage.ts";

const MAX_VALUE_CHARS = 50_000;
/** Of the arguments, in the question to the user. */
const MAX_ASKED_CHARS = 2_000;
const MAX_NAMED = 50;

/** Makes a call through a tap when the user agrees, and tells what came of it. */
export async function toldCall(source: AssistantSource, input: ToolInput): Promise<Answer> {
  source.checkSending();
  const tap = tapNamed(await source.ask("tap/list", null), input.text("tap")!);
  const infos = await source.ask("dialects/calls", null);
  const info = await dialectFor(source, tap, infos, input.text("dialect"));
  const [args, kwargs, fields] = [input.list("args") ?? [], input.object("kwargs") ?? {}, input.object("fields") ?? {}];
  checkFields(info, args, kwargs, fields);
  const request: Omit<CallRequest, "call"> = {
    target: { kind: "tap", tap: tap.config.id },
    body: { kind: "dialect", dialect: info.name, call: { method: input.text("method")!, args, kwargs, fields } },
    timeoutMs: input.number("timeoutMs") ?? DEFAULT_CALL_MS,
    retries: 0,
    security: null,
  };
  const outcome = await source.send(request, callQuestion(input, tap, info));
  return toldOutcome(outcome, source.redactor);
}

/** What the user is asked. Of a tap or dialect that is not known yet, as the assistant wrote it. */
export function callQuestion(input: ToolInput, tap?: TapState, info?: DialectInfo): CallQuestion {
  const name = tap?.config.name ?? input.text("tap")!;
  const server = tap === undefined ? "" : ` to ${tap.config.server}`;
  const dialect = info?.title ?? input.text("dialect");
  const given = (["args", "kwargs", "fields"] as const).flatMap((part) => {
    const value = part === "args" ? input.list(part) : input.object(part);
    return value === undefined ? [] : [`${part}: ${JSON.stringify(value)}`];
  });
  const written = given.length === 0 ? "No arguments." : given.join("\n");
  const shown = written.length > MAX_ASKED_CHARS ? `${written.slice(0, MAX_ASKED_CHARS)}… (cut)` : written;
  return {
    title: `Let the assistant call "${input.text("method")!.slice(0, 200)}" through the tap "${name}"?`,
    detail: `A real request is sent${server}${dialect === undefined ? "" : `, in ${dialect}`}.\n${shown}`,
  };
}

/** The tap of that name or id. Throws a UserError that names those there are. */
function tapNamed(taps: readonly TapState[], name: string): TapState {
  const found = taps.find(({ config }) => config.id === name) ?? taps.find(({ config }) => config.name === name);
  if (found !== undefined) return found;
  const known = taps.slice(0, MAX_NAMED).map(({ config }) => `"${config.name}"`);
  const advice = known.length === 0 ? "There is none: attach one first." : `There are ${known.join(", ")}.`;
  throw new UserError("no-such-tap", `There is no tap "${name}". ${advice}`);
}

async function dialectFor(
  source: AssistantSource,
  { config }: TapState,
  infos: readonly DialectInfo[],
  named: string | undefined,
): Promise<DialectInfo> {
  const name = named ?? config.dialect ?? (await source.ask("call/methods", { tap: config.id, dialect: null })).dialect;
  const callable = infos.filter(({ canCall }) => canCall);
  const choices = `Give one of ${callable.map((info) => info.name).join(", ")}.`;
  if (name === null) {
    throw new UserError("no-dialect", `What "${config.name}" speaks is not known from its messages. ${choices}`);
  }
  const info = callable.find((one) => one.name === name);
  if (info === undefined)
    throw new UserError("no-such-dialect", `"${name}" is no dialect that calls are made in. ${choices}`);
  return info;
}

function checkFields(
  { title, takesArgs, takesKwargs, fields }: DialectInfo,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
  given: Readonly<Record<string, unknown>>,
): void {
  if (args.length > 0 && !takesArgs) throw badCall(`${title} has no arguments by position. Give kwargs.`);
  if (Object.keys(kwargs).length > 0 && !takesKwargs) throw badCall(`${title} has no arguments by name. Give args.`);
  for (const name of Object.keys(given)) {
    const field = fields.find((one) => one.name === name);
    if (field?.kind === "secret") throw badCall(`"${name}" is secret, and not for assistants to give. Leave it out.`);
    if (field !== undefined) continue;
    const open = fields.filter(({ kind }) => kind !== "secret").map((one) => one.name);
    throw badCall(
      `${title} has no field "${name}". ${open.length === 0 ? "It has none." : `It has ${open.join(", ")}.`}`,
    );
  }
}

function toldOutcome(outcome: CallOutcome, redactor: Redactor): Answer {
  const { reply, request, attempts } = outcome;
  const said = reply?.said ?? null;
  const json = said?.json ?? null;
  const value = json === null ? undefined : redactor.value(parsed(json));
  const text = value === undefined ? "" : JSON.stringify(value);
  const isCut = text.length > MAX_VALUE_CHARS || said?.truncated === true;
  const row = reply?.row ?? null;
  return {
    outcome: outcome.kind,
    text: redactor.text([outcomeSentence(outcome), othersSentence(outcome)].filter((part) => part !== "").join(" ")),
    value:
      text.length > MAX_VALUE_CHARS
        ? `${text.slice(0, MAX_VALUE_CHARS)}…`
        : value === undefined
          ? null
          : new Exactly(value),
    code: said?.code,
    latencyMs: reply?.latencyMs,
    attempts: attempts > 1 ? attempts : null,
    requestRow: request,
    replyRow: row,
    truncated: isCut ? true : null,
    note: isCut && row !== null ? `The value is cut. get_zmq_message tells more of row ${row}.` : null,
  };
}

function badCall(message: string): UserError {
  return new UserError("bad-call", message);
}
