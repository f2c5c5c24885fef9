import * as vscode from "vscode";

/** What the view Taps shows of web bridges. Their own code is loaded with the first command that is about one. */
export class WebBridgeList<Bridges extends vscode.Disposable> implements vscode.Disposable {
  readonly #items = new Map<string, vscode.TreeItem>();
  readonly #changes = new vscode.EventEmitter<undefined>();
  readonly onDidChange = this.#changes.event;
  #bridges: Bridges | undefined;
  #shownCount = 0;

  /** The bridges, made when they are first asked for. */
  bridges(make: () => Bridges): Bridges {
    return (this.#bridges ??= make());
  }

  dispose(): void {
    this.#bridges?.dispose();
    this.#changes.dispose();
  }

  get ids(): readonly string[] {
    return [...this.#items.keys()];
  }

  item(id: string): vscode.TreeItem {
    return this.#items.get(id) ?? new vscode.TreeItem("removed");
  }

  /** The palette offers what is about web bridges only where there is one. */
  #setCount(): void {
    const count = this.#items.size;
    if (count === this.#shownCount) return;
    this.#shownCount = count;
    void vscode.commands.executeCommand("setContext", "zmqTap.webBridgeCount", count);
  }

  /** Shows an item, in place of the one it had; `null` for none any more. */
  show(id: string, item: vscode.TreeItem | null): void {
    if (item === null) this.#items.delete(id);
    else this.#items.set(id, item);
    this.#setCount();
    this.#changes.fire(undefined);
  }
}
