import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { FrameLocator } from "playwright-core";
import { type EchoSession, inspector, keepEvidence, openEchoSession, rows, type Session } from "./support/session.ts";

let echo: EchoSession;
let session: Session;
let panel: FrameLocator;

/** Nobody has this address (RFC 5737). */
const ELSEWHERE = "tcp://192.0.2.1:5555";

before(async () => {
  echo = await openEchoSession();
  ({ session } = echo);
  panel = await inspector(session);
  await panel.locator("#tab-call").click();
  await panel.locator("#call-form").waitFor();
});

afterEach((context) => keepEvidence(session, context));

after(() => echo.close());

async function type(text: string): Promise<void> {
  await panel.locator(".call-text").first().fill(text);
}

async function choose(select: string, option: string): Promise<void> {
  await panel.locator(select).click();
  await panel.locator(`${select} li`, { hasText: option }).first().click();
}

test("A call through a tap shows the answer and how long it took, and stands in the log and in the history", async () => {
  await type("how are you?");
  await panel.locator("#call-send").click();
  await panel.locator(".result-answer", { hasText: "Answered after" }).waitFor();
  await panel.locator("#call-result", { hasText: "re: how are you?" }).waitFor();
  await session.photograph("call");
  assert.deepEqual(echo.server.requests, ["how are you?"]);
  await panel.locator("#tab-messages").click();
  await rows(panel, "re: how are you?").waitFor();
  await panel.locator("#tab-call").click();
});

test("A call beyond this machine asks first, and sends nothing when the user declines", async () => {
  const { workbench } = session;
  await choose("#call-target", "Endpoint");
  await panel.locator("#call-endpoint input").fill(ELSEWHERE);
  await panel.locator("#call-timeout input").fill("300");
  await panel.locator("#call-send").click();
  await workbench.dialog().filter({ hasText: "Send beyond this machine?" }).waitFor();
  await workbench.dialog().filter({ hasText: "192.0.2.1" }).waitFor();
  await workbench.screenshot("out/screenshots/confirm-dark.png");
  await workbench.pressInDialog("Cancel");
  await panel.locator("#call-result", { hasText: "Nothing was sent." }).waitFor();
});

test("A call that gets no answer ends with a clear timeout, once the user has agreed to send it", async () => {
  await panel.locator("#call-send").click();
  await session.workbench.pressInDialog("Send");
  await panel.locator(".result-timeout", { hasText: "No answer within 300" }).waitFor();
  // The second call to the same target is not asked about.
  await panel.locator("#call-send").click();
  await panel.locator("#call-history li").nth(2).waitFor();
  assert.equal(await session.workbench.dialog().count(), 0);
});
