import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { ZmqTapApi } from "../../src/host/api.ts";
import type { InterventionState } from "../../src/shared/interventions.ts";
import type { Row, TapState } from "../../src/shared/model.ts";
import { activated, ask, attachTo, eventualRow, removeAllTaps, run, startEchoServer } from "./support.ts";

suite("interventions", () => {
  let api: ZmqTapApi;
  let server: Awaited<ReturnType<typeof startEchoServer>>;
  let tap: TapState;
  /** Counts what was held in this engine, as the engine does. */
  let held = 0;

  suiteSetup(async () => {
    api = await activated();
    await removeAllTaps();
    server = await startEchoServer();
    tap = await attachTo(server.endpoint, { name: "held" });
  });

  teardown(() => run("stopInterventions"));

  suiteTeardown(async () => {
    await removeAllTaps();
    server.close();
  });

  const told = (words: string): Promise<Row> =>
    eventualRow(api, ({ event, preview }) => event === "intervention" && preview === words);

  /** Asks through the tap, and resolves once that is held; `answer` comes when it was let go. */
  const askHeld = async (text: string): Promise<{ id: number; answer: Promise<string> }> => {
    const answer = ask(tap.listening, text);
    await told(`held: ${text}`);
    return { id: ++held, answer };
  };

  test("holdMessages holds what matches, for releaseHeld, editHeld and releaseAllHeld to let it go", async () => {
    const state = await run<InterventionState>("holdMessages", {
      tap: "held",
      spec: "hold 60s c2s if body contains hold",
    });
    assert.deepEqual([state.kind, state.tapName], ["hold", "held"]);
    assert.equal(await ask(tap.listening, "other"), "echo other");
    const released = await askHeld("hold one");
    await run("releaseHeld", { held: released.id });
    assert.equal(await released.answer, "echo hold one");
    const edited = await askHeld("hold two");
    const uri = await run<vscode.Uri>("editHeld", { held: edited.id });
    const document = await vscode.workspace.openTextDocument(uri);
    const edit = new vscode.WorkspaceEdit();
    const changed = document.getText().replace(/^hold two$/m, "changed");
    edit.replace(uri, new vscode.Range(0, 0, document.lineCount, 0), changed);
    assert.ok(await vscode.workspace.applyEdit(edit));
    await run("sendEdited", { uri });
    assert.equal(await edited.answer, "echo changed");
    await assert.rejects(run("sendEdited", { uri }), /not held any more/);
    const all = await askHeld("hold three");
    await run("releaseAllHeld");
    assert.equal(await all.answer, "echo hold three");
  });

  test("dropHeld throws a held message away", async () => {
    await run("holdMessages", { tap: "held", spec: "hold 60s s2c" });
    void ask(tap.listening, "lost").catch(() => undefined);
    await told("held: echo lost");
    held += 1;
    await run("dropHeld", { held });
    await told("dropped: echo lost");
    await assert.rejects(run("dropHeld", { held }), /not held any more/);
  });

  test("injectFault changes traffic until stopInterventions ends it", async () => {
    await run("injectFault", { tap: "held", spec: "drop c2s" });
    const lost = ask(tap.listening, "first");
    await told("dropped: first");
    await run("stopInterventions");
    assert.equal(await ask(tap.listening, "second"), "echo second");
    await run("injectFault", { tap: "held", spec: "cut" });
    // A REQ whose request was dropped is stuck for ever.
    void lost.catch(() => undefined);
    await eventualRow(api, ({ preview }) => preview.startsWith("intervention stopped: cut, which acted "));
  });

  const refusals: Record<string, { command: string; args: Readonly<Record<string, unknown>>; says: RegExp }> = {
    "no spec": { command: "injectFault", args: {}, says: /Call the command with \{"spec"/ },
    "no spec to hold by": { command: "holdMessages", args: {}, says: /Call the command with \{"spec"/ },
    "a bad spec": { command: "injectFault", args: { spec: "drop 1/x" }, says: /at character 6/ },
    "no held message": { command: "releaseHeld", args: {}, says: /Choose one in the view Held Messages/ },
    "a message that is gone": { command: "editHeld", args: { held: 999_999 }, says: /not held any more/ },
  };
  for (const [name, { command, args, says }] of Object.entries(refusals)) {
    test(`${command} says what to do about ${name}`, async () => {
      await assert.rejects(run(command, { tap: "held", ...args }), (error: Error) => says.test(error.message));
    });
  }
});
