import assert from "node:assert/strict";
import * as vscode from "vscode";
import { ASSISTANT_TOOLS, TOOLS } from "../../src/shared/assistant/tools.ts";
import { prepareTool } from "../../src/host/assistantTools.ts";
import { activated, ask, attachTo, eventualRow, eventually, removeAllTaps, startEchoServer } from "./support.ts";

type Told = Readonly<Record<string, unknown>>;

/** What a tool answers, as an assistant would get it. */
async function use(name: string, input: object = {}): Promise<Told> {
  const { content } = await vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined });
  const [part] = content;
  assert.ok(part instanceof vscode.LanguageModelTextPart);
  return JSON.parse(part.value) as Told;
}

suite("Tools for assistants", () => {
  let server: { readonly endpoint: string; close(): void };

  setup(async () => {
    server = await startEchoServer();
    await activated();
  });

  teardown(async () => {
    await removeAllTaps();
    server.close();
    await vscode.workspace.getConfiguration("zmqTap").update("assistant.redact", undefined, true);
    await vscode.workspace.getConfiguration("zmqTap").update("redaction.names", undefined, true);
  });

  test("All are registered with VS Code, as they are, while there is a tap", async () => {
    const tap = await attachTo(server.endpoint, { name: "assisted" });
    // What comes through the tap makes the extension tell of changes, until VS Code has seen that there is one.
    await ask(tap.listening, "question");
    const ours = await eventually(await activated(), () => {
      const tools = vscode.lm.tools.filter(({ name }) => name.includes("_zmq_"));
      return tools.length === 0 ? undefined : tools;
    });
    assert.deepEqual(ours.map(({ name }) => name).sort(), [...ASSISTANT_TOOLS].sort());
    for (const { name, description, inputSchema } of ours) {
      const tool = TOOLS[name as keyof typeof TOOLS];
      assert.equal(description, tool.modelDescription);
      assert.deepEqual(
        Object.keys((inputSchema as { properties: object }).properties),
        Object.keys(tool.inputSchema.properties),
      );
    }
  });

  test("They tell of taps, rows, messages, findings and links, without secrets", async () => {
    const api = await activated();
    const tap = await attachTo(server.endpoint, { name: "assisted" });
    await ask(tap.listening, '{"user":"bob","password":"hunter2","pin":"4711"}');
    const row = await eventualRow(api, ({ kind, from }) => kind === "message" && from === "client");
    const { taps } = (await use("list_zmq_taps")) as { taps: readonly { name: string }[] };
    assert.deepEqual(
      taps.map(({ name }) => name),
      ["assisted"],
    );
    const found = (await use("search_zmq_messages", { filter: "bob", limit: 1 })) as { rows: readonly { n: number }[] };
    assert.equal(found.rows.length, 1);
    const message = JSON.stringify(await use("get_zmq_message", { row: row.n }));
    assert.match(message, /"user":"bob","password":"\[redacted\]","pin":"4711"/);
    assert.ok(!`${JSON.stringify(found)}${message}`.includes("hunter2"));
    assert.ok("findings" in (await use("list_zmq_findings")) || "note" in (await use("list_zmq_findings")));
    assert.equal((await use("explain_zmq_link", { link: row.link }))["link"], row.link);
  });

  test("What they hide is as the settings say", async () => {
    const api = await activated();
    const settings = vscode.workspace.getConfiguration("zmqTap");
    const tap = await attachTo(server.endpoint, { name: "assisted" });
    await ask(tap.listening, '{"password":"hunter2","pin":"4711"}');
    const { n } = await eventualRow(api, ({ kind }) => kind === "message");
    await settings.update("redaction.names", ["pin"], true);
    assert.match(
      JSON.stringify(await use("get_zmq_message", { row: n })),
      /"password":"\[redacted\]","pin":"\[redacted\]"/,
    );
    await settings.update("assistant.redact", false, true);
    assert.match(JSON.stringify(await use("get_zmq_message", { row: n })), /"password":"hunter2"/);
  });

  test("They say what is wrong, so that an assistant can do better", async () => {
    await attachTo(server.endpoint, { name: "assisted" });
    await assert.rejects(use("search_zmq_messages", { filter: "latency > fast" }), /latency > fast/);
    await assert.rejects(use("call_zmq_service", { tap: "other", method: "x" }), /There is no tap "other"/);
  });

  test("A call asks by a dialog of ZMQ Tap's own, and is not made when that cannot be answered", async () => {
    const api = await activated();
    await attachTo(server.endpoint, { name: "assisted" });
    // Tests cannot answer modal dialogs: VS Code refuses to show them.
    const calling = use("call_zmq_service", { tap: "assisted", method: "add", args: [1], dialect: "json-rpc" });
    await assert.rejects(calling, /dialog/i);
    const { rows } = await api.rows(0, 500);
    assert.deepEqual(
      rows.filter(({ kind }) => kind === "message"),
      [],
    );
  });

  test("The user is asked in words about this one use of a tool", () => {
    const { confirmationMessages, invocationMessage } = prepareTool("search_zmq_messages", { filter: "[x](y) == 1" });
    assert.ok(invocationMessage instanceof vscode.MarkdownString);
    assert.match(confirmationMessages!.title, /search the captured messages/);
    const { message } = confirmationMessages!;
    assert.ok(message instanceof vscode.MarkdownString);
    // No markup comes out of what an assistant writes.
    assert.ok(!message.value.includes("[x](y)"));
    assert.throws(() => prepareTool("search_zmq_messages", { limit: 0 }), /"limit" is a whole number/);
  });
});
