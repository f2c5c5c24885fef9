import * as vscode from "vscode";
import { t } from "../shared/l10n.ts";
import { PAGE_TEXTS, type Texts } from "../shared/pageTexts.ts";
import type { Surface } from "./display.ts";

const TITLES: Readonly<Record<Surface, string>> = {
  messages: t("ZMQ Tap Messages"),
  inspector: t("ZMQ Inspector"),
};

/** What a webview of ours may do: run scripts, and load from the bundled view only. */
export function viewOptions(extension: vscode.Uri): vscode.WebviewOptions {
  return { enableScripts: true, localResourceRoots: [vscode.Uri.joinPath(extension, "dist", "view")] };
}

/** The page of a view. Its menus hand `view` to their commands. Nothing on it comes from captured data. */
export function viewPage(webview: vscode.Webview, extension: vscode.Uri, surface: Surface, view: number): string {
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(18))).toString("base64url");
  const file = (name: string): string =>
    webview.asWebviewUri(vscode.Uri.joinPath(extension, "dist", "view", name)).toString();
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' ${webview.cspSource}`,
    `style-src ${webview.cspSource}`,
    `font-src ${webview.cspSource}`,
    // Images in captured frames, which the engine has recognised and measured; nothing is fetched.
    "img-src data:",
    // These do not follow from default-src.
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const title = TITLES[surface];
  const texts = pageTexts();
  return `<!DOCTYPE html>
<html lang="${texts?.language ?? "en"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${title}</title>
<link rel="stylesheet" href="${file("view.css")}">
<link id="vscode-codicon-stylesheet" rel="stylesheet" nonce="${nonce}" href="${file("codicon.css")}">
</head>
<body data-surface="${surface}" data-vscode-context='{"preventDefaultContextMenuItems":true,"view":${view}}'>
<main><h1 class="visually-hidden">${title}</h1><zmq-tap-app></zmq-tap-app></main>
${texts === undefined ? "" : `<script nonce="${nonce}">globalThis.${PAGE_TEXTS} = ${inScript(texts)};</script>\n`}<script type="module" nonce="${nonce}" src="${file("main.js")}"></script>
</body>
</html>
`;
}

/** The texts of the display language, where there are some; English needs none. */
function pageTexts(): Texts | undefined {
  const { bundle } = vscode.l10n;
  return bundle === undefined ? undefined : { language: vscode.env.language, messages: bundle };
}

/** A value as a script writes it that stands in a page. */
function inScript(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}
