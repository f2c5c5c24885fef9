import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, test } from "node:test";
import type { FrameLocator } from "playwright-core";
import { ask } from "./support/peers.ts";
import {
  type EchoSession,
  emptyFilter,
  inspector,
  keepEvidence,
  openEchoSession,
  rows,
  type Session,
} from "./support/session.ts";

let echo: EchoSession;
let session: Session;
let panel: FrameLocator;

before(async () => {
  echo = await openEchoSession();
  ({ session } = echo);
  await ask(echo.listen, '{"b":1,"a":[1,2]}', '{"a":[1,3],"b":1}', "apples");
  panel = await inspector(session);
  await rows(panel, "re: apples").waitFor();
});

afterEach((context) => keepEvidence(session, context));

after(() => echo.close());

test("Filter by This on a cell writes the filter, and an emptied bar shows all again", async () => {
  const { workbench, page } = session;
  await rows(panel, "apples").first().locator(".cell-size").click({ button: "right" });
  await workbench.menuItems().filter({ hasText: "Filter by This" }).first().hover();
  await workbench.pickInMenu("Equals");
  const filter = panel.locator("#filter");
  await rows(panel, "re: apples").first().waitFor({ state: "detached" });
  assert.equal(await filter.inputValue(), "size == 6");
  await session.photograph("filter-by-this", ["dark"]);
  await filter.fill("");
  await page.keyboard.press("Enter");
  await rows(panel, "re: apples").first().waitFor();
});

test("Compare with Selected shows two messages in the diff editor, decoded and with keys in order", async () => {
  const { workbench, page } = session;
  await workbench.contextMenu(rows(panel, '{"b":1').first(), "Select for Compare");
  await workbench.contextMenu(rows(panel, '{"a":[1,3').first(), "Compare with Selected");
  const changed = page.locator(".monaco-diff-editor .line-insert");
  await changed.first().waitFor();
  await session.photograph("compare");
  await workbench.run("View: Close Editor");
  panel = await shownInspector();
});

test("Export Capture asks what, how and where, and the file opens read-only beside the log", async () => {
  const { workbench, page } = session;
  await rows(panel, "apples").first().click();
  await workbench.runPast(() => workbench.run("ZMQ Tap: Export Capture"), "Which rows?", "Export as");
  await page.keyboard.press("Enter");
  await workbench.takeOfferedFile("Export Capture");
  const said = await workbench.notification("Exported");
  const path = /^Exported \d+ rows \([^)]+\) to (\S+\.pcapng)/.exec(said)?.[1];
  assert.ok(path !== undefined, said);
  assert.ok((await readFile(path)).length > 0);
  await page.locator(".notification-toast .monaco-button", { hasText: "Open" }).first().click();
  const opened = await workbench.webview("#file-line");
  await opened.locator("#file-line", { hasText: "capture.pcapng" }).waitFor();
  await rows(opened, "re: apples").first().waitFor();
  await session.photograph("opened-capture");
  await rows(opened, "apples").first().click({ button: "right" });
  await workbench.menuItems().filter({ hasText: "Copy As" }).first().waitFor();
  assert.equal(await workbench.menuItems().filter({ hasText: "Replay Message" }).count(), 0);
  await page.keyboard.press("Escape");
  assert.equal(await opened.locator("#tab-call").count(), 0);
  await opened.locator("#tab-overview").click();
  await opened.locator(".tap-charts canvas").first().waitFor();
  await opened.locator("#tab-links").click();
  await opened.locator(".link-row", { hasText: "REQ" }).first().waitFor();
  await session.photograph("opened-links");
  await workbench.run("View: Close Editor");
  panel = await shownInspector();
});

test("Clear Log asks when messages are pinned, and can leave those", async () => {
  const { workbench } = session;
  await workbench.contextMenu(rows(panel, '{"b":1').first(), "Pin Message");
  await panel.locator(".row.pinned, .row .marks .codicon-pinned").first().waitFor();
  await workbench.run("ZMQ Tap: Clear Log");
  await workbench.dialog().filter({ hasText: "1 row is pinned." }).waitFor();
  await workbench.pressInDialog("Clear All but Pinned");
  await rows(panel, "apples").first().waitFor({ state: "detached" });
  await rows(panel, '{"b":1').first().waitFor();
});

test("The log is there again after a reload of the window", async () => {
  const { workbench } = session;
  await ask(echo.listen, "before the reload");
  await rows(panel, "re: before the reload").first().waitFor();
  await workbench.reload();
  panel = await inspector(session);
  await emptyFilter(panel);
  await rows(panel, "re: before the reload").first().waitFor();
  assert.equal(await panel.locator(".banner", { hasText: "discarded" }).count(), 0);
});

test("A capture whose engine was killed is offered, and opens read-only", async () => {
  const { workbench, page } = session;
  await ask(echo.listen, "before the crash");
  await rows(panel, "re: before the crash").first().waitFor();
  process.kill(enginePid(), "SIGKILL");
  const said = await workbench.notification("stopped unexpectedly");
  assert.match(
    said,
    /its connection closed.* It was started again\. .* can be recovered .* Back on the same endpoints: echo\./,
  );
  await session.photograph("recover", ["dark"]);
  await page.locator(".notification-toast .monaco-button", { hasText: "Recover Capture" }).first().click();
  const opened = await workbench.webview("#file-line");
  await opened.locator("#file-line", { hasText: "Recovered Capture" }).waitFor();
  await rows(opened, "re: before the crash").first().waitFor();
});

/** The page of the inspector, which is the editor that is shown. */
function shownInspector(): Promise<FrameLocator> {
  return session.workbench.webview('body[data-surface="inspector"] .app');
}

/** The process of the engine of this test's VS Code, which stands in its arguments. */
function enginePid(): number {
  const found = execFileSync("ps", ["-eo", "pid=,args="], { encoding: "utf8" })
    .split("\n")
    .map((line) => /^\s*(\d+)\s+(.*)$/.exec(line)?.slice(1))
    .filter((process) => process?.[1]?.includes(session.folder) === true && process[1].endsWith("dist/engine.cjs"));
  assert.equal(found.length, 1);
  return Number(found[0]![0]);
}
