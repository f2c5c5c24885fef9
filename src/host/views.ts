import * as vscode from "vscode";
import type { ViewNotice } from "../shared/viewProtocol.ts";
import type { Display } from "./display.ts";
import type { Engine } from "./engine.ts";
import type { Taps } from "./taps.ts";
import type { ViewBridge } from "./viewBridge.ts";

/** The open views of the log. */
export class Views {
  readonly #bridges = new Set<ViewBridge>();

  add(bridge: ViewBridge): vscode.Disposable {
    this.#bridges.add(bridge);
    return new vscode.Disposable(() => this.#bridges.delete(bridge));
  }

  /** Tells every view that is there to hear it; one that is not asks for everything when it comes back. */
  notify(notice: ViewNotice): void {
    for (const bridge of this.#bridges) bridge.notify(notice);
  }

  /** Hands on what the engine tells, and what the host itself knows of the taps. */
  follow(engine: Engine, taps: Taps, display: Display): vscode.Disposable {
    return vscode.Disposable.from(
      engine.onDidStart(() => this.notify({ kind: "capture/reset", lost: display.lost })),
      engine.onDidNotify((notice) => {
        // Of the taps the host knows more: those that failed before the engine had them, and those that wait.
        if (notice.kind !== "tap/changed") this.notify(notice);
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.notify({ kind: "trust/granted" })),
      taps.onDidChange(() => this.notify({ kind: "tap/changed", taps: taps.list() })),
    );
  }
}
