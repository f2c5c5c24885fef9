import * as vscode from "vscode";
import type { CaptureSource } from "./captureSource.ts";
import { ViewBridge, type ViewServices } from "./viewBridge.ts";
import { viewOptions, viewPage } from "./viewPage.ts";

/** Puts the inspector's page for a capture into a panel. Ends with the panel. */
export function fillPanel(
  panel: vscode.WebviewPanel,
  extension: vscode.Uri,
  source: CaptureSource,
  services: ViewServices,
): ViewBridge {
  const reveal = (): void => panel.reveal();
  const bridge = new ViewBridge(panel.webview, { surface: "inspector", source, reveal }, services);
  const visibility = panel.onDidChangeViewState(() => {
    if (panel.active) services.views.use(bridge);
    if (!panel.visible) bridge.pageEnded();
  });
  panel.onDidDispose(() => void vscode.Disposable.from(visibility, bridge).dispose());
  panel.iconPath = {
    light: vscode.Uri.joinPath(extension, "media", "icon-light.svg"),
    dark: vscode.Uri.joinPath(extension, "media", "icon-dark.svg"),
  };
  panel.webview.options = viewOptions(extension);
  panel.webview.html = viewPage(panel.webview, extension, "inspector", bridge.id);
  if (panel.active) services.views.use(bridge);
  return bridge;
}
