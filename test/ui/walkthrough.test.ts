import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { FrameLocator, Locator } from "playwright-core";
import { type EchoServer, startEchoServer } from "./support/peers.ts";
import { keepEvidence, openSession, rows, type Session } from "./support/session.ts";

const STEPS = ["demo", "attach", "read", "filter", "replay"] as const;
type StepName = (typeof STEPS)[number];

let server: EchoServer;
let session: Session;

before(async () => {
  server = await startEchoServer();
  session = await openSession();
});

afterEach((context) => keepEvidence(session, context));

after(async () => {
  await session.close();
  server.close();
});

const done = (step: StepName): Locator => session.page.locator(`[data-done-step-id$="#${step}"].complete`).first();
const step = (name: StepName): Locator => session.page.locator(`.getting-started-step[data-step-id$="#${name}"]`);

async function openWalkthrough(): Promise<void> {
  const { workbench } = session;
  await workbench.run("Welcome: Open Walkthrough");
  await workbench.quickRows().filter({ hasText: "Get Started with ZMQ Tap" }).first().click();
  await step("demo").waitFor();
}

/** Presses the button of a step, which shows it first. */
async function press(name: StepName, button: string): Promise<void> {
  await step(name).click();
  await step(name).locator(".monaco-button", { hasText: button }).click();
}

/** The page of a documentation page's preview. */
function preview(heading: string): Promise<FrameLocator> {
  return session.workbench.webview(`h1:has-text("${heading}")`);
}

test("Views without content say what they are for, with buttons, and lead to their pages", async () => {
  const { workbench, page } = session;
  await workbench.openContainer("ZMQ Tap");
  for (const view of ["Calls", "Keys"]) await page.locator(".pane-header", { hasText: view }).click();
  for (const button of ["Attach ZMQ Tap", "Start Demo", "New Call File", "Import Keys…", "Generate CURVE Key Pair"]) {
    await page.locator(".welcome-view .monaco-button", { hasText: button }).waitFor({ state: "attached" });
  }
  await session.photograph("empty-views");
  await page.locator(".welcome-view a", { hasText: "What a tap needs to read CURVE" }).click();
  await (await preview("CURVE")).locator("h2", { hasText: "In three steps" }).waitFor();
  await workbench.run("View: Close Editor");
  for (const view of ["Calls", "Keys"]) await page.locator(".pane-header", { hasText: view }).click();
  await page.locator(".welcome-view a", { hasText: "How a tap works" }).click();
  await (await preview("Taps")).locator("h2", { hasText: "What a tap changes" }).waitFor();
  await workbench.run("View: Close Editor");
});

test("The walkthrough has five steps with drawings, none of them done", async () => {
  await openWalkthrough();
  assert.equal(await session.page.locator(".getting-started-step").count(), STEPS.length);
  for (const name of STEPS) {
    await step(name).click();
    await session.page.locator(`.getting-started-step.expanded[data-step-id$="#${name}"]`).waitFor();
    await session.photograph(`walkthrough-${name}`, ["dark", "light"], async () => {
      await session.workbench.webview(`svg#walkthrough-${name}`);
    });
    assert.equal(await done(name).count(), 0, name);
  }
});

test("Each step is done by doing it, and stays done", async () => {
  const { workbench, page } = session;
  await press("demo", "Start Demo");
  await done("demo").waitFor();
  assert.equal(await done("attach").count(), 0);
  await press("attach", "Attach ZMQ Tap");
  await workbench.answer("Endpoint of the server", server.endpoint);
  await workbench.awaitQuestion("Where clients will connect instead");
  await page.keyboard.press("Enter");
  await workbench.answer("What the log and the view Taps call it", "echo");
  await workbench.awaitQuestion("Choose what to change");
  await page.keyboard.press("Escape");
  await done("attach").waitFor();
  assert.equal(await done("read").count(), 0);
  await press("read", "Open Inspector");
  const panel = await workbench.webview('body[data-surface="inspector"] .app');
  await rows(panel, "slow_add").first().click();
  await panel.locator("#detail-title").waitFor();
  await panel.locator("#filter").fill("slow_add");
  await panel.locator("#filter").press("Enter");
  // Rows of before the filter are elements that are used again.
  await rows(panel, "echo").first().waitFor({ state: "detached" });
  await panel.locator("#filter-progress", { hasText: /[1-9]\d* of \d+/ }).waitFor();
  await rows(panel, /"method":"slow_add"/)
    .first()
    .click();
  await page.keyboard.press("r");
  await panel.locator(".row .badge", { hasText: "replay" }).first().waitFor();
  await openWalkthrough();
  for (const name of STEPS) await done(name).waitFor();
  await session.photograph("walkthrough-done", ["dark"]);
});
