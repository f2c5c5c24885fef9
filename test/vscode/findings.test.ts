import assert from "node:assert/strict";
import * as vscode from "vscode";
import { badgeOf, evidenceItem, findingItem, groupItem, pendingItem } from "../../src/host/findingItems.ts";
import { Findings } from "../../src/host/findings.ts";
import type { Finding } from "../../src/shared/findings.ts";
import type { TapState } from "../../src/shared/model.ts";
import { makeRow } from "../webview/support/rows.ts";
import { ask, ownEngine, removeAllTaps, run, startEchoServer } from "./support.ts";

const finding: Finding = {
  key: "rep-missing-delimiter link 4",
  id: "rep-missing-delimiter",
  severity: "error",
  text: "DEALER 127.0.0.1:51880 sends to a REP without an empty delimiter.",
  advice: "Send an empty frame first.",
  tap: "t1",
  tapName: "orders",
  link: 4,
  evidence: [7, 9],
  count: 2,
  firstMs: 1_000,
  lastMs: 2_000,
  isOpen: true,
};

const setting = (): unknown => vscode.workspace.getConfiguration("zmqTap").get("findings.disabledRules");

suite("findings", () => {
  test("a finding is its sentence with a severity, and a key that stays the same", () => {
    const item = findingItem(finding);
    assert.equal(item.label, finding.text);
    assert.equal(item.description, "orders · 2 times · goes on");
    assert.equal(item.contextValue, "finding.row");
    assert.ok(typeof item.tooltip === "string");
    assert.match(item.tooltip, /^REP drops requests .*\n\nDEALER .*\n\nSend an empty frame first[.]\n\nSeen 2 times/);
    assert.match(item.accessibilityInformation?.label ?? "", /^error: DEALER/);
    assert.equal(item.collapsibleState, vscode.TreeItemCollapsibleState.Collapsed);
    const later = findingItem({ ...finding, count: 9, isOpen: false, text: "It has ended." });
    assert.equal(later.id, item.id);
    assert.equal(later.description, "orders · 9 times");
  });

  test("one with an endpoint offers to attach there, one without evidence has nothing below it", () => {
    assert.equal(findingItem({ ...finding, endpoint: "tcp://127.0.0.1:5" }).contextValue, "finding.row.endpoint");
    const bare = findingItem({ ...finding, evidence: [] });
    assert.equal(bare.contextValue, "finding");
    assert.equal(bare.collapsibleState, vscode.TreeItemCollapsibleState.None);
  });

  test("groups say how many stand below, what is wrong is open from the start", () => {
    const errors = groupItem({ group: "error" }, 3);
    assert.deepEqual([errors.label, errors.description], ["Errors", "3"]);
    assert.equal(errors.collapsibleState, vscode.TreeItemCollapsibleState.Expanded);
    assert.equal(groupItem({ group: "note" }, 1).collapsibleState, vscode.TreeItemCollapsibleState.Collapsed);
    assert.equal(groupItem({ group: "pending" }, 1).label, "Waiting for a Reply");
  });

  test("evidence leads to its row, unless that is gone", () => {
    const item = evidenceItem(finding.key, 7, makeRow(7));
    assert.deepEqual([item.label, item.description, item.contextValue], ["#7", "add 2 2", "findingRow"]);
    assert.deepEqual(item.command?.arguments, [{ n: 7 }]);
    const gone = evidenceItem(finding.key, 7, undefined);
    assert.equal(gone.command, undefined);
    assert.equal(gone.description, "no longer kept");
  });

  test("a request that waits says for how long and why", () => {
    const request = {
      n: 12,
      tap: "t1",
      tapName: "orders",
      link: 4,
      peer: "127.0.0.1:51880",
      method: "orders.wait",
      sinceMs: 1_000,
      cause: "no reply yet",
    };
    const item = pendingItem(request, 5_200);
    assert.equal(item.label, "orders.wait");
    assert.match(String(item.description), /^4[.]2 s · no reply yet · orders$/);
    assert.equal(pendingItem({ ...request, method: "" }, 0).label, "#12");
  });

  test("the badge counts warnings and errors, and no notes", () => {
    assert.equal(badgeOf({ note: 5, warning: 0, error: 0 }), undefined);
    assert.deepEqual(badgeOf({ note: 5, warning: 2, error: 1 }), {
      value: 3,
      tooltip: "ZMQ Tap found 1 error and 2 warnings",
    });
  });

  test("Filter by This, Jump to Row and What Does This Mean answer with what they show", async () => {
    assert.equal(await run("filterByFinding", { finding: "rep-wedged" }), 'finding == "rep-wedged"');
    await run("jumpToRow", { n: 1 });
    const uri = await run<vscode.Uri>("explainFinding", { finding: "rep-wedged" });
    assert.match(uri.path, /\/docs\/findings[.]md$/);
    assert.equal(uri.fragment, "rep-wedged");
    const text = Buffer.from(await vscode.workspace.fs.readFile(uri.with({ fragment: "" }))).toString();
    assert.match(text, /^# Findings\n/);
    await assert.rejects(run("filterByFinding", { finding: "klingon" }), /There is no such finding/);
    await assert.rejects(run("jumpToRow"), /No row was given/);
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });

  test("Attach There puts a tap in front of the endpoint that a finding names", async () => {
    const server = await startEchoServer();
    try {
      const tap = await run<TapState>("attachThere", {
        key: finding.key,
        finding: finding.id,
        n: 7,
        server: server.endpoint,
      });
      assert.equal(tap.config.server, server.endpoint);
      assert.equal(await ask(tap.listening, "there"), "echo there");
    } finally {
      await removeAllTaps();
      server.close();
    }
  });

  test("Switch Off This Rule adds to the setting, once", async () => {
    const configuration = vscode.workspace.getConfiguration("zmqTap");
    try {
      assert.deepEqual(await run("disableFinding", { finding: "rep-wedged" }), ["rep-wedged"]);
      assert.deepEqual(await run("disableFinding", { finding: "rep-wedged" }), ["rep-wedged"]);
      assert.deepEqual(await run("disableFinding", { finding: "bound-to-all" }), ["rep-wedged", "bound-to-all"]);
      assert.deepEqual(setting(), ["rep-wedged", "bound-to-all"]);
    } finally {
      await configuration.update("findings.disabledRules", undefined, vscode.ConfigurationTarget.Workspace);
    }
  });

  test("what is switched off is told to no engine that does not run, and starts none", async () => {
    const engine = ownEngine();
    const log = vscode.window.createOutputChannel("ZMQ Tap findings test", { log: true });
    const findings = new Findings(engine, log);
    await run("disableFinding", { finding: "rep-wedged" });
    await vscode.workspace
      .getConfiguration("zmqTap")
      .update("findings.disabledRules", undefined, vscode.ConfigurationTarget.Workspace);
    assert.equal(engine.generation, 0);
    findings.dispose();
    engine.dispose();
  });
});
