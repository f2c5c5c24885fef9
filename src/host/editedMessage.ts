import * as vscode from "vscode";
import type { Engine } from "./engine.ts";

const EDIT_SCHEME = "zmqtap-edit";

/** A message to edit, and what Send Edited Message does with it. */
export type Editable = {
  /** The tab's, with a number that tells it from others. */
  readonly title: string;
  /** As formatFrames() writes it. */
  readonly text: string;
  /** Answers with a sentence about it, besides whatever a script may want. */
  readonly send: (frames: readonly Uint8Array[], confirmed: boolean) => Promise<{ readonly summary: string }>;
};

type EditedFile = {
  bytes: Uint8Array;
  mtime: number;
  readonly send: Editable["send"];
  readonly generation: number;
};

/**
 * Messages opened for Edit and Replay or Edit and Release, as files that live in memory only: an editor that is closed leaves nothing behind,
 * and saving one asks for no place. Each knows the message it was made from.
 */
export class EditedMessages implements vscode.FileSystemProvider {
  readonly #engine: Engine;
  readonly #files = new Map<string, EditedFile>();
  readonly #changes = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.#changes.event;
  #opened = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
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
  async open({ title, text, send }: Editable): Promise<vscode.Uri> {
    // The message's number is in the name so that the tab says it; the count keeps two editors of one message apart.
    const path = `/${title} (${++this.#opened}).zmqmessage`;
    const bytes = new TextEncoder().encode(text);
    this.#files.set(path, { bytes, mtime: Date.now(), send, generation: this.#engine.generation });
    const uri = vscode.Uri.from({ scheme: EDIT_SCHEME, path });
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: false });
    return uri;
  }

  /** What an editor holds, and what is to be done with it; `undefined` where there is no such editor. */
  find(uri: vscode.Uri): { readonly send: Editable["send"]; readonly isGone: boolean } | undefined {
    const file = uri.scheme === EDIT_SCHEME ? this.#files.get(uri.path) : undefined;
    if (file === undefined) return undefined;
    return { send: file.send, isGone: file.generation !== this.#engine.generation || !this.#engine.isRunning };
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
