import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { FrameLocator } from "playwright-core";
import { SeedProgram } from "../interop/support/seedProgram.ts";
import { inspector, keepEvidence, openSession, rows, type Session, sideBarLog } from "./support/session.ts";

const ends: (() => Promise<void>)[] = [];
const suite = { after: (end: () => Promise<void>) => void ends.push(end) };
let session: Session;
let panel: FrameLocator;
let host: SeedProgram;
let gui: SeedProgram;
let url: string;

before(async () => {
  host = new SeedProgram(suite, "pyblish", ["host"]);
  gui = new SeedProgram(suite, "pyblish", ["gui"]);
  [url] = (await host.bound()) as [string];
  session = await openSession();
});

afterEach((context) => keepEvidence(session, context));

after(async () => {
  await session.close();
  for (const end of ends) await end();
});

test("Attach ZMQ Tap takes the URL of an HTTP server, and gives the URL that clients are to be told", async () => {
  const { workbench, page } = session;
  const log = await sideBarLog(session);
  await log.locator("#empty-no-taps").waitFor();
  await workbench.run("ZMQ Tap: Attach ZMQ Tap");
  await workbench.awaitQuestion("Endpoint of the server");
  await workbench.quickInput().fill(url.replace("http:", "https:"));
  await workbench.quickRows().filter({ hasText: "encrypted between the programs" }).waitFor();
  await workbench.quickInput().fill(url);
  await workbench.quickRows().filter({ hasText: "use this server" }).waitFor();
  await page.keyboard.press("Enter");
  await workbench.awaitQuestion("Where clients will connect instead");
  const listen = await workbench.quickInput().inputValue();
  assert.match(listen, /^tcp:\/\/127\.0\.0\.1:\d+$/);
  await page.keyboard.press("Enter");
  await workbench.answer("What the log and the view Taps call it", "host");
  await workbench.awaitQuestion("Choose what to change");
  const told = `${listen.replace("tcp:", "http:")}/pyblish`;
  await workbench.quickRows().filter({ hasText: told }).click();
  await workbench.statusBarItem(`Copied ${told}`);
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), told);
  await log.locator("#empty-no-rows", { hasText: told }).waitFor();

  const plugin = (name: string): object => ({ name, id: `${name}-id`, order: 1 });
  const instance = { name: "hero", id: "hero-id", data: {}, children: [] };
  for (const call of [["ping"], ["discover"], ["process", plugin("CollectRig"), instance, null]])
    gui.tell([told, ...call]);
  gui.tell([told, "process", plugin("ValidateRig"), instance, null]);
  gui.tell([told, "emit", "published", {}]);
  await gui.said("called", 5);
  panel = await inspector(session);
  await rows(panel, /emit.*error/)
    .nth(1)
    .waitFor();
  await rows(panel, /process.*error/)
    .nth(1)
    .click();
  await panel.getByText("ValidateRig on hero: no joints").first().waitFor();
  await panel.getByText("HTTP status").first().waitFor();
  await session.photograph("http-log");
});

test("The Call tab calls through the tap and to the URL itself, in XML-RPC by itself", async () => {
  await panel.locator("#tab-call").click();
  await panel.locator("#call-form").waitFor();
  await panel.locator("#call-dialect .select-face", { hasText: "Auto (XML-RPC)" }).waitFor();
  await panel.locator("#call-method").fill("ping");
  await panel.locator("#call-send").click();
  await panel.locator(".result-value", { hasText: "Hello, whomever you are" }).waitFor();

  await panel.locator("#call-target").click();
  await panel.locator("#call-target li", { hasText: "Endpoint" }).first().click();
  await panel.locator("#call-endpoint input").fill(url);
  await panel.locator("#call-dialect .select-face", { hasText: "Auto (XML-RPC)" }).waitFor();
  await panel.locator("#call-method").fill("stats");
  await panel.locator("#call-send").click();
  await panel.locator(".result-value", { hasText: "totalRequestCount" }).waitFor();
  await session.photograph("http-call");

  await panel.locator("#call-endpoint input").fill(`${url}/elsewhere`);
  await panel.locator("#call-send").click();
  await panel.locator("#call-result", { hasText: "The HTTP server answered 404 Not Found" }).waitFor();
  await panel.locator("#tab-messages").click();
  await rows(panel, "call").first().waitFor();
});
