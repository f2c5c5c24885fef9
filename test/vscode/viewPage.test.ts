import assert from "node:assert/strict";
import * as vscode from "vscode";
import { viewOptions, viewPage } from "../../src/host/viewPage.ts";

const webview = {
  cspSource: "https://*.example",
  asWebviewUri: (uri: vscode.Uri) => uri.with({ scheme: "https", authority: "page.example" }),
} as vscode.Webview;
const folder = vscode.Uri.file("/ext");

suite("viewPage", () => {
  test("allows nothing but its own script, styles and fonts, and pictures that it holds itself", () => {
    const page = viewPage(webview, folder, "inspector", 1);
    const policy = /Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1] ?? "";
    const nonce = /'nonce-([\w-]{24})'/.exec(policy)?.[1] ?? "?";
    const own = "https://*.example";
    assert.equal(
      policy,
      `default-src 'none'; script-src 'nonce-${nonce}' ${own}; style-src ${own}; font-src ${own}; img-src data:; ` +
        "base-uri 'none'; form-action 'none'",
    );
  });

  test("has a nonce of its own on every script", () => {
    const page = viewPage(webview, folder, "messages", 1);
    const nonce = /'nonce-([\w-]+)'/.exec(page)?.[1];
    const scripts = [...page.matchAll(/<script[^>]*>/g)].map(([tag]) => tag);
    assert.equal(scripts.length, 1);
    assert.ok(scripts.every((tag) => tag.includes(`nonce="${nonce ?? "?"}"`)));
    assert.notEqual(nonce, /'nonce-([\w-]+)'/.exec(viewPage(webview, folder, "messages", 1))?.[1]);
  });

  test("has a title, a heading, and no style attributes", () => {
    for (const surface of ["messages", "inspector"] as const) {
      const page = viewPage(webview, folder, surface, 1);
      assert.match(page, /<title>ZMQ [^<]+<\/title>/);
      assert.match(page, /<main><h1 class="visually-hidden">/);
      assert.match(page, new RegExp(`data-surface="${surface}"`));
      assert.doesNotMatch(page, /style="/);
    }
  });

  test("hands its view's number to the commands of its menus", () => {
    const context = /data-vscode-context='([^']+)'/.exec(viewPage(webview, folder, "inspector", 7))?.[1] ?? "";
    assert.deepEqual(JSON.parse(context), { preventDefaultContextMenuItems: true, view: 7 });
  });

  test("loads from the bundled view only", () => {
    assert.deepEqual(
      viewOptions(folder).localResourceRoots?.map(({ path }) => path),
      ["/ext/dist/view"],
    );
  });
});
