import assert from "node:assert/strict";
import { hostname } from "node:os";
import * as vscode from "vscode";
import { thisMachine } from "../../src/host/machine.ts";
import { tapItem } from "../../src/host/tapTree.ts";
import { tap } from "../support/tapStates.ts";
import { run } from "./support.ts";

suite("documentation", () => {
  teardown(() => vscode.commands.executeCommand("workbench.action.closeAllEditors"));

  const headingOf = async (uri: vscode.Uri): Promise<string> =>
    Buffer.from(await vscode.workspace.fs.readFile(uri))
      .toString()
      .split("\n")[0]!;

  test("Open Documentation shows the index, or the page that is named", async () => {
    const index = await run<vscode.Uri>("openDocs");
    assert.match(index.path, /\/docs\/README[.]md$/);
    assert.equal(await headingOf(index), "# Documentation");
    assert.equal(await headingOf(await run<vscode.Uri>("openDocs", { page: "filters" })), "# Filters");
  });

  test("it opens nothing outside its folder", async () => {
    for (const page of ["../package", "a/b", "", "findings.md"]) {
      await assert.rejects(run("openDocs", { page }), /Pages are called by their names/);
    }
  });
});

suite("the machine of a port", () => {
  test("a VS Code that is served to a browser is a remote one, and the tooltip of a tap says where its port is", () => {
    const machine = thisMachine();
    assert.deepEqual({ ...machine, remote: null }, { remote: null, isBrowser: true, host: hostname() });
    assert.match(machine.remote ?? "", /^127[.]0[.]0[.]1:\d+$/);
    const lines = (tapItem(tap).tooltip as string).split("\n");
    assert.equal(
      lines.at(-1),
      `The port is on the machine of VS Code's server, ${hostname()}: programs elsewhere need it forwarded`,
    );
  });
});
