import * as vscode from "vscode";
import { t } from "../shared/l10n.ts";
import { UserError } from "../shared/userError.ts";
import { type CaptureSource, heldCapture } from "./captureSource.ts";
import type { Engine } from "./engine.ts";

const COMPARE_SCHEME = "zmqtap-compare";

/** A message of a capture, to be found again later. */
export type ComparedMessage = { readonly source: CaptureSource; readonly n: number; readonly generation: number };

/** A text to compare, and what it is. */
type ComparedText = { readonly name: string; readonly text: string };

/** Compares two messages in VS Code's diff editor, of one capture or of two. Their texts are kept while that is open. */
export class Comparison implements vscode.TextDocumentContentProvider {
  readonly #engine: Engine;
  readonly #texts = new Map<string, string>();
  /** The message that the next one is compared with. */
  selected: ComparedMessage | undefined;
  #opened = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  register(): vscode.Disposable {
    return vscode.Disposable.from(
      vscode.workspace.registerTextDocumentContentProvider(COMPARE_SCHEME, this),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        if (uri.scheme === COMPARE_SCHEME) this.#texts.delete(uri.toString());
      }),
    );
  }

  message(source: CaptureSource, n: number): ComparedMessage {
    return { source, n, generation: this.#engine.generation };
  }

  /** Shows two messages side by side, decoded and with their keys in order. Rejects when one is gone. */
  async compare(left: ComparedMessage, right: ComparedMessage): Promise<readonly [vscode.Uri, vscode.Uri]> {
    const texts = [await this.#read(left), await this.#read(right)] as const;
    return this.compareTexts({ name: nameOf(left), text: texts[0] }, { name: nameOf(right), text: texts[1] });
  }

  /** Shows two texts side by side under their names. */
  async compareTexts(left: ComparedText, right: ComparedText): Promise<readonly [vscode.Uri, vscode.Uri]> {
    const opened = ++this.#opened;
    const uris = [this.#keep(left, opened, "left"), this.#keep(right, opened, "right")] as const;
    const title = `${left.name} ↔ ${right.name}`;
    await vscode.commands.executeCommand("vscode.diff", ...uris, title, { preview: false });
    return uris;
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return (
      this.#texts.get(uri.toString()) ?? t("This comparison is from before the window was reloaded. Compare again.")
    );
  }

  async #read({ source, n, generation }: ComparedMessage): Promise<string> {
    // Numbers of a live log mean nothing to the next engine; a file is read again as it was.
    if (source.file === null && generation !== this.#engine.generation) throw messageGone(n);
    const capture = await heldCapture(source);
    return this.#engine.ask("message/normalised", { capture, n });
  }

  #keep({ name, text }: ComparedText, opened: number, side: string): vscode.Uri {
    const path = `/${name}.txt`;
    const uri = vscode.Uri.from({ scheme: COMPARE_SCHEME, path, query: `${opened}-${side}` });
    this.#texts.set(uri.toString(), text);
    return uri;
  }
}

function nameOf({ source, n }: ComparedMessage): string {
  return source.file === null ? t("message {0}", n) : t("message {0} of {1}", n, source.file);
}

function messageGone(n: number): UserError {
  return new UserError(
    "message-gone",
    t("Message {0} is gone with the engine that held it. Choose Select for Compare on another message.", n),
  );
}
