import * as vscode from "vscode";
import type { ViewNotice } from "../shared/viewProtocol.ts";
import { fillPanel } from "./panelPage.ts";
import type { ViewBridge, ViewServices } from "./viewBridge.ts";
import { viewOptions } from "./viewPage.ts";
import { t } from "../shared/l10n.ts";

const INSPECTOR_PANEL = "zmqTap.inspector";

type OpenPanel = { readonly panel: vscode.WebviewPanel; readonly bridge: ViewBridge };

/** The inspector: one panel at most, brought back by VS Code after a reload with the state its page has kept. */
export class InspectorPanel implements vscode.WebviewPanelSerializer, vscode.Disposable {
  readonly #extension: vscode.Uri;
  readonly #services: ViewServices;
  #open: OpenPanel | undefined;

  constructor(extension: vscode.Uri, services: ViewServices) {
    this.#extension = extension;
    this.#services = services;
  }

  register(): vscode.Disposable {
    return vscode.window.registerWebviewPanelSerializer(INSPECTOR_PANEL, this);
  }

  /** Opens the panel, or shows the one there is. */
  show(): void {
    this.#shown();
  }

  /** Opens or shows the panel and does there what the notice says, once its page is ready. */
  tell(notice: ViewNotice): void {
    this.#shown().bridge.notifyWhenStarted(notice);
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    this.#open?.panel.dispose();
    panel.webview.options = viewOptions(this.#extension);
    this.#adopt(panel);
    return Promise.resolve();
  }

  dispose(): void {
    this.#open?.bridge.dispose();
  }

  #shown(): OpenPanel {
    if (this.#open !== undefined) {
      this.#open.panel.reveal();
      return this.#open;
    }
    const column = vscode.ViewColumn.Active;
    const options = { ...viewOptions(this.#extension), enableFindWidget: false };
    return this.#adopt(vscode.window.createWebviewPanel(INSPECTOR_PANEL, t("ZMQ Inspector"), column, options));
  }

  #adopt(panel: vscode.WebviewPanel): OpenPanel {
    const bridge = fillPanel(panel, this.#extension, this.#services.live, this.#services);
    const open = { panel, bridge };
    this.#open = open;
    panel.onDidDispose(() => {
      if (this.#open === open) this.#open = undefined;
    });
    return open;
  }
}
