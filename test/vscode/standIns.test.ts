import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { ViewCallOutcome } from "../../src/shared/viewProtocol.ts";
import type { ZmqTapApi } from "../../src/host/api.ts";
import type { TapState } from "../../src/shared/model.ts";
import {
  activated,
  ask,
  attachTo,
  eventualRow,
  removeAllTaps,
  run,
  startEchoServer,
  testWithZeromq,
} from "./support.ts";

/** Writes a file into the workspace; deleted by the returned function. */
async function inWorkspace(name: string, text: string): Promise<() => Promise<void>> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  assert.ok(folder);
  const file = vscode.Uri.joinPath(folder, name);
  await vscode.workspace.fs.writeFile(file, Buffer.from(text));
  return async () => vscode.workspace.fs.delete(file);
}

suite("stand-ins", () => {
  let api: ZmqTapApi;
  suiteSetup(async () => {
    api = await activated();
    await removeAllTaps();
  });
  suiteTeardown(removeAllTaps);

  testWithZeromq(
    "Answer Calls answers from a file of the workspace, in the log and in the list of taps",
    async () => {
      const remove = await inWorkspace("replies.json", '{"add": {"value": 4}, "*": {"error": "no such method"}}');
      try {
        const tap = await run<TapState>("answerCalls", { replies: "replies.json", name: "mock" });
        assert.equal(await ask(tap.listening, "add"), "4");
        assert.equal(await ask(tap.listening, "else"), "no such method");
        const row = await eventualRow(api, ({ tapName, from, preview }) => {
          return tapName === "mock" && from === "server" && preview.includes("no such method");
        });
        assert.equal(row.exchange, "reply");
        await run("stopTap", { tap: "mock" });
        await run("startTap", { tap: "mock" });
        assert.equal(await ask(tap.listening, "add"), "4");
      } finally {
        await remove();
        await removeAllTaps();
      }
    },
    async () => {
      const remove = await inWorkspace("replies.json", '{"*": {"value": 4}}');
      try {
        await run("answerCalls", { replies: "replies.json", name: "mock" });
      } finally {
        await remove();
      }
    },
  );

  testWithZeromq(
    "Answer Calls answers as a server did whose calls are in the log",
    async () => {
      const server = await startEchoServer();
      const tap = await attachTo(server.endpoint, { name: "recorded" });
      await ask(tap.listening, "question");
      await eventualRow(api, ({ tapName, exchange }) => tapName === "recorded" && exchange === "reply");
      server.close();
      const answers = await run<TapState>("answerCalls", { from: "log", tap: "recorded" });
      assert.equal(answers.standIn?.known, 1);
      assert.equal(await ask(answers.listening, "question"), "echo question");
      await removeAllTaps();
    },
    async () => {
      const server = await startEchoServer();
      const tap = await attachTo(server.endpoint, { name: "recorded" });
      try {
        await ask(tap.listening, "question");
        await eventualRow(api, ({ tapName, exchange }) => tapName === "recorded" && exchange === "reply");
        await run("answerCalls", { from: "log", tap: "recorded" });
      } finally {
        server.close();
        await removeAllTaps();
      }
    },
  );

  test("Answer Calls says what is missing", async () => {
    await assert.rejects(run("answerCalls"), /Nothing was given to answer from/);
    await assert.rejects(run("answerCalls", { replies: "missing.json" }), /missing[.]json cannot be read/);
    await assert.rejects(run("listenForSignals", { as: "REP" }), /Something is missing/);
  });

  testWithZeromq(
    "Listen for Signals acknowledges signals and shows them",
    async () => {
      const tap = await run<TapState>("listenForSignals", { as: "REP", listen: "tcp://127.0.0.1:*", name: "signals" });
      assert.equal(await ask(tap.listening, '{"signal": "ready", "data": null}'), "OK");
      await eventualRow(api, ({ tapName, preview }) => tapName === "signals" && preview.includes("ready"));
      await removeAllTaps();
    },
    () => run("listenForSignals", { as: "REP", listen: "tcp://127.0.0.1:*", name: "signals" }),
  );

  test("A dialect of the workspace says what messages are, and calls are made in it", async () => {
    const code = `const text = ({ payload }) => new TextDecoder().decode(payload[0]);
      export default {
        title: "Mine",
        decode(message) {
          const [word, ...args] = text(message).split(" ");
          return message.sender === "REP" ? { kind: "reply", value: args } : { kind: "call", method: word, args };
        },
        encode: ({ method, args }) => [method, ...args].join(" "),
      };`;
    const remove = await inWorkspace("own.mjs", code);
    const configuration = vscode.workspace.getConfiguration("zmqTap");
    const target = vscode.ConfigurationTarget.Workspace;
    const server = await startEchoServer();
    try {
      const tap = await attachTo(server.endpoint, { name: "own" });
      await configuration.update("dialects", [{ name: "mine", module: "own.mjs" }], target);
      await ask(tap.listening, "question");
      const row = await eventualRow(api, ({ tapName, dialect }) => tapName === "own" && dialect === "mine");
      assert.deepEqual([row.saidKind, row.method], ["call", "question"]);
      const call = { dialect: "own:mine", method: "GET", args: ["a"] };
      const { result, history } = await run<ViewCallOutcome>("newCall", { tap: "own", ...call, send: true });
      assert.deepEqual([result.kind, result.dialect, result.reply?.said?.json], ["ok", "own:mine", '["GET","a"]']);
      assert.equal(history[0]?.typed?.dialect, "own:mine");
      const again = await run<ViewCallOutcome>("callAgain", { n: row.n, send: true });
      assert.deepEqual([again.result.dialect, again.result.reply?.said?.json], ["own:mine", '["question"]']);
      await assert.rejects(run("setDialect", { n: row.n, dialect: "own:mine" }), /cannot be chosen here/);
      await assert.rejects(run("newCall", { tap: "own", ...call, dialect: "own:gone", send: true }), /no dialect/);
    } finally {
      await configuration.update("dialects", undefined, target);
      server.close();
      await remove();
      await removeAllTaps();
    }
  });
});
