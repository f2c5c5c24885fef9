import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import * as vscode from "vscode";
import type { Row, TapState } from "../../src/shared/model.ts";
import { activated, attachTo, eventualRow, removeAllTaps, run, zmq } from "./support.ts";

suite("watch all topics", () => {
  suiteTeardown(async () => {
    await vscode.workspace
      .getConfiguration("zmqTap")
      .update("findings.sequences", undefined, vscode.ConfigurationTarget.Workspace);
    await removeAllTaps();
  });

  test("the command asks first, adds a subscriber of the tap's own, and takes it away", async () => {
    const api = await activated();
    const pub = new zmq.Publisher();
    await pub.bind("tcp://127.0.0.1:*");
    const { config } = await attachTo(pub.lastEndpoint!, { name: "published" });
    await assert.rejects(run("watchAllTopics", { tap: "published" }), /needs to be agreed to/);
    const watched = await run<TapState>("watchAllTopics", { tap: "published", confirmed: true });
    assert.deepEqual(watched.watch, { isOn: true, problem: null });
    const state = { isSeen: false };
    const seen = eventualRow(api, (row) => row.origin === "watch" && row.topic === "weather").then(() => {
      state.isSeen = true;
    });
    // A publisher is not told when it has subscribers.
    while (!state.isSeen) {
      await pub.send(["weather", "20 C"]);
      await delay(20);
    }
    await seen;
    const stopped = await run<TapState>("stopWatchingAllTopics", { tap: config.id });
    assert.equal(stopped.watch, undefined);
    pub.close();
  });

  test("sequences of the setting are followed, from the moment they are set", async () => {
    const api = await activated();
    const push = new zmq.Push();
    const pull = new zmq.Pull();
    await pull.bind("tcp://127.0.0.1:*");
    const { listening } = await attachTo(pull.lastEndpoint!, { name: "numbered" });
    await vscode.workspace
      .getConfiguration("zmqTap")
      .update("findings.sequences", [{ frame: 0, type: "text" }], vscode.ConfigurationTarget.Workspace);
    push.connect(listening);
    for (const number of [1, 2, 3, 4, 8, 9, 10]) await push.send(`number ${number}`);
    await eventualRow(api, (row) => row.preview.includes("number 10"));
    let marked: readonly Row[] = [];
    while (marked.length < 2) {
      await delay(50);
      const { rows } = await api.rows(0, 500);
      marked = rows.filter(({ finding }) => finding?.ids.includes("sequence-gap") === true);
    }
    assert.deepEqual(
      marked.map(({ preview }) => preview),
      ["number 4", "number 8"],
    );
    push.close();
    pull.close();
  });
});
