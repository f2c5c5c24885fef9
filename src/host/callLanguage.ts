import * as vscode from "vscode";
import { durationText } from "../shared/callText.ts";
import type { DialectInfo } from "../shared/dialects.ts";
import { clientEndpoint } from "../shared/endpoint.ts";
import { t } from "../shared/l10n.ts";
import { type CallFile, problemsOf, readCallFile } from "../shared/zmqrpc/callFile.ts";
import { type Completion, completionsAt, dialectOf, type Place, placeAt } from "../shared/zmqrpc/complete.ts";
import { MAX_CHARACTERS, type Section } from "../shared/zmqrpc/document.ts";
import { explain } from "../shared/zmqrpc/explain.ts";
import { printDocument } from "../shared/zmqrpc/print.ts";
import { resultDocument, type ShownResult } from "../shared/zmqrpc/resultText.ts";
import type { Calls } from "./calls.ts";
import { callContext, callFileOf, toRange } from "./callSource.ts";
import type { Engine } from "./engine.ts";
import type { KeyStore } from "./keyStore.ts";
import type { Taps } from "./taps.ts";

/** What the editor's features are made of. */
export type LanguageParts = {
  readonly engine: Engine;
  readonly taps: Taps;
  readonly keys: KeyStore;
  readonly calls: Calls;
};

/** A call of a file, as the view Calls shows it. */
export type ListedCall = { readonly name: string; readonly line: number; readonly detail: string };

const COMPLETION_KINDS: Readonly<Record<Completion["kind"], vscode.CompletionItemKind>> = {
  section: vscode.CompletionItemKind.Module,
  key: vscode.CompletionItemKind.Property,
  word: vscode.CompletionItemKind.EnumMember,
  name: vscode.CompletionItemKind.Reference,
  method: vscode.CompletionItemKind.Method,
  variable: vscode.CompletionItemKind.Variable,
  endpoint: vscode.CompletionItemKind.Value,
};

export async function completions(
  parts: LanguageParts,
  document: vscode.TextDocument,
  position: vscode.Position,
): Promise<vscode.CompletionItem[]> {
  const text = document.getText();
  const file = callFileOf(document);
  const place = placeAt(file, text, document.offsetAt(position));
  if (place === null) return [];
  const dialects = await knownDialects(parts);
  const context = await callContext(document.uri, parts.calls.environment, dialects);
  const known = {
    dialects,
    taps: parts.taps.list().map(({ config }) => config),
    methods: await seenMethods(parts, file, place),
    keys: await parts.keys.list(),
  };
  const range = toRange(document, place.range);
  return completionsAt(place, file, context, known).map((completion, index) => {
    const item = new vscode.CompletionItem(completion.label, COMPLETION_KINDS[completion.kind]);
    item.insertText = completion.isSnippet ? new vscode.SnippetString(completion.insert) : completion.insert;
    item.range = range;
    item.detail = completion.detail;
    item.sortText = String(index).padStart(4, "0");
    if (completion.meaning !== "") item.documentation = new vscode.MarkdownString(completion.meaning);
    // What stands behind a key is offered as soon as the key is written.
    if (completion.kind === "key") item.command = { command: "editor.action.triggerSuggest", title: t("Suggest") };
    return item;
  });
}

export async function hover(
  { engine, calls }: LanguageParts,
  document: vscode.TextDocument,
  position: vscode.Position,
): Promise<vscode.Hover | undefined> {
  const dialects = await knownDialects({ engine });
  const context = await callContext(document.uri, calls.environment, dialects);
  const told = explain(callFileOf(document), document.offsetAt(position), context);
  if (told === null) return undefined;
  const text = new vscode.MarkdownString().appendCodeblock(told.code, "zmqrpc").appendMarkdown(told.text);
  return new vscode.Hover(text, toRange(document, told.range));
}

/** What is wrong in a call file; what dialects take is checked once the engine has told it. */
export async function diagnostics(
  { engine, calls }: LanguageParts,
  document: vscode.TextDocument,
): Promise<vscode.Diagnostic[]> {
  const context = await callContext(document.uri, calls.environment, await knownDialects({ engine }));
  return problemsOf(callFileOf(document), context).map(({ range, message, suggestion }) => {
    const meant = suggestion === null ? "" : ` Did you mean ${suggestion}?`;
    const diagnostic = new vscode.Diagnostic(
      toRange(document, range),
      message + meant,
      vscode.DiagnosticSeverity.Error,
    );
    diagnostic.source = "ZMQ Tap";
    if (suggestion !== null) diagnostic.code = suggestion;
    return diagnostic;
  });
}

/** Quick fixes: what was most likely meant. */
export function fixes(document: vscode.TextDocument, context: vscode.CodeActionContext): vscode.CodeAction[] {
  return context.diagnostics.flatMap((diagnostic) => {
    if (diagnostic.source !== "ZMQ Tap" || typeof diagnostic.code !== "string") return [];
    const action = new vscode.CodeAction(`Change to ${diagnostic.code}`, vscode.CodeActionKind.QuickFix);
    action.edit = new vscode.WorkspaceEdit();
    action.edit.replace(document.uri, diagnostic.range, diagnostic.code);
    action.diagnostics = [diagnostic];
    action.isPreferred = true;
    return [action];
  });
}

export function symbols(document: vscode.TextDocument): vscode.DocumentSymbol[] {
  const kinds = {
    call: vscode.SymbolKind.Function,
    environment: vscode.SymbolKind.Namespace,
    variables: vscode.SymbolKind.Variable,
    defaults: vscode.SymbolKind.Object,
  };
  const file = callFileOf(document);
  return file.document.sections.flatMap((section) => {
    const { kind, name, range, headingRange, nameRange } = section;
    if (kind === null) return [];
    const selected = toRange(document, name === "" ? headingRange : nameRange);
    return [
      new vscode.DocumentSymbol(
        name || kind,
        name === "" ? "" : detailOf(section),
        kinds[kind],
        toRange(document, range),
        selected,
      ),
    ];
  });
}

export function foldings(document: vscode.TextDocument): vscode.FoldingRange[] {
  return callFileOf(document).document.sections.flatMap(({ range }) => {
    const { start, end } = toRange(document, range);
    return end.line > start.line ? [new vscode.FoldingRange(start.line, end.line)] : [];
  });
}

/** Send and Send to… above each call, Run All at the top. */
export function lenses({ calls }: LanguageParts, document: vscode.TextDocument): vscode.CodeLens[] {
  const { uri } = document;
  const file = callFileOf(document);
  const lens = (range: vscode.Range, title: string, command: string, name?: string): vscode.CodeLens =>
    new vscode.CodeLens(range, { title, command, arguments: [{ uri, ...(name === undefined ? {} : { name }) }] });
  const top = new vscode.Range(0, 0, 0, 0);
  const ofFile = calls.isUnderWay(uri)
    ? [lens(top, t("Cancel"), "zmqTap.cancelCalls")]
    : [lens(top, t("Run All"), "zmqTap.runCalls")];
  const environment = calls.environment ?? "none";
  return [
    ...(file.calls.length === 0
      ? []
      : [...ofFile, lens(top, t("Environment: {0}", environment), "zmqTap.selectEnvironment")]),
    ...file.calls.flatMap(({ name, headingRange }) => {
      const range = toRange(document, headingRange);
      const last = calls.last(uri, name);
      const sending = last?.result === null;
      return [
        sending ? lens(range, t("Cancel"), "zmqTap.cancelCalls") : lens(range, t("Send"), "zmqTap.sendCall", name),
        lens(range, t("Send to…"), "zmqTap.sendCallTo", name),
        ...(last?.result == null ? [] : [lens(range, lastText(last), "zmqTap.showCallResults")]),
      ];
    }),
  ];
}

export function format(document: vscode.TextDocument): vscode.TextEdit[] {
  const { document: read } = callFileOf(document);
  // What was not read would be lost.
  if (read.isCut) return [];
  const whole = new vscode.Range(document.positionAt(0), document.positionAt(document.getText().length));
  return [vscode.TextEdit.replace(whole, printDocument(read))];
}

/** The calls of a file as it stands, for the view Calls. A file that cannot be read has none. */
export async function listCalls(uri: vscode.Uri): Promise<readonly ListedCall[]> {
  const text = await textOf(uri);
  const { calls } = readCallFile(text);
  return calls.map(({ name, headingRange, entries }) => {
    const value = (key: string): string => entries.find((entry) => entry.key === key)?.value ?? "";
    const line = text.slice(0, headingRange.from).split("\n").length - 1;
    return { name, line, detail: value("method") || value("frame") };
  });
}

/** What calls of a file came to, and above each what can be done with it. */
export function resultsOf(shown: readonly ShownResult[]): string {
  return resultDocument(shown).text;
}

export function resultLenses(file: vscode.Uri, shown: readonly ShownResult[]): vscode.CodeLens[] {
  const { starts } = resultDocument(shown);
  return shown.flatMap(({ name, result }, index) => {
    const range = new vscode.Range(starts[index]!, 0, starts[index]!, 0);
    const lens = (title: string, command: string, more: object): vscode.CodeLens =>
      new vscode.CodeLens(range, { title, command, arguments: [more] });
    if (result === null) return [lens(t("Cancel"), "zmqTap.cancelCalls", { uri: file })];
    const row = result.outcome?.reply?.row ?? result.outcome?.request ?? null;
    return [
      ...(row === null ? [] : [lens(t("Row {0} of the Log", row), "zmqTap.openInInspector", { n: row })]),
      lens(t("Send Again"), "zmqTap.sendCall", { uri: file, name }),
      lens(t("Open Call"), "zmqTap.openCall", { uri: file, name }),
    ];
  });
}

function lastText({ result }: ShownResult): string {
  if (result === null) return "";
  const latency = result.outcome?.reply == null ? "" : ` · ${durationText(result.outcome.reply.latencyMs)}`;
  return `${result.status === "passed" ? "✓" : "✗"} ${result.status}${latency}`;
}

function detailOf(section: Section): string {
  const entries = section.items.flatMap((item) => (item.kind === "entry" ? [item.entry] : []));
  return entries.find(({ key }) => key === "method")?.value ?? "";
}

async function textOf(uri: vscode.Uri): Promise<string> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open !== undefined) return open.getText();
  try {
    const { size } = await vscode.workspace.fs.stat(uri);
    return size > 4 * MAX_CHARACTERS ? "" : new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  } catch {
    return ""; // It has been deleted meanwhile, which its watcher tells of.
  }
}

/** What dialects take; `null` when the engine does not tell, since a file can be written without. */
async function knownDialects({ engine }: Pick<LanguageParts, "engine">): Promise<readonly DialectInfo[] | null> {
  return engine.ask("dialects/list", null).catch(() => null);
}

/** Methods that were called through the tap of a call, or through any where it goes elsewhere. */
async function seenMethods({ engine, taps }: LanguageParts, file: CallFile, place: Place): Promise<readonly string[]> {
  if (place.kind !== "value" || place.key !== "method" || !engine.isRunning) return [];
  const dialect = dialectOf(file, place.call);
  const target = [...(place.call?.entries ?? []), ...file.defaults].find(({ key }) => key === "target")?.value ?? "";
  const all = taps.list();
  const wanted = all.filter(({ config, listening }) =>
    [t("tap {0}", config.name), config.server, clientEndpoint(config.server, listening)].includes(target),
  );
  const asked = await Promise.all(
    (wanted.length > 0 ? wanted : all).slice(0, MAX_TAPS_ASKED).map(({ config }) =>
      engine.ask("call/methods", { tap: config.id, dialect }).then(
        ({ methods }) => methods,
        () => [],
      ),
    ),
  );
  return [...new Set(asked.flat())];
}

const MAX_TAPS_ASKED = 8;
