import type * as vscode from "vscode";

/** A part of the window that is made once it is needed, by code that is loaded later, and ends with the window. */
export class LaterPart<T extends vscode.Disposable> implements vscode.Disposable {
  current: T | undefined;

  get(make: () => T): T {
    return (this.current ??= make());
  }

  dispose(): void {
    this.current?.dispose();
  }
}
