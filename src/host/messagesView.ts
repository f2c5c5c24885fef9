import * as vscode from "vscode";
import type { ViewNotice } from "../shared/viewProtocol.ts";
import { ViewBridge, type ViewServices } from "./viewBridge.ts";
import { viewOptions, viewPage } from "./viewPage.ts";
import type { Views } from "./views.ts";

const MESSAGES_VIEW = "zmqTap.messages";

/** The message log of the side bar. */
export class MessagesView implements vscode.WebviewViewProvider {
  readonly #extension: vscode.Uri;
  readonly #services: ViewServices;
  readonly #views: Views;
  #bridge: ViewBridge | undefined;

  constructor(extension: vscode.Uri, services: ViewServices, views: Views) {
    this.#extension = extension;
    this.#services = services;
    this.#views = views;
  }

  register(): vscode.Disposable {
    return vscode.window.registerWebviewViewProvider(MESSAGES_VIEW, this);
  }

  /** Shows the log and does there what the notice says. */
  async tell(notice: ViewNotice): Promise<void> {
    await vscode.commands.executeCommand(`${MESSAGES_VIEW}.focus`);
    this.#bridge?.notifyWhenStarted(notice);
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const bridge = new ViewBridge(view.webview, "messages", this.#services);
    const listed = this.#views.add(bridge);
    this.#bridge = bridge;
    const visibility = view.onDidChangeVisibility(() => {
      if (!view.visible) bridge.pageEnded();
    });
    view.onDidDispose(() => {
      if (this.#bridge === bridge) this.#bridge = undefined;
      vscode.Disposable.from(visibility, listed, bridge).dispose();
    });
    view.webview.options = viewOptions(this.#extension);
    view.webview.html = viewPage(view.webview, this.#extension, "messages");
  }
}
