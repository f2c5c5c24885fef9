import * as vscode from "vscode";
import { LIVE, useTool } from "../shared/assistant/assistant.ts";
import { confirmationOf } from "../shared/assistant/confirmation.ts";
import { Redactor } from "../shared/assistant/redactor.ts";
import type { AssistantCapture, AssistantSource, CallQuestion } from "../shared/assistant/source.ts";
import { readToolInput } from "../shared/assistant/toolInput.ts";
import { type AssistantToolName, isToolName, TOOLS } from "../shared/assistant/tools.ts";
import type { CallOutcome, CallRequest } from "../shared/calls.ts";
import { t } from "../shared/l10n.ts";
import { toRefusal, UserError } from "../shared/userError.ts";
import type { CaptureFiles } from "./captureFiles.ts";
import type { CaptureSource } from "./captureSource.ts";
import type { Engine } from "./engine.ts";
import type { Sending } from "./sending.ts";
import { requireTrust } from "./trust.ts";

/** What the tools for assistants work with. */
export type AssistantParts = {
  readonly engine: Engine;
  readonly live: CaptureSource;
  readonly captureFiles: CaptureFiles;
  readonly sending: Sending;
  readonly log: vscode.LogOutputChannel;
};

const CALL = t("Call");

/** What VS Code shows while a tool runs, and asks before. Rejects with what is wrong with the input. */
export function prepareTool(name: string, given: unknown): vscode.PreparedToolInvocation {
  const tool = toolNamed(name);
  const { progress, title, message } = confirmationOf(tool, readToolInput(TOOLS[tool].inputSchema, given), redactor());
  return {
    invocationMessage: plainText(progress),
    confirmationMessages: { title, message: plainText(message) },
  };
}

/** Runs a tool. Rejects with a sentence for the assistant; what is a bug is logged, too. */
export async function invokeTool(
  parts: AssistantParts,
  name: string,
  given: unknown,
  token: vscode.CancellationToken,
): Promise<vscode.LanguageModelToolResult> {
  try {
    const text = await useTool(new EditorSource(parts, token), toolNamed(name), given);
    return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(text)]);
  } catch (error) {
    if (!(error instanceof UserError)) parts.log.error(`The tool ${name} failed in a way it should not.`, error);
    throw new Error(toRefusal(error).message, { cause: error });
  }
}

/** The editor's captures, and calls that the user agreed to. */
class EditorSource implements AssistantSource {
  readonly redactor = redactor();
  readonly #parts: AssistantParts;
  readonly #token: vscode.CancellationToken;

  constructor(parts: AssistantParts, token: vscode.CancellationToken) {
    this.#parts = parts;
    this.#token = token;
  }

  readonly ask: AssistantSource["ask"] = (name, body) => this.#parts.engine.ask(name, body);

  listen(told: Parameters<AssistantSource["listen"]>[0]): () => void {
    const own = this.#parts.engine.onDidNotify(told);
    return () => void own.dispose();
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  async captures(): Promise<readonly AssistantCapture[]> {
    const { live, captureFiles } = this.#parts;
    const own = await live.open();
    const files = captureFiles.files.flatMap(({ file, current }) =>
      current === null ? [] : [{ name: file, capture: current }],
    );
    return [...(own === null ? [] : [{ name: LIVE, capture: own }]), ...files];
  }

  checkSending(): void {
    requireTrust(t("A call of an assistant"));
  }

  /** Asks by a dialog of ZMQ Tap's own: users can tell VS Code to agree to its question from then on. */
  async send(request: Omit<CallRequest, "call">, { title, detail }: CallQuestion): Promise<CallOutcome> {
    const { engine, sending } = this.#parts;
    const choice = await vscode.window.showWarningMessage(title, { modal: true, detail }, CALL);
    if (choice !== CALL)
      throw new UserError("not-confirmed", t("The user did not agree to the call. Nothing was sent."));
    const call = crypto.randomUUID();
    const cancelling = this.#token.onCancellationRequested(() => {
      engine.ask("call/cancel", { call }).catch(() => undefined); // The call itself tells what became of it.
    });
    try {
      return await sending.send({ ...request, call });
    } finally {
      cancelling.dispose();
    }
  }
}

/** As the settings say now. What is no list of texts hides nothing more. */
function redactor(): Redactor {
  const settings = vscode.workspace.getConfiguration("zmqTap");
  const names: unknown = settings.get("redaction.names");
  const own = Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
  return new Redactor(settings.get("assistant.redact") !== false, own);
}

function toolNamed(name: string): AssistantToolName {
  if (isToolName(name)) return name;
  throw new Error(`No tool has the name ${name}.`);
}

/** Not markup, whatever an assistant wrote into it. */
function plainText(text: string): vscode.MarkdownString {
  return new vscode.MarkdownString().appendText(text);
}
