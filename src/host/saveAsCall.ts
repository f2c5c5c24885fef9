import * as vscode from "vscode";
import type { CallBody } from "../shared/calls.ts";
import { isOwnDialect } from "../shared/dialects.ts";
import { encodeCallFrame } from "../shared/frameText.ts";
import { t } from "../shared/l10n.ts";
import type { TapId } from "../shared/model.ts";
import { UserError } from "../shared/userError.ts";
import type { CallPlace } from "../shared/zmqrpc/readCall.ts";
import { type CallToWrite, freeCallName, isJsonValue, writeCall } from "../shared/zmqrpc/writeCall.ts";
import { askText } from "./asking.ts";
import { DEFAULT_TIMEOUT_MS } from "../shared/zmqrpc/readCall.ts";
import { callFileOf, toRange } from "./callSource.ts";
import { type CommandArguments, namedDialect } from "./commandArguments.ts";
import { packValue } from "./engine.ts";
import type { Services } from "./services.ts";
import { heldRow } from "./target.ts";
import { requireTrust } from "./trust.ts";

const MAX_FILES = 200;

export type SavedAs = { readonly uri: vscode.Uri; readonly name: string };

/**
 * Writes a captured request, or a call that was given as the Call tab has it, into a call file: the one of the arguments,
 * else the one the user chooses. `undefined` when the user leaves.
 */
export async function saveAsCall(services: Services, args: CommandArguments): Promise<SavedAs | undefined> {
  requireTrust(t("Save as Call"));
  const isGiven = args.target !== undefined && (namedDialect(args) !== null || args.frames !== undefined);
  const call = isGiven ? await fromArguments(services, args) : await fromMessage(services, args);
  const name =
    args.name ??
    (await askText(args, "name", {
      title: t("Save as Call"),
      prompt: t("Name of the call"),
      value: call.name,
    }));
  if (name === undefined) return undefined;
  const uri = args.uri ?? (await askFile(args));
  return uri === undefined ? undefined : append(uri, { ...call, name }, args.quiet === true);
}

/** A request of the log, or the request of a reply: in its dialect where a file can hold it, else its frames. */
async function fromMessage(services: Services, args: CommandArguments): Promise<CallToWrite> {
  const { capture, n } = await heldRow(services, args);
  const { row } = await services.engine.ask("message/read", { capture, n });
  const isReply = row.exchange === "reply" && row.partner !== null;
  const reading = await services.engine.ask("call/read", {
    capture,
    n: isReply ? row.partner : n,
    dialect: namedDialect(args),
  });
  const { call, dialect, socket, frames } = reading;
  const isWhole = call !== null && [call.args, call.kwargs, call.fields].every((part) => isJsonValue(part));
  const infos = isWhole ? await services.engine.ask("dialects/list", null) : [];
  const usual = infos.find(({ name }) => name === dialect)?.socket;
  const body: CallBody =
    isWhole && dialect !== "raw" && !isOwnDialect(dialect)
      ? { kind: "dialect", dialect, call, ...(socket === usual ? {} : { socket }) }
      : { kind: "frames", socket, frames };
  const name = call === null || call.method === "" ? `${row.tapName} ${row.n}` : call.method;
  return { name, target: { kind: "tap", name: row.tapName }, body, timeoutMs: null, retries: 0, keys: {} };
}

async function fromArguments(services: Services, args: CommandArguments): Promise<CallToWrite> {
  const dialect = namedDialect(args);
  const { target, socket, method = "", args: list = [], kwargs = {}, timeoutMs = null, retries = 0 } = args;
  if (target === undefined) throw new UserError("no-target", 'No target was given. Call the command with a "target".');
  const { serverKey, clientPair, plain } = args.security ?? {};
  const keys = {
    ...(serverKey === undefined ? {} : { serverKey }),
    ...(clientPair === undefined ? {} : { clientPair }),
    ...(plain === undefined ? {} : { plain }),
  };
  const rest = {
    target: placeOf(services, target),
    timeoutMs: timeoutMs === DEFAULT_TIMEOUT_MS ? null : timeoutMs,
    retries,
    keys,
  };
  if (dialect === null || dialect === "raw") {
    const frames = await Promise.all((args.frames ?? []).map(encode));
    if (frames.length > 0)
      return { ...rest, name: "unnamed", body: { kind: "frames", socket: socket ?? "REQ", frames } };
  }
  if (dialect === null) throw new UserError("no-frames", t("There is nothing to save: the call has no frames."));
  const infos = await services.engine.ask("dialects/list", null);
  const info = infos.find(({ name }) => name === dialect);
  // Others read the file, so what is secret is taken from the environment when the call is sent.
  const secrets = (info?.fields ?? []).filter(({ kind }) => kind === "secret").map(({ name }) => name);
  const fields = Object.fromEntries(Object.entries(args.fields ?? {}).filter(([name]) => !secrets.includes(name)));
  const call = { method, args: list, kwargs, fields };
  const isOther = socket !== undefined && socket !== info?.socket;
  return { ...rest, name: method, body: { kind: "dialect", dialect, call, ...(isOther ? { socket } : {}) } };
}

function placeOf(
  { taps }: Services,
  target: { kind: "tap"; tap: TapId } | { kind: "endpoint"; endpoint: string },
): CallPlace {
  return target.kind === "endpoint" ? target : { kind: "tap", name: taps.find(target.tap).config.name };
}

async function encode(frame: Parameters<typeof encodeCallFrame>[0]): Promise<Uint8Array> {
  const encoded = encodeCallFrame(frame);
  if (encoded.kind === "problem") throw new UserError("bad-frame", t("The call cannot be saved: {0}", encoded.problem));
  return encoded.kind === "bytes" ? encoded.bytes : packValue(encoded.value);
}

/** A call file of the workspace, or a new one. */
async function askFile(args: CommandArguments): Promise<vscode.Uri | undefined> {
  if (args.quiet === true)
    throw new UserError("argument-missing", 'No file was given. Call the command with {"uri": …}.');
  const files = await vscode.workspace.findFiles("**/*.zmqrpc", undefined, MAX_FILES);
  const choices = [
    ...files.map((uri) => ({ label: `$(file) ${vscode.workspace.asRelativePath(uri)}`, uri })),
    { label: t("$(new-file) New Call File…"), uri: null },
  ];
  const choice =
    files.length === 0
      ? choices.at(-1)
      : await vscode.window.showQuickPick(choices, { placeHolder: t("Save the call in") });
  if (choice?.uri !== null) return choice?.uri;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  return vscode.window.showSaveDialog({
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, "calls.zmqrpc") }),
    filters: { "ZMQ Tap Calls": ["zmqrpc"] },
    saveLabel: t("Save Call"),
  });
}

/** Adds the call at the end of a file, which is made where there is none, under a name that is new there; and saves it. */
async function append(uri: vscode.Uri, call: CallToWrite, isQuiet: boolean): Promise<SavedAs> {
  if (!(await exists(uri))) await vscode.workspace.fs.writeFile(uri, new Uint8Array());
  const document = await vscode.workspace.openTextDocument(uri);
  const text = document.getText();
  const name = freeCallName(
    call.name,
    callFileOf(document).calls.map((one) => one.name),
  );
  const gap = text.trim() === "" ? "" : text.endsWith("\n") ? "\n" : "\n\n";
  const edit = new vscode.WorkspaceEdit();
  edit.insert(uri, document.positionAt(text.length), gap + writeCall({ ...call, name }));
  if (!(await vscode.workspace.applyEdit(edit)) || !(await document.save())) {
    throw new UserError(
      "not-saved",
      t("The call cannot be saved in {0}. Is the file read-only?", vscode.workspace.asRelativePath(uri)),
    );
  }
  if (!isQuiet) {
    const saved = callFileOf(document).calls.find((one) => one.name === name);
    await vscode.window.showTextDocument(
      document,
      saved === undefined ? {} : { selection: toRange(document, saved.nameRange) },
    );
  }
  return { uri, name };
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch (error) {
    if (error instanceof vscode.FileSystemError) return false;
    throw error;
  }
}
