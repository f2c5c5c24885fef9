import { readFileSync, statSync } from "node:fs";
import type { CallOutcome } from "../shared/calls.ts";
import { outcomeSentence, othersSentence } from "../shared/callText.ts";
import type { DialectCall, DialectField, DialectInfo } from "../shared/dialects.ts";
import { jsonFaultText } from "../shared/jsonFault.ts";
import { UserError } from "../shared/userError.ts";
import { dialectInfos } from "../proxy/dialects/registry.ts";
import { textDestination } from "../proxy/httpEndpoint.ts";
import { callDialect } from "../proxy/rpc/dialectCall.ts";
import type { CallOptions } from "./callArguments.ts";
import { readSecurity } from "./keyOptions.ts";
import { Output } from "./output.ts";

/** A field is not longer than this. */
const MAX_FIELD_BYTES = 1024 * 1024;

/** Calls a service, prints its reply, and resolves with the exit code: see CALL_USAGE. */
export async function call(options: CallOptions): Promise<number> {
  try {
    const { endpoint, dialect, socket, timeoutMs, retries, keys } = options;
    const security = keys === null ? null : readSecurity(keys, process.env);
    const body = { kind: "dialect", dialect, call: readCall(options), ...(socket === null ? {} : { socket }) } as const;
    const to = textDestination(endpoint, security);
    return await tell(await callDialect({ to, body, timeoutMs, retries }, new AbortController().signal));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    await new Output(2).write(`${error.message}\n`);
    return error.code === "bad-call" ? 2 : 1;
  }
}

/** The call that the options name. Throws a UserError of code `bad-call` for fields that the dialect has not. */
export function readCall({ dialect, method, args, kwargs, fields, fieldFiles }: CallOptions): DialectCall {
  const info = dialectInfos().find(({ name }) => name === dialect);
  if (info === undefined) throw badCall(`There is no dialect "${dialect}" in this version.`);
  if (!info.canCall) throw badCall(`${info.title} only tells things, so nobody can be called with it.`);
  if (args.length > 0 && !info.takesArgs) throw badCall(`${info.title} has no arguments by position. Give --kwargs.`);
  if (Object.keys(kwargs).length > 0 && !info.takesKwargs) throw badCall(`${info.title} has no arguments by name.`);
  const given = [
    ...Object.entries(fields).map(([name, text]) => {
      const field = fieldNamed(info, name);
      if (field.kind === "secret") {
        throw badCall(`"${name}" is secret, and others can read command lines. Give --field-file ${name}=<file>.`);
      }
      return [name, fieldValue(field, text)] as const;
    }),
    ...Object.entries(fieldFiles).map(
      ([name, file]) => [name, fieldValue(fieldNamed(info, name), readField(name, file))] as const,
    ),
  ];
  return { method, args, kwargs, fields: Object.fromEntries(given) };
}

function fieldNamed({ title, fields }: DialectInfo, name: string): DialectField {
  const field = fields.find((one) => one.name === name);
  if (field !== undefined) return field;
  const known = fields.length === 0 ? "It has none." : `It has ${fields.map((one) => one.name).join(", ")}.`;
  throw badCall(`${title} has no field "${name}". ${known}`);
}

function fieldValue({ name, kind, choices = [] }: DialectField, text: string): unknown {
  if (kind === "choice" && !choices.includes(text)) throw badCall(`"${name}" is one of ${choices.join(", ")}.`);
  if (kind === "boolean" && text !== "true" && text !== "false") throw badCall(`"${name}" is true or false.`);
  if (kind !== "json" && kind !== "boolean") return text;
  const fault = jsonFaultText(text);
  if (fault !== null) throw badCall(`"${name}" takes JSON. ${fault}`);
  return JSON.parse(text) as unknown;
}

function readField(name: string, file: string): string {
  try {
    if (statSync(file).size <= MAX_FIELD_BYTES) return readFileSync(file, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
    throw new UserError(
      "unreadable",
      `--field-file: the file of "${name}" cannot be read (${code}). Give another one.`,
      {
        cause: error,
      },
    );
  }
  throw new UserError("too-long", `--field-file: the file of "${name}" is above 1 MiB. Give another one.`);
}

/** Prints the reply on stdout, and what else is to be said on stderr. */
async function tell(outcome: CallOutcome): Promise<number> {
  const said = outcome.reply?.said ?? null;
  if (said !== null) {
    const value = said.json ?? "null";
    const { code, problem } = said;
    const error = `{"code":${JSON.stringify(code)},"problem":${JSON.stringify(problem)},"value":${value}}`;
    await new Output(1).write(`${outcome.kind === "error" ? error : value}\n`);
  }
  const isPlain = outcome.kind === "ok" && outcome.attempts === 1 && said?.kind !== "acknowledgement";
  const sentences = [
    isPlain || outcome.kind === "sent" ? "" : outcomeSentence(outcome),
    othersSentence(outcome),
    said?.truncated === true ? "The reply is too large to be printed whole." : "",
  ].filter((sentence) => sentence !== "");
  if (sentences.length > 0) await new Output(2).write(`${sentences.join(" ")}\n`);
  switch (outcome.kind) {
    case "ok":
    case "sent":
      return 0;
    case "error":
      return said === null ? 1 : 3;
    case "timeout":
      return 4;
    case "cancelled":
      return 1;
  }
}

function badCall(message: string): UserError {
  return new UserError("bad-call", message);
}
