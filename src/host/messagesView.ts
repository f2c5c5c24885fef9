import * as vscode from "vscode";
import type { ViewNotice } from "../shared/viewProtocol.ts";
import { ViewBridge, type ViewServices } from "./viewBridge.ts";
import { viewOptions, viewPage } from "./viewPage.ts";

const MESSAGES_VIEW = "zmqTap.messages";

/** The message log of the side bar. */
export class MessagesView implements vscode.WebviewViewProvider {
  readonly #extension: vscode.Uri;
  readonly #services: ViewServices;
  #bridge: ViewBridge | undefined;

  constructor(extension: vscode.Uri, services: ViewServices) {
    this.#extension = extension;
    this.#services = services;
  }

  register(): vscode.Disposable {
    return vscode.window.registerWebviewViewProvider(MESSAGES_VIEW, this);
  }

  /** Shows the log and does there what the notice says. */
  async tell(notice: ViewNotice): Promise<void> {
    await reveal();
    this.#bridge?.notifyWhenStarted(notice);
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const shown = { surface: "messages", source: this.#services.live, reveal } as const;
    const bridge = new ViewBridge(view.webview, shown, this.#services);
    this.#bridge = bridge;
    const visibility = view.onDidChangeVisibility(() => {
      if (!view.visible) bridge.pageEnded();
    });
    view.onDidDispose(() => {
      if (this.#bridge === bridge) this.#bridge = undefined;
      vscode.Disposable.from(visibility, bridge).dispose();
    });
    view.webview.options = viewOptions(this.#extension);
    view.webview.html = viewPage(view.webview, this.#extension, "messages", bridge.id);
  }
}

async function reveal(): Promise<void> {
  await vscode.commands.executeCommand(`${MESSAGES_VIEW}.focus`);
}
