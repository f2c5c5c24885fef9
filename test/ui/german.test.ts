import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { FrameLocator } from "playwright-core";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { ask, type EchoServer, startEchoServer } from "./support/peers.ts";
import { keepEvidence, openSession, rows, type Session } from "./support/session.ts";

let server: EchoServer;
let session: Session;
let listen: string;
let panel: FrameLocator;

before(async () => {
  server = await startEchoServer();
  listen = `tcp://127.0.0.1:${await freePort()}`;
  session = await openSession({
    language: "de",
    workspaceSettings: { "zmqTap.taps": [{ name: "echo", server: server.endpoint, listen }] },
  });
});

afterEach((context) => keepEvidence(session, context));

after(async () => {
  await session.close();
  server.close();
});

/** Elements whose words are cut, or stick out of the view. */
function cutWords(view: FrameLocator, selector: string): Promise<readonly string[]> {
  return view.locator(selector).evaluateAll((elements) =>
    elements
      .filter((element) => {
        const { right, width } = element.getBoundingClientRect();
        const isCut = element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0;
        return width > 0 && (isCut || right > document.documentElement.clientWidth + 1);
      })
      .map((element) => element.textContent.trim()),
  );
}

const CONTROLS = ".tab, .field-label, .tool-button, vscode-button, .link-button, .footer > *, .badge";

test("The side bar is German: names of views, a tap's state, the empty log", async () => {
  const { workbench, page } = session;
  await workbench.openContainer("ZMQ Tap");
  // The state is a word for screen readers only: the icon tells others.
  await page.locator('.customview-tree .monaco-list-row[aria-label*="echo, lauscht"]').first().waitFor();
  for (const name of ["Taps", "Aufrufe", "Schlüssel", "Nachrichten"]) {
    await page.locator(".pane-header .title", { hasText: name }).first().waitFor();
  }
  const log = await workbench.webview('body[data-surface="messages"] .app');
  await log.locator("#empty-no-rows", { hasText: "noch kein Client" }).waitFor();
  assert.equal(await log.locator("html").getAttribute("lang"), "de");
  assert.deepEqual(await cutWords(log, CONTROLS), []);
  await session.photograph("german-side-bar", ["dark"]);
});

test("The inspector is German, in each of its tabs, and no words are cut", async () => {
  const { workbench } = session;
  await ask(listen, '{"method":"add","args":[1,2]}', "apples");
  await workbench.run("ZMQ Tap: Inspektor öffnen");
  panel = await workbench.webview('body[data-surface="inspector"] .app');
  await rows(panel, "apples").first().click();
  await panel.locator("#detail-title", { hasText: "Anfrage" }).waitFor();
  await panel.locator("#footer-counts", { hasText: /gesehen = .* behalten \+ .* weg/ }).waitFor();
  await session.photograph("german-inspector");
  const names = ["Nachrichten", "Übersicht", "Latenz", "Sequenz", "Topologie", "Topics", "Verbindungen", "Aufruf"];
  assert.deepEqual(
    (await panel.locator(".tab").allInnerTexts()).map((text) => text.trim()),
    names,
  );
  for (const name of names) {
    await panel.locator(".tab", { hasText: name }).first().click();
    await panel.locator('.tab[aria-selected="true"]', { hasText: name }).waitFor();
    assert.deepEqual(await cutWords(panel, CONTROLS), [], name);
    await session.photograph(`german-${name.toLowerCase().replace("ü", "ue")}`, ["light"]);
  }
});

test("A question, its choices and an error are German", async () => {
  const { workbench, page } = session;
  await workbench.run("ZMQ Tap: Störung einschleusen…");
  await workbench.awaitQuestion("Was soll mit seinem Verkehr geschehen?");
  await workbench.quickRows().filter({ hasText: "Verzögern" }).waitFor();
  await workbench.screenshot("out/screenshots/german-question-dark.png");
  await page.keyboard.press("Escape");
  await page.locator(".quick-input-widget").waitFor({ state: "hidden" });
  await workbench.run("ZMQ Tap: Mit Auswahl vergleichen");
  assert.match(await workbench.notification("Vergleichen"), /^Es gibt nichts zum Vergleichen\. Wählen Sie zuerst /);
  await workbench.screenshot("out/screenshots/german-notification-dark.png");
});

test("Settings are German", async () => {
  const { workbench, page } = session;
  await workbench.run("Preferences: Open Settings (UI)");
  await page.locator(".settings-editor .suggest-input-container").click();
  await page.keyboard.type("zmqTap.capture");
  await page.locator(".setting-item-description", { hasText: "Arbeitsspeicher für mitgeschnittene" }).first().waitFor();
  await workbench.screenshot("out/screenshots/german-settings-dark.png");
});
