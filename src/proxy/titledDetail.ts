import type { SaidDetail } from "../shared/model.ts";
import { writeJson } from "./decode/jsonText.ts";
import type { Read } from "./sayings.ts";
import { visibleText } from "./visibleText.ts";

/** Of each value of a message, as JSON. */
const MAX_VALUE_CHARS = 65_536;
const MAX_NAME_CHARS = 500;
const MAX_TEXT_CHARS = 4000;
const MAX_FACTS = 50;

/** A message as a dialect reads it: one of ZMQ Tap's own, or of the user's, with its title. */
type Titled = Omit<Read, "dialect"> & { readonly dialect: string; readonly title: string };

/** What a message says, as the detail pane shows it. Everything in it is bounded, and made visible where it is shown as text. */
export function titledDetail({ dialect, title, isChosen, read }: Titled): SaidDetail {
  if ("problem" in read)
    return { ...NOTHING, dialect, title, isChosen, unread: visibleText(read.problem, MAX_TEXT_CHARS) };
  const { kind, method, args, kwargs, value, problem, code, id, facts } = read.said;
  return {
    dialect,
    title,
    isChosen,
    unread: null,
    kind,
    method: visibleText(method, MAX_NAME_CHARS),
    args: args === null ? null : json(args),
    kwargs: kwargs === null ? null : json(kwargs),
    value: value === undefined ? null : json(value),
    problem: visibleText(problem ?? "", MAX_TEXT_CHARS),
    code: visibleText(code ?? "", MAX_NAME_CHARS),
    id: visibleText(id ?? "", MAX_NAME_CHARS),
    facts: facts.slice(0, MAX_FACTS).map((fact) => ({
      label: visibleText(fact.label, MAX_NAME_CHARS),
      value: visibleText(fact.value, MAX_TEXT_CHARS),
    })),
  };
}

const NOTHING = {
  kind: null,
  method: "",
  args: null,
  kwargs: null,
  value: null,
  problem: "",
  code: "",
  id: "",
  facts: [],
} as const;

function json(value: unknown): string {
  return writeJson(value, MAX_VALUE_CHARS).json;
}
