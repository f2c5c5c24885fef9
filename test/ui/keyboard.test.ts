import assert from "node:assert/strict";
import { stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { curveKeyPair } from "zeromq";
import { writeZcert } from "../../src/shared/keys/zcert.ts";
import { pageOf } from "./support/accessibility.ts";
import { InspectorKeys } from "./support/inspectorKeys.ts";
import type { Keyboard } from "./support/keyboard.ts";
import { ask, type EchoServer, startEchoServer } from "./support/peers.ts";
import { keepEvidence, openSession, rows, type Session } from "./support/session.ts";

// Nothing here presses a mouse button: every task of a user's is done by keys, and what came of it is looked at.

let server: EchoServer;
let session: Session;
let keys: Keyboard;
let inspector: InspectorKeys;
let listen = "";
let exported = "";

before(async () => {
  server = await startEchoServer();
  session = await openSession();
  inspector = new InspectorKeys(session);
  ({ keys } = inspector);
});

afterEach((context) => keepEvidence(session, context));

after(async () => {
  await session.close();
  server.close();
});

test("Attach", async () => {
  await keys.run("ZMQ Tap: Attach ZMQ Tap");
  await session.workbench.awaitQuestion("Endpoint of the server");
  await keys.type(server.endpoint);
  await session.workbench.quickRows().filter({ hasText: "use this server" }).waitFor();
  await keys.press("Enter");
  await session.workbench.awaitQuestion("Where clients will connect instead");
  listen = await session.workbench.quickInput().inputValue();
  await keys.press("Enter");
  await keys.answer("What the log and the view Taps call it", "echo");
  await keys.choose("Choose what to change", "Point the client here");
  await session.workbench.statusBarItem(`Copied ${listen}`);
  assert.deepEqual(await ask(listen, '{"method":"add","args":[1,2]}', "apples", "pears"), [
    're: {"method":"add","args":[1,2]}',
    "re: apples",
    "re: pears",
  ]);
});

test("Read: from the list into the details and back", async () => {
  await inspector.open();
  await inspector.row("re: pears").waitFor();
  await keys.press("Home");
  await inspector.panel.locator('.row.active[data-n="1"]:focus').waitFor();
  await inspector.goTo('"add"');
  await keys.press("Enter");
  await inspector.panel.locator("zmq-value-tree", { hasText: "method" }).waitFor();
  await keys.tabTo(inspector.panel.locator('[role="treeitem"][tabindex="0"]'));
  await keys.press("ArrowDown", "ArrowDown");
  await inspector.panel.locator('[role="treeitem"]:focus', { hasText: "args" }).waitFor();
  await keys.press("ArrowLeft");
  await inspector.panel.locator('[role="treeitem"][aria-expanded="false"]:focus', { hasText: "args" }).waitFor();
  await keys.press("Escape");
  await inspector.activeRow.and(inspector.panel.locator(":focus")).waitFor();
  await keys.press("g");
  await inspector.panel.locator("#detail-title", { hasText: "Reply" }).waitFor();
});

test("What the keys do is shown by a key, and left by another one", async () => {
  await inspector.open();
  await keys.press("?");
  await inspector.panel.locator("#key-help", { hasText: "Replay the message" }).waitFor();
  await keys.press("Escape");
  await inspector.panel.locator("#key-help").waitFor({ state: "detached" });
  await inspector.focusOn(inspector.list);
});

test("A banner is closed, and the keyboard is in the list again", async () => {
  await inspector.open();
  const frame = await pageOf(inspector.panel);
  await frame.evaluate(() => Object.assign(document.querySelector("zmq-tap-app")!, { problem: "Nothing, in truth." }));
  await keys.tabTo(inspector.panel.locator("#banner-problem button"), "Shift+Tab");
  await keys.press("Enter");
  await inspector.panel.locator("#banner-problem").waitFor({ state: "detached" });
  await inspector.focusOn(inspector.list);
});

test("Filter, and save a filter", async () => {
  await inspector.open();
  await inspector.goTo("apples");
  assert.equal(await rows(inspector.panel, "pears").count(), 0);
  await keys.press("/");
  await keys.tabTo(inspector.panel.locator("#filter-save"));
  await keys.press("Enter");
  await inspector.panel.locator("#filter-name:focus").waitFor();
  await keys.type("fruit");
  await keys.press("Enter");
  const chip = inspector.panel.locator("#filter-chips .chip-name", { hasText: "fruit" });
  await inspector.panel.locator('#filter-chips [aria-pressed="true"]', { hasText: "fruit" }).waitFor();
  await inspector.panel.locator("#filter:focus").waitFor();
  await keys.tabTo(chip);
  await keys.press("Enter");
  await inspector.row("pears").waitFor();
  await keys.press("Enter");
  await inspector.row("pears").waitFor({ state: "detached" });
  await keys.press("Delete");
  await chip.waitFor({ state: "detached" });
  await keys.tabTo(inspector.list);
});

test("Filter by what a row says, from its menu", async () => {
  await inspector.open();
  await inspector.goTo("apples");
  await keys.pickInMenu("Only This Conversation", "Filter by This");
  await inspector.reads(/conn ==/);
  await inspector.hits();
  await inspector.focusOn(inspector.list);
});

test("Replay", async () => {
  await inspector.open();
  await inspector.goTo("apples");
  await keys.press("r");
  await session.workbench.statusBarItem(/answer/i);
  assert.deepEqual(server.requests.slice(-1), ["apples"]);
  await inspector.focusOn(inspector.list);
});

test("Edit and replay", async () => {
  await inspector.open();
  await inspector.goTo("pears");
  await keys.press("e");
  const editor = session.page.locator(".editor-instance", { hasText: "pears" });
  await editor.waitFor();
  await inspector.focusOn(editor);
  await keys.press("ControlOrMeta+End");
  await keys.type(", edited");
  await keys.run("ZMQ Tap: Send Edited Message");
  await inspector.closeEditor();
  await inspector.showAll();
  await inspector.row("edited").waitFor();
  assert.match(server.requests.at(-1)!, /pears.*, edited/s);
});

test("Call", async () => {
  await keys.run("ZMQ Tap: New Call");
  await inspector.focusOn(inspector.panel.locator("#call-form"));
  await keys.tabTo(inspector.panel.locator("#call-target"), "Shift+Tab");
  await keys.press("ArrowDown", "Enter");
  await inspector.panel.locator("#call-target .select-face", { hasText: "echo" }).waitFor();
  await keys.tabTo(inspector.panel.locator(".call-text"));
  await keys.type("how are you?");
  await keys.press("ControlOrMeta+Enter");
  await inspector.panel.locator("#call-result", { hasText: "how are you?" }).waitFor();
  assert.equal(server.requests.at(-1), "how are you?");
  await keys.press("Escape");
  await inspector.toTab("messages");
  await keys.tabTo(inspector.list);
});

test("Compare", async () => {
  await inspector.open();
  await inspector.goTo("apples");
  await keys.pickInMenu("Select for Compare");
  await inspector.focusOn(inspector.list);
  await inspector.goTo("re: pears");
  await keys.press("d");
  await session.page.locator(".monaco-diff-editor .line-insert").first().waitFor();
  await inspector.closeEditor();
});

test("Pin, with a note", async () => {
  await inspector.open();
  await inspector.goTo("apples");
  await keys.press("m");
  await inspector.row("apples").locator(".marks .codicon-pinned").waitFor();
  await keys.pickInMenu("Edit Note");
  await keys.answer("Note on message", "ask Alice");
  // A menu that closes while its question opens leaves the keyboard where VS Code has it.
  await inspector.row("apples").locator(".marks .codicon-note").waitFor();
});

test("Follow", async () => {
  await inspector.open();
  await inspector.goTo("apples");
  await keys.press("f");
  await session.workbench.awaitQuestion("Follow which conversation?");
  await keys.press("Enter");
  await inspector.reads(/^conn == \d+$/);
  await inspector.hits();
  await inspector.focusOn(inspector.list);
});

test("Export", async () => {
  await inspector.open();
  const run = (): Promise<void> => keys.run("ZMQ Tap: Export Capture…");
  await session.workbench.runPast(run, "Which rows?", "Export as");
  await keys.answer("Export as");
  await session.workbench.takeOfferedFile("Export Capture");
  const said = await session.workbench.notification("Exported");
  exported = /to (\S+\.pcapng)/.exec(said)![1]!;
  assert.ok((await stat(exported)).size > 0);
});

test("Open a capture", async () => {
  await inspector.open();
  await keys.run("ZMQ Tap: Open Capture…");
  await keys.answerFile("Open Capture", basename(exported));
  const file = await session.workbench.webview("#file-line");
  await file.locator("#file-line", { hasText: "capture.pcapng" }).waitFor();
  await inspector.focusOn(file.locator(".list-viewport"));
  await keys.press("End", "Home");
  await file.locator('.row.active[data-n="1"]:focus').waitFor();
  await inspector.closeEditor();
});

test("Import keys", async () => {
  await inspector.open();
  assert.notEqual(exported, "", "the key file goes beside the exported capture");
  const file = join(dirname(exported), "backend.key_secret");
  await writeFile(file, writeZcert(curveKeyPair(), "backend"));
  await keys.run("ZMQ Tap: Import Keys…");
  await keys.choose("Where are the keys?", "From a File");
  await keys.answerFile("Import Keys", basename(file));
  await keys.answer("Choose what to import");
  await session.workbench.notification("Imported the key pair");
  await keys.run("ZMQ Tap: Focus on Keys View");
  const key = session.page.locator(".customview-tree .monaco-list-row", { hasText: "backend" });
  await key.waitFor();
  // The tree had nothing to be on when it was first shown.
  await keys.run("ZMQ Tap: Focus on Keys View");
  await keys.press("Home");
  await keys.pickInMenu("Copy Public Key");
});
