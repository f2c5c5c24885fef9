import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { Locator } from "playwright-core";
import { type EchoSession, keepEvidence, openEchoSession, rows, type Session } from "./support/session.ts";

let echo: EchoSession;
let session: Session;

const FILE = (endpoint: string): string => `# Calls of the echo service. From CI: zmq-tap run echo.zmqrpc --env local
variables
  who: world
  wait: 2s

environment local
  who: this machine

defaults
  target: ${endpoint}
  timeout: {{wait}}

call greet
  target: tap echo
  frame: "hello {{who}}"
  frame: json {"polite": true, "times": [1, 2.5, null]}
  expect: status ok
  expect: value[0] matches ^re: hello
  save: greeting = value[0]

# Hex is for what is no text
call octets
  frame: hex 68 65 78

call wrong
  frame: "{{greeting}}"
  expect: value[0] == "something else"
  expect: value[9] exists
`;

before(async () => {
  echo = await openEchoSession((endpoint) => ({ "echo.zmqrpc": FILE(endpoint) }));
  ({ session } = echo);
});

afterEach((context) => keepEvidence(session, context));

after(() => echo.close());

function lens(text: string): Locator {
  return session.page.locator(".codelens-decoration a", { hasText: text });
}

function callRow(text: string): Locator {
  return session.page.locator(`.pane-body .monaco-list-row[aria-label^="Call ${text}"]`);
}

test("The view Calls lists files and calls, and opens a call in its file", async () => {
  const { page, workbench } = session;
  await page.locator(".pane-header", { hasText: "Calls" }).click();
  await callRow("greet").waitFor();
  await callRow("greet").click();
  await lens("Run All").waitFor();
  assert.equal(await lens("Send to…").count(), 3);
  await workbench.screenshot("out/screenshots/calls-unsent-dark.png");
});

test("Send shows what came of a call beside its file, and leads to the row of the log", async () => {
  const { page } = session;
  await lens("Send").first().click();
  const results = page.locator(".editor-group-container", { hasText: "Results of echo.zmqrpc" });
  await results.locator(".view-line", { hasText: "answered after" }).first().waitFor();
  await results.locator(".view-line", { hasText: "re: hello" }).first().waitFor();
  await lens("✓ passed").waitFor();
  await lens("of the Log").click();
  const panel = await session.workbench.webview('body[data-surface="inspector"] .app');
  await rows(panel, "hello world").first().waitFor();
  assert.match(echo.server.requests[0] ?? "", /hello world/);
});

test("Run All sends all calls in order, and both views say which are not as expected", async () => {
  const { page, workbench } = session;
  await callRow("greet").click();
  await lens("Run All").click();
  await lens("✗ failed").waitFor();
  const results = page.locator(".editor-group-container", { hasText: "Results of echo.zmqrpc" });
  await results.locator(".view-line", { hasText: "something else" }).first().waitFor();
  await callRow("wrong").locator(".codicon-error").waitFor();
  await session.photograph("calls", ["dark", "light"]);
  await workbench.run("ZMQ Tap: Select Environment…");
  await workbench.answer("Take variables from which environment?", "local");
  await lens("Environment: local").first().waitFor();
});
