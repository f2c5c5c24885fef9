import * as vscode from "vscode";
import type { ReplayResult, Row } from "../shared/model.ts";
import { UserError } from "../shared/userError.ts";
import type { Engine } from "./engine.ts";
import type { Sending } from "./sending.ts";

const EDIT_SCHEME = "zmqtap-edit";

type EditedFile = { bytes: Uint8Array; mtime: number; readonly n: number; readonly generation: number };

/**
 * Messages opened for Edit and Replay, as files that live in memory only: an editor that is closed leaves nothing behind,
 * and saving one asks for no place. Each knows the message it was made from.
 */
export class EditedMessages implements vscode.FileSystemProvider {
  readonly #engine: Engine;
  readonly #sending: Sending;
  readonly #files = new Map<string, EditedFile>();
  readonly #changes = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.#changes.event;
  #opened = 0;

  constructor(engine: Engine, sending: Sending) {
    this.#engine = engine;
    this.#sending = sending;
  }

  register(): vscode.Disposable {
    return vscode.Disposable.from(
      this.#changes,
      vscode.workspace.registerFileSystemProvider(EDIT_SCHEME, this, { isCaseSensitive: true }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        if (uri.scheme === EDIT_SCHEME) this.#files.delete(uri.path);
      }),
    );
  }

  /** Opens a message's frames in an editor. */
  async open(row: Row, frames: readonly Uint8Array[]): Promise<vscode.Uri> {
    const heading = [
      `Message ${row.n} of "${row.tapName}", from the ${row.from ?? "tap"}.`,
      "Change the frames, then choose Send Edited Message above.",
      'Each frame starts with a line such as "--- frame 1: text".',
      "In place of text: json (checked before it is sent), hex or base64.",
    ];
    // The message's number is in the name so that the tab says it; the count keeps two editors of one message apart.
    const path = `/message ${row.n} (${++this.#opened}).zmqmessage`;
    const { formatFrames } = await import("./onDemand.ts");
    const bytes = new TextEncoder().encode(formatFrames(heading, frames));
    this.#files.set(path, { bytes, mtime: Date.now(), n: row.n, generation: this.#engine.generation });
    const uri = vscode.Uri.from({ scheme: EDIT_SCHEME, path });
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: false });
    return uri;
  }

  /** Replays what the editor holds, saved or not. Bad text is a UserError, and its line is shown. */
  async send(uri: vscode.Uri | undefined, confirmed: boolean): Promise<ReplayResult> {
    const wanted = uri ?? vscode.window.activeTextEditor?.document.uri;
    const file = wanted?.scheme === EDIT_SCHEME ? this.#files.get(wanted.path) : undefined;
    if (wanted === undefined || file === undefined) {
      throw new UserError(
        "no-edited-message",
        "No edited message is open. Choose Edit and Replay… on a message of the log first.",
      );
    }
    if (file.generation !== this.#engine.generation || !this.#engine.isRunning) {
      throw new UserError(
        "message-gone",
        "The message that this editor was opened from is gone with the engine that held it. Open another one with Edit and Replay….",
      );
    }
    const document = await vscode.workspace.openTextDocument(wanted);
    const { parseFrames } = await import("./onDemand.ts");
    const parsed = parseFrames(document.getText());
    if (parsed.kind === "problem") {
      await showLine(document, parsed.line - 1);
      throw new UserError("bad-frame-text", `Line ${parsed.line} cannot be sent: ${parsed.problem}`);
    }
    return this.#sending.replay({ n: file.n, frames: parsed.frames, ...(confirmed ? { confirmed } : {}) });
  }

  stat(uri: vscode.Uri): vscode.FileStat {
    const { bytes, mtime } = this.#file(uri);
    return { type: vscode.FileType.File, ctime: mtime, mtime, size: bytes.length };
  }

  readFile(uri: vscode.Uri): Uint8Array {
    return this.#file(uri).bytes;
  }

  writeFile(uri: vscode.Uri, content: Uint8Array): void {
    const file = this.#file(uri);
    file.bytes = content;
    file.mtime = Date.now();
    this.#changes.fire([{ type: vscode.FileChangeType.Changed, uri }]);
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  readDirectory(): [string, vscode.FileType][] {
    return [];
  }

  createDirectory(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  #file(uri: vscode.Uri): EditedFile {
    const file = this.#files.get(uri.path);
    if (file === undefined) throw vscode.FileSystemError.FileNotFound(uri);
    return file;
  }
}

async function showLine(document: vscode.TextDocument, line: number): Promise<void> {
  const editor = await vscode.window.showTextDocument(document);
  const range = document.lineAt(Math.min(line, document.lineCount - 1)).range;
  editor.selection = new vscode.Selection(range.start, range.end);
  editor.revealRange(range);
}
