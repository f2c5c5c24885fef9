import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import { t } from "../shared/l10n.ts";
import type { CaptureStats, RecoverableCapture } from "../shared/model.ts";
import { formatBytes } from "../shared/tapText.ts";
import { UserError } from "../shared/userError.ts";
import { OpenedFile } from "./openedFile.ts";
import { fillPanel } from "./panelPage.ts";
import type { ViewBridge, ViewServices } from "./viewBridge.ts";
import { viewOptions } from "./viewPage.ts";

const CAPTURE_FILE = "zmqTap.captureFile";
/** The same for classic pcap files, which other extensions may want to open, too. */
const CAPTURE_FILE_PCAP = "zmqTap.captureFilePcap";
const RECOVERED = "zmqTap.recovered";
/** Of a file that the engine cannot read itself, since it lies in no file system of this machine. */
const MAX_COPIED_BYTES = 256 * 1024 * 1024;
const ONLY_USER = 0o600;

/** A view of an opened capture, for scripts: `view` names it in the arguments of commands. */
export type OpenedView = { readonly view: number; readonly stats: CaptureStats };

type FileView = { readonly file: OpenedFile; readonly bridge: ViewBridge };

type CaptureDocument = vscode.CustomDocument & { readonly file: OpenedFile };

/** The editors of capture files: the inspector's page, read-only, several at once. */
export class CaptureFiles implements vscode.CustomReadonlyEditorProvider<CaptureDocument> {
  readonly #extension: vscode.Uri;
  readonly #services: ViewServices;
  readonly #open = new Map<string, FileView>();
  #recovered: (FileView & { readonly panel: vscode.WebviewPanel }) | undefined;

  constructor(extension: vscode.Uri, services: ViewServices) {
    this.#extension = extension;
    this.#services = services;
  }

  register(): vscode.Disposable {
    return vscode.Disposable.from(
      vscode.window.registerCustomEditorProvider(CAPTURE_FILE, this),
      vscode.window.registerCustomEditorProvider(CAPTURE_FILE_PCAP, this),
    );
  }

  openCustomDocument(uri: vscode.Uri): CaptureDocument {
    const { engine } = this.#services;
    const name = uri.path.split("/").at(-1) ?? uri.path;
    const copy = new LocalCopy(uri);
    const file = new OpenedFile(engine, { name, kind: "file", path: () => copy.path() });
    return { uri, file, dispose: () => void vscode.Disposable.from(file, copy).dispose() };
  }

  resolveCustomEditor({ uri, file }: CaptureDocument, panel: vscode.WebviewPanel): void {
    const bridge = this.#fill(panel, file);
    const key = uri.toString();
    const view = { file, bridge };
    this.#open.set(key, view);
    panel.onDidDispose(() => {
      if (this.#open.get(key) === view) this.#open.delete(key);
    });
  }

  /** Opens a file in an editor and waits until its rows can be read. Rejects when it cannot be read. */
  async open(uri: vscode.Uri): Promise<OpenedView> {
    const viewType = /\.pcap$/i.test(uri.path) ? CAPTURE_FILE_PCAP : CAPTURE_FILE;
    await vscode.commands.executeCommand("vscode.openWith", uri, viewType);
    const view = this.#open.get(uri.toString());
    if (view === undefined) throw cannotOpen(uri);
    return opened(view);
  }

  /** Shows what a killed engine has left, in one panel. */
  async recover({ path }: RecoverableCapture): Promise<OpenedView> {
    if (this.#recovered === undefined) {
      const title = t("Recovered Capture");
      const panel = vscode.window.createWebviewPanel(RECOVERED, title, vscode.ViewColumn.Active, {
        ...viewOptions(this.#extension),
        enableFindWidget: false,
      });
      const file = new OpenedFile(this.#services.engine, {
        name: title,
        kind: "segments",
        path: () => Promise.resolve(path),
      });
      const recovered = { panel, file, bridge: this.#fill(panel, file) };
      this.#recovered = recovered;
      panel.onDidDispose(() => {
        file.dispose();
        if (this.#recovered === recovered) this.#recovered = undefined;
      });
    } else this.#recovered.panel.reveal();
    return opened(this.#recovered);
  }

  /** Closes the panel of a recovered capture, before that is deleted. */
  closeRecovered(): void {
    this.#recovered?.panel.dispose();
  }

  /** Files that are open in editors. */
  get files(): readonly OpenedFile[] {
    return [...this.#open.values()].map(({ file }) => file);
  }

  /** The view of a file that is open in an editor. */
  viewOf(uri: vscode.Uri): number | undefined {
    return this.#open.get(uri.toString())?.bridge.id;
  }

  #fill(panel: vscode.WebviewPanel, file: OpenedFile): ViewBridge {
    const bridge = fillPanel(panel, this.#extension, file, this.#services);
    const own = vscode.Disposable.from(
      file.onDidReset((problem) => bridge.notify({ kind: "capture/reset", lost: problem })),
      file.onDidOpen((stats) => bridge.notify({ kind: "capture/grew", stats })),
    );
    panel.onDidDispose(() => void own.dispose());
    return bridge;
  }
}

async function opened({ file, bridge }: FileView): Promise<OpenedView> {
  return { view: bridge.id, stats: await file.firstRows() };
}

/** Where the engine finds a file: its own path, or a copy of what lies in no file system of this machine. */
class LocalCopy implements vscode.Disposable {
  readonly #uri: vscode.Uri;
  #folder: string | undefined;
  #path: string | undefined;

  constructor(uri: vscode.Uri) {
    this.#uri = uri;
  }

  async path(): Promise<string> {
    if (this.#uri.scheme === "file") return this.#uri.fsPath;
    if (this.#path !== undefined) return this.#path;
    const { size } = await stat(this.#uri);
    if (size > MAX_COPIED_BYTES) throw tooLarge(this.#uri, size);
    const bytes = await vscode.workspace.fs.readFile(this.#uri);
    // Not every file system knows a size before it has read the file.
    if (bytes.length > MAX_COPIED_BYTES) throw tooLarge(this.#uri, bytes.length);
    this.#folder = await mkdtemp(join(tmpdir(), "zmq-tap-"));
    const path = join(this.#folder, "capture");
    await writeFile(path, bytes, { mode: ONLY_USER });
    this.#path = path;
    return path;
  }

  dispose(): void {
    // What cannot be deleted is left to the system, which empties its folder for such files.
    if (this.#folder !== undefined) rm(this.#folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function stat(uri: vscode.Uri): Promise<vscode.FileStat> {
  try {
    return await vscode.workspace.fs.stat(uri);
  } catch (error) {
    throw cannotOpen(uri, error);
  }
}

function cannotOpen(uri: vscode.Uri, cause?: unknown): UserError {
  return new UserError(
    "cannot-open-capture",
    t("{0} cannot be opened. Choose a capture file (.pcapng or .pcap) that is there.", uri.toString(true)),
    { cause },
  );
}

function tooLarge(uri: vscode.Uri, size: number): UserError {
  return new UserError(
    "capture-too-large",
    t(
      "{0} has {1}, and a file that lies in no file system of this machine is read up to {2}. Copy it to a disk of this machine and open it there.",
      uri.toString(true),
      formatBytes(size),
      formatBytes(MAX_COPIED_BYTES),
    ),
  );
}
