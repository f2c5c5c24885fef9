import type { CallDialect, DialectCall, DialectField, DialectInfo } from "./dialects.ts";
import { jsonFaultText } from "./jsonFault.ts";
import { t } from "./l10n.ts";

/** A call as it is typed into its dialect's form. */
export type TypedCall = {
  readonly dialect: CallDialect;
  readonly method: string;
  /** JSON text of each argument. */
  readonly args: readonly string[];
  /** JSON text of an object; empty for none. */
  readonly kwargs: string;
  /** By name: `true` or `false` of a boolean, JSON text of a json field, else the text. Left out or empty: the default. */
  readonly fields: Readonly<Record<string, string>>;
};

/** What is wrong with a part of the form: `method`, `args.0`, `kwargs`, `fields.<name>`. */
export type FormProblem = { readonly part: string; readonly problem: string };

export const MAX_TYPED_ARGS = 64;

/** All that keeps a typed call from being sent, in the order of the form. */
export function formProblems(typed: TypedCall, info: DialectInfo): readonly FormProblem[] {
  const problems: FormProblem[] = [];
  const add = (part: string, problem: string | null): void => {
    if (problem !== null) problems.push({ part, problem });
  };
  if (info.takesArgs) typed.args.forEach((text, index) => add(`args.${index}`, jsonFaultText(text)));
  if (info.takesKwargs) add("kwargs", objectProblem(typed.kwargs));
  for (const field of info.fields) add(`fields.${field.name}`, fieldProblem(field, typed.fields[field.name] ?? ""));
  return problems;
}

/** The same as a sentence that names the part. */
export function formProblemText({ part, problem }: FormProblem): string {
  const [what, name] = part.split(".");
  if (what === "args") return t("Argument {0}: {1}", Number(name) + 1, problem);
  return what === "kwargs" ? t("Arguments by name: {0}", problem) : `"${name ?? part}": ${problem}`;
}

/** The call that was typed, without what the dialect has no place for; or the first problem. */
export function readTypedCall(typed: TypedCall, info: DialectInfo): DialectCall | FormProblem {
  const [problem] = formProblems(typed, info);
  if (problem !== undefined) return problem;
  const fields = info.fields
    .map((field) => [field, typed.fields[field.name] ?? ""] as const)
    .filter(([, text]) => text !== "")
    .map(([field, text]) => [field.name, fieldValue(field, text)] as const);
  return {
    method: typed.method,
    args: info.takesArgs ? typed.args.map((text) => JSON.parse(text) as unknown) : [],
    kwargs: info.takesKwargs && typed.kwargs.trim() !== "" ? (JSON.parse(typed.kwargs) as Record<string, unknown>) : {},
    fields: Object.fromEntries(fields),
  };
}

/** A call as somebody would type it. */
export function toTypedCall(dialect: CallDialect, { method, args, kwargs, fields }: DialectCall): TypedCall {
  return {
    dialect,
    method,
    args: args.map((value) => JSON.stringify(value)),
    kwargs: Object.keys(kwargs).length === 0 ? "" : JSON.stringify(kwargs, null, 2),
    fields: Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
    ),
  };
}

/** The same without what is secret, which is kept nowhere. */
export function withoutSecrets(typed: TypedCall, info: DialectInfo | undefined): TypedCall {
  const isKept = ([name]: readonly [string, string]): boolean =>
    info?.fields.some((field) => field.name === name && field.kind !== "secret") === true;
  return { ...typed, fields: Object.fromEntries(Object.entries(typed.fields).filter(isKept)) };
}

function objectProblem(text: string): string | null {
  if (text.trim() === "") return null;
  return jsonFaultText(text) ?? (isObject(JSON.parse(text)) ? null : t('A JSON object is needed, such as {"a": 1}.'));
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fieldProblem({ kind, choices = [] }: DialectField, text: string): string | null {
  if (text === "") return null;
  if (kind === "json") return jsonFaultText(text);
  if (kind === "boolean") return text === "true" || text === "false" ? null : t("true or false is needed.");
  if (kind === "choice") return choices.includes(text) ? null : t("It must be one of {0}.", choices.join(", "));
  return null;
}

function fieldValue({ kind }: DialectField, text: string): unknown {
  return kind === "json" || kind === "boolean" ? (JSON.parse(text) as unknown) : text;
}
