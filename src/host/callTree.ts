import * as vscode from "vscode";
import { durationText } from "../shared/callText.ts";
import { t } from "../shared/l10n.ts";
import type { ListedCall } from "./callLanguage.ts";
import type { Calls } from "./calls.ts";

const VIEW = "zmqTap.calls";
const PATTERN = "**/*.zmqrpc";
/** Files that are shown. */
const MAX_FILES = 200;
const REFRESH_AFTER_MS = 200;

/** A call file, or with a name one of its calls. Menus hand it to commands. */
export type CallElement = { readonly uri: vscode.Uri; readonly name?: string };

const ICONS = {
  passed: new vscode.ThemeIcon("pass-filled", new vscode.ThemeColor("testing.iconPassed")),
  failed: new vscode.ThemeIcon("error", new vscode.ThemeColor("testing.iconFailed")),
  timeout: new vscode.ThemeIcon("watch", new vscode.ThemeColor("testing.iconFailed")),
  broken: new vscode.ThemeIcon("warning", new vscode.ThemeColor("testing.iconErrored")),
  cancelled: new vscode.ThemeIcon("circle-slash"),
} as const;
const UNDER_WAY = new vscode.ThemeIcon("loading~spin");
const NOT_SENT = new vscode.ThemeIcon("call-outgoing");

/** The view Calls: the call files of the workspace and their calls. Files are looked for once the view is looked at. */
export class CallTree implements vscode.TreeDataProvider<CallElement>, vscode.Disposable {
  readonly #calls: Calls;
  readonly #changes = new vscode.EventEmitter<undefined>();
  readonly #view: vscode.TreeView<CallElement>;
  readonly #own: vscode.Disposable;
  readonly onDidChangeTreeData = this.#changes.event;
  /** Calls of each file as they were last listed. */
  readonly #listed = new Map<string, readonly ListedCall[]>();
  #watcher: vscode.FileSystemWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(calls: Calls) {
    this.#calls = calls;
    this.#view = vscode.window.createTreeView(VIEW, { treeDataProvider: this });
    this.#own = vscode.Disposable.from(
      this.#changes,
      this.#view,
      calls.onDidChange(() => this.#refreshSoon()),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (document.languageId === "zmqrpc") this.#refreshSoon();
      }),
    );
    this.#describe();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#watcher?.dispose();
    this.#own.dispose();
  }

  async getChildren(element?: CallElement): Promise<CallElement[]> {
    if (element?.name !== undefined) return [];
    if (element === undefined) {
      this.#watch();
      const found = await vscode.workspace.findFiles(PATTERN, undefined, MAX_FILES);
      return found.sort((one, other) => one.path.localeCompare(other.path)).map((uri) => ({ uri }));
    }
    const { listCalls } = await import("./callLanguage.ts");
    const calls = await listCalls(element.uri);
    this.#listed.set(element.uri.toString(), calls);
    return calls.map(({ name }) => ({ uri: element.uri, name }));
  }

  getTreeItem({ uri, name }: CallElement): vscode.TreeItem {
    return name === undefined ? fileItem(uri, this.#calls.isUnderWay(uri)) : this.#callItem(uri, name);
  }

  getParent({ uri, name }: CallElement): CallElement | undefined {
    return name === undefined ? undefined : { uri };
  }

  #callItem(uri: vscode.Uri, name: string): vscode.TreeItem {
    const item = new vscode.TreeItem(name);
    const call = this.#listed.get(uri.toString())?.find((one) => one.name === name);
    const last = this.#calls.last(uri, name);
    const latencyMs = last?.result?.outcome?.reply?.latencyMs;
    const latency = latencyMs === undefined ? [] : [durationText(latencyMs)];
    item.id = `${uri.toString()}#${name}`;
    item.description = [call?.detail ?? "", ...latency].filter((part) => part !== "").join(" · ");
    item.iconPath = last === undefined ? NOT_SENT : last.result === null ? UNDER_WAY : ICONS[last.result.status];
    item.contextValue = last?.result === null ? "call.underWay" : "call";
    item.command = { command: "zmqTap.openCall", title: t("Open"), arguments: [{ uri, name }] };
    const status = last === undefined ? t("not sent yet") : (last.result?.status ?? t("under way"));
    const problem = last?.result?.problem ?? "";
    item.tooltip = [`${name}: ${status}`, ...(last === undefined ? [] : [last.place]), problem]
      .filter(Boolean)
      .join("\n");
    item.accessibilityInformation = { label: t("Call {0}, {1}", name, status) };
    return item;
  }

  #watch(): void {
    if (this.#watcher !== undefined) return;
    this.#watcher = vscode.workspace.createFileSystemWatcher(PATTERN);
    const changed = (): void => this.#refreshSoon();
    // They end with their watcher.
    this.#watcher.onDidCreate(changed);
    this.#watcher.onDidChange(changed);
    this.#watcher.onDidDelete(changed);
  }

  #refreshSoon(): void {
    this.#describe();
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#changes.fire(undefined);
    }, REFRESH_AFTER_MS);
  }

  #describe(): void {
    this.#view.description = this.#calls.environment ?? "";
  }
}

function fileItem(uri: vscode.Uri, isUnderWay: boolean): vscode.TreeItem {
  const item = new vscode.TreeItem(uri, vscode.TreeItemCollapsibleState.Expanded);
  const folder = vscode.workspace.asRelativePath(vscode.Uri.joinPath(uri, ".."));
  item.id = uri.toString();
  item.description = folder === vscode.workspace.asRelativePath(uri) || folder.startsWith("/") ? "" : folder;
  item.iconPath = vscode.ThemeIcon.File;
  item.contextValue = isUnderWay ? "callFile.underWay" : "callFile";
  return item;
}
