import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { FrameLocator } from "playwright-core";
import { Reply, Request } from "zeromq";
import { freePort } from "../../scripts/tasks/freePort.ts";
import type { ThemeName } from "../../scripts/vscode/workbench.ts";
import { assertAccessible } from "./support/accessibility.ts";
import { inspector, keepEvidence, openSession, rows, type Session, sideBarLog } from "./support/session.ts";

const THEMES: readonly ThemeName[] = ["dark", "light", "high contrast"];

/** A JSON-RPC 2.0 service that adds, refuses, and answers late when it is told to. */
const server = new Reply();
let session: Session;
let panel: FrameLocator;
let listen: string;
const heard: string[] = [];

async function serve(): Promise<void> {
  for await (const [frame] of server) {
    const { id, method, params } = JSON.parse(String(frame)) as { id: unknown; method: string; params: number[] };
    heard.push(`${method} ${JSON.stringify(params)}`);
    const answer =
      method === "add"
        ? { result: { sum: params.reduce((sum, one) => sum + one, 0), of: params } }
        : { error: { code: -32601, message: "Method not found" } };
    await server.send(JSON.stringify({ jsonrpc: "2.0", id, ...answer }));
  }
}

before(async () => {
  await server.bind("tcp://127.0.0.1:*");
  void serve();
  listen = `tcp://127.0.0.1:${await freePort()}`;
  const tap = { name: "calculator", server: server.lastEndpoint, listen };
  session = await openSession({ workspaceSettings: { "zmqTap.taps": [tap] } });
  // The palette knows the commands only once the extension is there, which its side bar shows.
  const log = await sideBarLog(session);
  await log.locator("#empty-no-rows", { hasText: listen }).waitFor();
  panel = await inspector(session);
  // A program calls through the tap, so that its dialect and its methods are known.
  const client = new Request({ linger: 0 });
  client.connect(listen);
  for (const id of [1, 2]) {
    await client.send(JSON.stringify({ jsonrpc: "2.0", id, method: "add", params: [id, 1] }));
    await client.receive();
  }
  client.close();
  await rows(panel, "add").first().waitFor();
  await panel.locator("#tab-call").click();
});

afterEach((context) => keepEvidence(session, context));

after(async () => {
  await session.close();
  server.close();
});

async function fill(selector: string, text: string): Promise<void> {
  await panel.locator(`${selector} input, textarea${selector}`).first().fill(text);
}

test("The Call tab finds out the tap's dialect, completes methods, and points at what is wrong with JSON", async () => {
  await panel.locator("#call-dialect .select-face", { hasText: "Auto (JSON-RPC" }).waitFor();
  await panel.locator('#call-methods option[value="add"]').waitFor({ state: "attached" });
  await panel.locator("#call-method").fill("add");
  await panel.locator("#call-add-arg").click();
  await fill("#call-arg-0", "2");
  await panel.locator("#call-add-arg").click();
  await fill("#call-arg-1", "three");
  await panel.locator(".field-problem", { hasText: "Column 1: three is no JSON value" }).waitFor();
  assert.equal(await panel.locator("#call-send").getAttribute("disabled"), "");
  await session.photograph("call-json-problem", ["dark"]);
  await fill("#call-arg-1", "3");
  await panel.locator(".field-problem").waitFor({ state: "detached" });
});

test("Show Bytes shows what would be sent, and follows the form", async () => {
  await panel.locator("#call-bytes-toggle").click();
  await panel.locator("#call-bytes", { hasText: "As a REQ sends them" }).waitFor();
  await panel.locator("#call-bytes .hex-text, #call-bytes", { hasText: "jsonrpc" }).first().waitFor();
  await session.photograph("call-bytes", ["dark"]);
  await panel.locator("#call-bytes-toggle").click();
});

test("A call in a dialect shows its value and leads to its rows", async () => {
  await panel.locator("#call-send").click();
  await panel.locator(".result-answer", { hasText: "Answered after" }).waitFor();
  await panel.locator(".result-value", { hasText: "sum" }).waitFor();
  assert.equal(heard.at(-1), "add [2,3]");
  await panel.locator(".result-jump", { hasText: "Request #" }).waitFor();
  await panel.locator("#call-history", { hasText: "add(2, 3)" }).waitFor();
  await assertAccessible(panel);
  await session.photograph("call-dialect", THEMES);
});

test("An error of the service is shown as an error", async () => {
  await panel.locator("#call-method").fill("divide");
  await panel.locator("#call-send").click();
  await panel.locator(".result-error", { hasText: "-32601" }).waitFor();
  await panel.locator("#call-result", { hasText: "Method not found" }).waitFor();
  await session.photograph("call-error", THEMES);
});

test("A call is repeated with a rate, and summed up", async () => {
  await panel.locator("#call-method").fill("add");
  await panel.locator("#call-repeat-toggle").click();
  await fill("#call-repeat-count", "20");
  await fill("#call-repeat-rate", "200");
  await panel.locator("#call-repeat").click();
  await panel.locator(".result-repeat", { hasText: "20 calls in" }).waitFor();
  await panel.locator(".result-repeat", { hasText: "20 answered" }).waitFor();
  await session.photograph("call-repeat");
});

test("Call Again fills the form from a captured request", async () => {
  await panel.locator("#call-method").fill("something else");
  await panel.locator("#call-arg-0").fill("0");
  await panel.locator("#tab-messages").click();
  await session.workbench.contextMenu(rows(panel, '"method":"add"').last(), "Call Again");
  await panel.locator("#call-method").waitFor();
  assert.equal(await panel.locator("#call-method").inputValue(), "add");
  assert.equal(await panel.locator("#call-arg-0").inputValue(), "2");
});

test("A form for an endpoint offers retries and keys, and says that a server is not there", async () => {
  await panel.locator("#call-target").click();
  await panel.locator("#call-target li", { hasText: "Endpoint" }).first().click();
  await fill("#call-endpoint", `tcp://127.0.0.1:${await freePort()}`);
  await fill("#call-timeout", "150");
  await fill("#call-retries", "2");
  await panel.locator("#call-send").click();
  await panel.locator(".result-timeout", { hasText: "3 times" }).waitFor();
  await panel.locator(".result-timeout", { hasText: "Nothing accepted a connection there." }).waitFor();
  await session.photograph("call-endpoint", THEMES);
});
