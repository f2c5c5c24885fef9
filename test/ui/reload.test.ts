import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { FrameLocator, Locator } from "playwright-core";
import { Request } from "zeromq";
import {
  type EchoSession,
  emptyFilter,
  keepEvidence,
  openEchoSession,
  rows,
  type Session,
  sideBarLog,
} from "./support/session.ts";

let echo: EchoSession;
let session: Session;
let log: FrameLocator;
let client: Request;
/** How often the client lost its connection. */
let cuts = 0;

before(async () => {
  echo = await openEchoSession();
  ({ session, log } = echo);
  client = new Request({ linger: 0, receiveTimeout: 20_000, sendTimeout: 20_000 });
  client.events.on("disconnect", () => cuts++);
  client.connect(echo.listen);
});

afterEach((context) => keepEvidence(session, context));

after(async () => {
  client.close();
  await echo.close();
});

async function converse(words: string): Promise<string> {
  await client.send(words);
  return String((await client.receive())[0]);
}

function tapItem(): Locator {
  return session.page.locator(".customview-tree .monaco-list-row", { hasText: "echo" }).first();
}

test("A reload of the window cuts no program, and the log goes on where it was", async () => {
  assert.equal(await converse("before"), "re: before");
  await rows(log, "re: before").waitFor();
  const state = { isOver: false };
  let asked = 0;
  const talking = (async () => {
    while (!state.isOver) {
      assert.equal(await converse(`during ${++asked}`), `re: during ${asked}`);
      // The browser needs the machine, too.
      await setTimeout(20);
    }
  })();
  await session.workbench.reload();
  log = await sideBarLog(session);
  await emptyFilter(log);
  state.isOver = true;
  await talking;
  assert.equal(await converse("after"), "re: after");
  await rows(log, "re: after").waitFor();
  await rows(log, "re: during").first().waitFor();
  assert.equal(cuts, 0);
  assert.ok(asked > 20, `only ${asked} exchanges`);
  const total = Number(await log.locator('[role="grid"]').getAttribute("aria-rowcount"));
  // The link's two events and all messages: nothing was missed, and nothing is there twice.
  assert.ok(total >= 2 + 2 * (asked + 2), `${total} rows after ${asked} exchanges`);
  await tapItem().locator(".codicon-pass-filled").waitFor();
  assert.equal(await log.locator(".banner").count(), 0);
});

test("Stop Tap says how many clients it cuts, and Stop Capturing keeps them", async () => {
  const { page, workbench } = session;
  await workbench.contextMenu(tapItem(), "Stop Tap");
  const dialog = (): Locator => workbench.dialog().filter({ hasText: "1 client is connected through it" });
  await dialog().waitFor();
  await workbench.screenshot("out/screenshots/stop-tap-dark.png");
  await workbench.pressInDialog("Stop Capturing");
  await page.locator(".customview-tree .monaco-list-row", { hasText: "not captured" }).waitFor();
  const filter = log.locator("#filter");
  await filter.fill("event == capturing");
  await rows(log, "capturing stopped").waitFor();
  assert.equal(await converse("unseen"), "re: unseen");
  await workbench.contextMenu(tapItem(), "Start Capturing Again");
  await rows(log, "2 messages passed by").waitFor();
  await session.photograph("capturing");
  assert.equal(await converse("well seen"), "re: well seen");
  await filter.fill("seen");
  await rows(log, "re: well seen").waitFor();
  assert.equal(await rows(log, "unseen").count(), 0);
  assert.equal(cuts, 0);
  await workbench.contextMenu(tapItem(), "Stop Tap");
  await dialog().waitFor();
  await workbench.pressInDialog("Cancel");
  await dialog().waitFor({ state: "detached" });
  assert.equal(await converse("still"), "re: still");
});
