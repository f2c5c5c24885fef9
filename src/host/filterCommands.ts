import * as vscode from "vscode";
import { t } from "../shared/l10n.ts";
import { CONVERSATION_KINDS, type ConversationKind } from "../shared/model.ts";
import { UserError } from "../shared/userError.ts";
import type { SavedFilter } from "../shared/viewProtocol.ts";
import { askText } from "./asking.ts";
import type { CommandArguments } from "./commandArguments.ts";
import type { Services } from "./services.ts";
import { heldRow, targetOf, tellTarget } from "./target.ts";

const CONVERSATION_LABELS: Readonly<Record<ConversationKind, string>> = {
  link: t("Link"),
  exchange: t("Exchange"),
  topic: t("Topic"),
  correlation: t("Correlation Id"),
};

type Conversation = { readonly what: ConversationKind; readonly text: string };

/** Narrows a view's filter to rows with, or without, a value. Answers with the expression. */
export async function filterBy(services: Services, args: CommandArguments, isEqual: boolean): Promise<string> {
  const { field, value = null } = args;
  if (field === undefined || field === "") {
    throw new UserError(
      "no-field",
      t("There is no value to filter by. Choose Filter by This on a cell or on a decoded value."),
    );
  }
  const target = targetOf(services, args);
  const { filterByThis } = await import("../shared/filterText.ts");
  const text = filterByThis(target.view?.filter ?? "", field, value, isEqual);
  await tellTarget(services, target, { kind: "filter/set", text });
  return text;
}

/** Shows only the conversation of a message. Without `what` the user chooses among those it has. Answers with the expression. */
export async function followConversation(services: Services, args: CommandArguments): Promise<string | undefined> {
  const { target, capture, n } = await heldRow(services, args);
  const ask = async (what: ConversationKind): Promise<string> =>
    services.engine.ask("message/follow", { capture, n, what });
  const what = args.what ?? (args.quiet === true ? "link" : undefined);
  const text = what === undefined ? await askConversation(ask) : await ask(what);
  if (text !== undefined) await tellTarget(services, target, { kind: "filter/set", text });
  return text;
}

/** Shows only the exchange of a message, or its link when it is part of none. */
export async function onlyThisConversation(services: Services, args: CommandArguments): Promise<string | undefined> {
  const { capture, n } = await heldRow(services, args);
  const { row } = await services.engine.ask("message/read", { capture, n });
  return followConversation(services, { ...args, what: row.exchange === "none" ? "link" : "exchange" });
}

/** Gives the applied filter a name. Answers with all that are saved. */
export async function saveFilter(
  services: Services,
  args: CommandArguments,
): Promise<readonly SavedFilter[] | undefined> {
  const { filters } = services;
  const text = args.filter ?? targetOf(services, args).view?.filter ?? "";
  if (text === "" && args.filter === undefined) {
    throw new UserError("no-filter", t("No filter is applied. Type one into the filter bar of the log first."));
  }
  const { filterProblem } = await import("../shared/filterText.ts");
  const problem = text === "" ? null : filterProblem(text);
  if (problem !== null) throw new UserError("bad-filter", t("The filter {0} cannot be saved: {1}", text, problem));
  const name = args.name ?? (await askName(args, text));
  if (name === undefined) return undefined;
  await filters.save({ name: name.trim(), text });
  return filters.saved;
}

async function askName(args: CommandArguments, text: string): Promise<string | undefined> {
  return askText(args, "name", {
    title: t("Save Filter"),
    prompt: t("Name of the filter {0}", text),
    validateInput: (typed) => (typed.trim() === "" ? t("Type a name.") : undefined),
  });
}

/** Asks which of a message's conversations; a message with one only is not asked about. */
async function askConversation(ask: (what: ConversationKind) => Promise<string>): Promise<string | undefined> {
  const found = (await Promise.all(CONVERSATION_KINDS.map((what) => conversation(what, ask)))).flat();
  const [first, ...more] = found;
  if (first === undefined) return ask("link"); // Refused in the engine's own words.
  if (more.length === 0) return first.text;
  const choices = found.map(({ what, text }) => ({ label: CONVERSATION_LABELS[what], description: text, text }));
  return (await vscode.window.showQuickPick(choices, { placeHolder: t("Follow which conversation?") }))?.text;
}

async function conversation(
  what: ConversationKind,
  ask: (what: ConversationKind) => Promise<string>,
): Promise<readonly Conversation[]> {
  try {
    return [{ what, text: await ask(what) }];
  } catch (error) {
    if (error instanceof UserError) return []; // It has none of this kind.
    throw error;
  }
}
