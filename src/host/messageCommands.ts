import * as vscode from "vscode";
import { toTypedCall } from "../shared/callForm.ts";
import type { DialectName } from "../shared/dialects.ts";
import { toCallFrame } from "../shared/frameText.ts";
import { t } from "../shared/l10n.ts";
import {
  type CallTarget,
  COPY_FORMATS,
  type CopyFormat,
  LIVE_CAPTURE,
  type MessageDetail,
  type ReplayResult,
  type Row,
  type TapId,
} from "../shared/model.ts";
import { UserError } from "../shared/userError.ts";
import type { ViewCall, ViewCallOutcome } from "../shared/viewProtocol.ts";
import { type CommandArguments, namedCallDialect, namedDialect } from "./commandArguments.ts";
import { heldCapture } from "./captureSource.ts";
import { editableText } from "./editableText.ts";
import { newCallId } from "./sending.ts";
import type { Services } from "./services.ts";
import { heldRow, liveRowOf, tellTarget } from "./target.ts";
import { requireTrust } from "./trust.ts";

const DEFAULT_TIMEOUT_MS = 5000;

const FORMAT_LABELS: Readonly<Record<CopyFormat, string>> = {
  text: t("Text"),
  json: "JSON",
  hex: "Hex",
  base64: "Base64",
  python: "Python",
  javascript: "JavaScript",
  command: t("Command Line"),
};

export async function replayMessage(services: Services, args: CommandArguments): Promise<ReplayResult> {
  requireTrust(t("Replay Message"));
  const { link, timeoutMs, confirmed } = args;
  const result = await services.sending.replay({
    n: liveRowOf(services, args),
    ...(link === undefined ? {} : { link }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(confirmed === undefined ? {} : { confirmed }),
  });
  services.firstSteps.done("replay");
  if (args.quiet !== true) vscode.window.setStatusBarMessage(result.summary, 10_000);
  return result;
}

export async function editAndReplay(services: Services, args: CommandArguments): Promise<vscode.Uri> {
  requireTrust(t("Edit and Replay"));
  const n = liveRowOf(services, args);
  const { row } = await services.engine.ask("message/read", { capture: await heldCapture(services.live), n });
  if (row.kind !== "message")
    throw new UserError("no-message", t("Row {0} is no message that could be edited. Choose a message.", n));
  return services.editedMessages.open({
    title: t("message {0}", n),
    text: editableText([originWords(row)], await services.engine.ask("message/frames", { capture: LIVE_CAPTURE, n })),
    send: (frames, confirmed) => services.sending.replay({ n, frames, ...(confirmed ? { confirmed } : {}) }),
  });
}

function originWords({ n, tapName, from }: Row): string {
  switch (from) {
    case "client":
      return t('Message {0} of "{1}", from the client.', n, tapName);
    case "server":
      return t('Message {0} of "{1}", from the server.', n, tapName);
    case null:
      return t('Message {0} of "{1}", from the tap.', n, tapName);
  }
}

export async function copyMessageAs(services: Services, args: CommandArguments): Promise<string | undefined> {
  const { capture, n } = await heldRow(services, args);
  const format = copyFormat(args) ?? (args.quiet === true ? "text" : await askFormat());
  if (format === undefined) return undefined;
  const text = await services.engine.ask("message/copy", { capture, n, format });
  await vscode.env.clipboard.writeText(text);
  if (args.quiet !== true)
    vscode.window.setStatusBarMessage(t("Copied message {0} as {1}", n, FORMAT_LABELS[format]), 5000);
  return text;
}

export function openInInspector(services: Services, args: CommandArguments): Promise<void> {
  services.inspector.tell({ kind: "row/reveal", n: liveRowOf(services, args) });
  return Promise.resolve();
}

/** Goes to the other half of an exchange, in the view it was asked in. Answers with the row's number. */
export async function goToPartner(
  services: Services,
  args: CommandArguments,
  wanted: "reply" | "request",
): Promise<number> {
  const { target, capture, n } = await heldRow(services, args);
  const { row } = await services.engine.ask("message/read", { capture, n });
  const isReply = row.exchange === "reply";
  if (row.partner === null || isReply !== (wanted === "request")) {
    const none =
      wanted === "reply"
        ? t("Message {0} has no reply in the log.", n)
        : t("Message {0} has no request in the log.", n);
    throw new UserError("no-partner", `${none} ${whyNone(row.exchange)}`);
  }
  const notice = { kind: "row/reveal", n: row.partner } as const;
  if (target.view === undefined && args.webview === "zmqTap.inspector") services.inspector.tell(notice);
  else await tellTarget(services, target, notice);
  if (target.view !== undefined) target.view.activeRow = row.partner;
  return row.partner;
}

/** Opens the Call tab, filled from arguments or from a captured request; with `send` it sends at once instead. */
export async function newCall(services: Services, args: CommandArguments): Promise<ViewCallOutcome | undefined> {
  requireTrust(t("New Call"));
  const call =
    args.n === undefined
      ? await callFromArguments(services, args)
      : await callFromMessage(services, liveRowOf(services, args), namedDialect(args));
  if (args.send === true) {
    if (call === null)
      throw new UserError("no-target", 'No target was given. Call the command with a "target" or a "tap".');
    return services.sending.call({ ...call, call: newCallId() }, args.confirmed === true);
  }
  services.inspector.tell({ kind: "call/open", call });
  return undefined;
}

/** The same for the row that is meant, of the arguments or the one that is selected. */
export function callAgain(services: Services, args: CommandArguments): Promise<ViewCallOutcome | undefined> {
  requireTrust(t("Call Again"));
  return newCall(services, { ...args, n: liveRowOf(services, args) });
}

async function callFromArguments(
  { taps, sending }: Services,
  args: CommandArguments,
): Promise<Omit<ViewCall, "call"> | null> {
  const target =
    args.target ?? (args.tap === undefined ? undefined : { kind: "tap" as const, tap: taps.find(args.tap).config.id });
  if (target === undefined) return null;
  const { retries, security } = args;
  const dialect = namedCallDialect(args);
  const call = {
    target,
    frames: args.frames ?? [{ format: "text", text: "" }],
    timeoutMs: args.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    ...(retries === undefined ? {} : { retries }),
    ...(security === undefined ? {} : { keys: security }),
  } as const;
  if (dialect === null) return { ...call, socket: args.socket ?? "REQ" };
  const info = (await sending.form()).dialects.find(({ name }) => name === dialect);
  const { method = "", args: list = [], kwargs = {}, fields = {} } = args;
  return {
    ...call,
    socket: args.socket ?? info?.socket ?? "REQ",
    typed: toTypedCall(dialect, { method, args: list, kwargs, fields }),
  };
}

/** A captured request as a call through its tap: in its dialect where that can be written again, else its frames. */
async function callFromMessage(
  services: Services,
  n: number,
  dialect: DialectName | null,
): Promise<Omit<ViewCall, "call">> {
  const capture = await heldCapture(services.live);
  const { row, link } = await services.engine.ask("message/read", { capture, n });
  const read = await services.engine.ask("call/read", { capture, n, dialect });
  return {
    target: services.bridges.running?.targetOf(row.tap) ??
      webTarget(services, row.tap, link) ?? { kind: "tap", tap: row.tap },
    socket: read.socket,
    frames: read.frames.map(toCallFrame),
    timeoutMs: DEFAULT_TIMEOUT_MS,
    ...(read.call === null ? {} : { typed: toTypedCall(read.dialect, read.call) }),
  };
}

/** What a page's socket was connected to, of a row that came through a web bridge. */
function webTarget({ webBridges }: Services, tap: TapId, link: MessageDetail["link"]): CallTarget | undefined {
  const address = link.find(({ label }) => label === "Server")?.value.split(",")[0];
  if (address === undefined || !webBridges.ids.includes(tap)) return undefined;
  return { kind: "endpoint", endpoint: address.includes("://") ? address : `tcp://${address}` };
}

function copyFormat({ format }: CommandArguments): CopyFormat | undefined {
  const known = COPY_FORMATS.find((one) => one === format);
  if (format !== undefined && known === undefined) {
    throw new UserError(
      "bad-argument",
      `A message cannot be copied as "${format}". Call the command with a "format" of ${COPY_FORMATS.join(", ")}.`,
    );
  }
  return known;
}

function whyNone(exchange: string): string {
  switch (exchange) {
    case "pending":
      return t("It has not come yet.");
    case "abandoned":
      return t("The client asked again before it came.");
    case "lost":
      return t("The connection closed before it came.");
    case "unasked":
      return t("No request was open when it came.");
    default:
      return t("It is not part of an exchange.");
  }
}

async function askFormat(): Promise<CopyFormat | undefined> {
  const choices = COPY_FORMATS.map((format) => ({ label: FORMAT_LABELS[format], format }));
  return (await vscode.window.showQuickPick(choices, { placeHolder: t("Copy the message as") }))?.format;
}
