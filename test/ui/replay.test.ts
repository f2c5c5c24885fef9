import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { FrameLocator } from "playwright-core";
import * as zmq from "zeromq";
import { type EchoSession, inspector, keepEvidence, openEchoSession, rows } from "./support/session.ts";

let echo: EchoSession;
let panel: FrameLocator;

before(async () => {
  echo = await openEchoSession();
  const client = new zmq.Request({ linger: 0 });
  client.connect(echo.listen);
  for (const question of ["one", "two", "three"]) {
    await client.send(question);
    await client.receive();
  }
  client.close();
  panel = await inspector(echo.session);
  await rows(panel, "re: three").waitFor();
});

afterEach((context) => keepEvidence(echo.session, context));

after(() => echo.close());

test("Replay Session asks in three steps, and shows what came of it and its rows", async () => {
  const { workbench, page } = echo.session;
  await workbench.run("ZMQ Tap: Replay Session…");
  for (const step of ["All messages", "Through the taps that recorded them", "As recorded"]) {
    await page.locator(".quick-input-list .focused", { hasText: step }).waitFor();
    await page.keyboard.press("Enter");
  }
  await page.locator(".notification-toast", { hasText: "3 answered (3 as recorded)" }).waitFor();
  assert.deepEqual(echo.server.requests, ["one", "two", "three", "one", "two", "three"]);
  await page.locator(".notification-toast .monaco-button", { hasText: "Show Rows" }).click();
  await rows(panel, "replay").first().waitFor();
  assert.equal(await panel.locator("#filter").inputValue(), "origin == replay");
});
