import * as vscode from "vscode";
import type { CallOutcome } from "../shared/calls.ts";
import { isProblem, parseEndpoint } from "../shared/endpoint.ts";
import { t } from "../shared/l10n.ts";
import type { CallTarget } from "../shared/model.ts";
import { UserError } from "../shared/userError.ts";
import { type CallFile, type CallInFile, environmentNames, readCallFile } from "../shared/zmqrpc/callFile.ts";
import type { CallPlace, ReadyCall } from "../shared/zmqrpc/readCall.ts";
import { redactResult } from "../shared/zmqrpc/redact.ts";
import { resultSummary } from "../shared/zmqrpc/resultText.ts";
import { runCall, type RunResult } from "../shared/zmqrpc/runCall.ts";
import type { CommandArguments } from "./commandArguments.ts";
import { resultsUri } from "./callFiles.ts";
import { CALL_LANGUAGE, callContext, callFileOf, environmentsBeside, toRange } from "./callSource.ts";
import { pickOne } from "./quickSteps.ts";
import { newCallId } from "./sending.ts";
import type { Services } from "./services.ts";
import { requireTrust } from "./trust.ts";

const NEW_FILE = `# Calls of a service. Send them from here, or run them all: zmq-tap run calls.zmqrpc
variables
  host: 127.0.0.1

defaults
  target: tcp://{{host}}:5556
  timeout: 2s

call hello
  frame: "hello"
  expect: status ok
`;

/** Sends one call of a file. Answers with what came of it. */
export async function sendCall(services: Services, args: CommandArguments, to?: CallPlace): Promise<RunResult> {
  requireTrust(t("Send"));
  const document = await documentOf(args);
  const file = callFileOf(document);
  const name = args.name ?? callAtCursor(document, file)?.name;
  const call = file.calls.find((one) => one.name === name);
  if (call === undefined) throw noSuchCall(name);
  const [result] = await run(services, args, { document, file, calls: [call], to });
  if (result === undefined) throw new UserError("cancelled", t("The call was cancelled."));
  return result;
}

/** The same to a target that the user chooses. `undefined` when the user leaves. */
export async function sendCallTo(services: Services, args: CommandArguments): Promise<RunResult | undefined> {
  requireTrust(t("Send to…"));
  const to = args.target === undefined ? await askPlace(services, args) : placeOf(services, args.target);
  return to === undefined ? undefined : sendCall(services, args, to);
}

/** Sends all calls of a file in order. Answers with what came of them. */
export async function runCalls(services: Services, args: CommandArguments): Promise<readonly RunResult[]> {
  requireTrust(t("Run All"));
  const document = await documentOf(args);
  const file = callFileOf(document);
  if (file.calls.length === 0) throw new UserError("no-call", t("There is no call in this file. Add one."));
  const results = await run(services, args, { document, file, calls: file.calls });
  if (args.quiet !== true) vscode.window.setStatusBarMessage(resultSummary(results), 10_000);
  return results;
}

/** Cancels what is under way of a file's calls. */
export async function cancelCalls({ calls, engine }: Services, args: CommandArguments): Promise<void> {
  const uri = args.uri ?? vscode.window.activeTextEditor?.document.uri;
  if (uri === undefined) return;
  await Promise.all(calls.cancel(uri).map((call) => engine.ask("call/cancel", { call })));
}

/** Shows what the calls of a file came to, beside it. */
export async function showCallResults(_services: Services, args: CommandArguments): Promise<void> {
  const { uri } = await documentOf(args);
  await showResults(uri, true);
}

/** Shows a call in its file. */
export async function openCall(_services: Services, args: CommandArguments): Promise<void> {
  const document = await documentOf(args);
  const call = callFileOf(document).calls.find(({ name }) => name === args.name);
  await showCall(document, call);
}

/** Begins a call file with an example, in an editor that is not saved yet. */
export async function newCallFile(): Promise<vscode.Uri> {
  const document = await vscode.workspace.openTextDocument({ language: CALL_LANGUAGE, content: NEW_FILE });
  await vscode.window.showTextDocument(document);
  return document.uri;
}

/** Chooses the environment that variables are taken from. Answers with its name; `null` for none. */
export async function selectEnvironment({ calls }: Services, args: CommandArguments): Promise<string | null> {
  const chosen = args.name ?? (args.quiet === true ? null : await askEnvironment(args, calls.environment));
  if (chosen === undefined) return calls.environment;
  await calls.choose(chosen === "" ? null : chosen);
  return calls.environment;
}

type Batch = {
  readonly document: vscode.TextDocument;
  readonly file: CallFile;
  readonly calls: readonly CallInFile[];
  /** In place of where the calls go. */
  readonly to?: CallPlace | undefined;
};

/** One after the other, until the user cancels. */
async function run(services: Services, args: CommandArguments, batch: Batch): Promise<readonly RunResult[]> {
  const { calls, engine } = services;
  const { document, file } = batch;
  const { uri } = document;
  const dialects = await engine.ask("dialects/list", null);
  const context = await callContext(uri, calls.environment, dialects);
  const signal = calls.begin(uri);
  const results: RunResult[] = [];
  // What came from the environment may be secret, and is not shown but where a reply brings it.
  const secrets = new Set<string>();
  const processVariable = (variable: string): string | undefined => {
    const value = process.env[variable];
    if (value !== undefined) secrets.add(value);
    return value;
  };
  if (args.quiet !== true) await showResults(uri, false);
  for (const call of batch.calls) {
    if (signal.aborted) break;
    const { name } = call;
    const id = newCallId();
    let place = "";
    const known = { ...context, saved: calls.saved(uri), processVariable, to: batch.to };
    const send = (ready: ReadyCall): Promise<CallOutcome> => {
      place = placeText(ready);
      calls.sent(uri, id, { name, place, result: null });
      return sendReady(services, ready, id, args.confirmed === true);
    };
    const matches = (pattern: string, text: string): Promise<boolean | null> =>
      engine.ask("pattern/test", { pattern, text });
    let result: RunResult;
    try {
      result = redactResult(await runCall(file, call, known, { send, matches }), secrets);
    } catch (error) {
      calls.failed(uri, id, name);
      throw error;
    }
    calls.ended(uri, id, { name, place, result });
    results.push(result);
    if (result.problems.length > 0 && args.quiet !== true) await showCall(document, call, result.problems[0]?.range);
  }
  return results;
}

async function sendReady(
  { taps, sending }: Services,
  ready: ReadyCall,
  call: string,
  confirmed: boolean,
): Promise<CallOutcome> {
  const { body, timeoutMs, retries, keys } = ready;
  const target: CallTarget =
    ready.target.kind === "endpoint" ? ready.target : { kind: "tap", tap: taps.find(ready.target.name).config.id };
  const security = target.kind === "endpoint" ? await sending.credentials(keys) : null;
  return sending.send({ call, target, body, timeoutMs, retries, security }, confirmed);
}

function placeText({ target, body }: ReadyCall): string {
  const where = target.kind === "tap" ? t("tap {0}", target.name) : target.endpoint;
  return `${where} · ${body.kind === "dialect" ? body.dialect : t("frames from a {0}", body.socket)}`;
}

function placeOf({ taps }: Services, target: CallTarget): CallPlace {
  return target.kind === "endpoint" ? target : { kind: "tap", name: taps.find(target.tap).config.name };
}

async function askPlace({ taps }: Services, args: CommandArguments): Promise<CallPlace | undefined> {
  if (args.quiet === true)
    throw new UserError("argument-missing", 'No target was given. Call the command with {"target": …}.');
  type Choice = vscode.QuickPickItem & { readonly place: CallPlace | null };
  const document = await documentOf(args);
  const choices: Choice[] = [
    ...taps.list().map(({ config }) => ({
      label: `$(plug) ${config.name}`,
      description: t("tap in front of {0}", config.server),
      place: { kind: "tap", name: config.name } as const,
    })),
    ...endpointsOf(callFileOf(document)).map((endpoint) => ({
      label: `$(server) ${endpoint}`,
      description: t("used in this file"),
      place: { kind: "endpoint", endpoint } as const,
    })),
    { label: t("$(edit) Another Endpoint…"), place: null },
  ];
  const choice = await pickOne(choices, {
    placeHolder: args.name === undefined ? t("Send the call to") : t('Send "{0}" to', args.name),
  });
  if (choice?.place !== null) return choice?.place;
  const endpoint = await vscode.window.showInputBox({
    title: t("Send to…"),
    prompt: t("Endpoint of the server"),
    value: "tcp://127.0.0.1:",
    ignoreFocusOut: true,
    validateInput: (typed) => {
      const parsed = parseEndpoint(typed, "server");
      return isProblem(parsed) ? parsed.problem : undefined;
    },
  });
  return endpoint === undefined ? undefined : { kind: "endpoint", endpoint };
}

/** Endpoints that calls of the file go to, as they are written and without variables. */
function endpointsOf(file: CallFile): readonly string[] {
  const entries = [...file.defaults, ...file.calls.flatMap((call) => call.entries)];
  const written = entries.filter(({ key, value }) => key === "target" && /^[a-z]+:\/\/[^{]+$/.test(value));
  return [...new Set(written.map(({ value }) => value))].slice(0, 20);
}

/** `undefined` when the user leaves, an empty text for none. */
async function askEnvironment(args: CommandArguments, chosen: string | null): Promise<string | undefined> {
  const names = new Set<string>();
  const uri = args.uri ?? callEditor()?.document.uri;
  const files = uri === undefined ? await vscode.workspace.findFiles("**/*.zmqrpc", undefined, 50) : [uri];
  for (const one of files) {
    const text = new TextDecoder().decode(
      one === uri
        ? new TextEncoder().encode((await vscode.workspace.openTextDocument(one)).getText())
        : await vscode.workspace.fs.readFile(one),
    );
    const { environments } = await environmentsBeside(one);
    for (const name of environmentNames(readCallFile(text), environments)) names.add(name);
  }
  const choices = [
    ...[...names].map((name) => ({ label: name, description: name === chosen ? t("chosen") : "", name })),
    {
      label: t("$(circle-slash) No Environment"),
      description: chosen === null ? t("chosen") : "",
      name: "",
    },
  ];
  return (await vscode.window.showQuickPick(choices, { placeHolder: t("Take variables from which environment?") }))
    ?.name;
}

async function showResults(file: vscode.Uri, takesFocus: boolean): Promise<void> {
  const uri = resultsUri(file);
  const isVisible = vscode.window.visibleTextEditors.some(({ document }) => document.uri.toString() === uri.toString());
  if (isVisible && !takesFocus) return;
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document, {
    viewColumn: vscode.ViewColumn.Beside,
    preserveFocus: !takesFocus,
    preview: true,
  });
}

async function showCall(
  document: vscode.TextDocument,
  call: CallInFile | undefined,
  at?: { readonly from: number; readonly to: number },
): Promise<void> {
  const place = at ?? call?.nameRange;
  const visible = vscode.window.visibleTextEditors.find((editor) => editor.document === document);
  await vscode.window.showTextDocument(document, {
    ...(visible?.viewColumn === undefined ? {} : { viewColumn: visible.viewColumn }),
    ...(place === undefined ? {} : { selection: toRange(document, place) }),
  });
}

/** The call file that was given, else the one that is edited. */
async function documentOf(args: CommandArguments): Promise<vscode.TextDocument> {
  if (args.uri !== undefined) return vscode.workspace.openTextDocument(args.uri);
  const editor = callEditor();
  if (editor !== undefined) return editor.document;
  throw new UserError("no-call-file", t("No call file is open. Open one, or make one with New Call File."));
}

function callEditor(): vscode.TextEditor | undefined {
  const { activeTextEditor } = vscode.window;
  return activeTextEditor?.document.languageId === CALL_LANGUAGE ? activeTextEditor : undefined;
}

function callAtCursor(document: vscode.TextDocument, file: CallFile): CallInFile | undefined {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document !== document) return undefined;
  const offset = document.offsetAt(editor.selection.active);
  return file.calls.find(({ range }) => range.from <= offset && offset <= range.to);
}

function noSuchCall(name: string | undefined): UserError {
  return name === undefined
    ? new UserError("no-call", t("The cursor is in no call. Put it into the call that is to be sent."))
    : new UserError("no-such-call", t('There is no call "{0}" in this file. Its name may have changed.', name));
}
