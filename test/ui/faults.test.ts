import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, afterEach, before, test } from "node:test";
import type { FrameLocator, Page } from "playwright-core";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { pack } from "../../scripts/tasks/pack.ts";
import { currentTarget } from "../../scripts/tasks/zeromqNative.ts";
import { launchBrowser } from "../../scripts/vscode/browser.ts";
import { installVsCode } from "../../scripts/vscode/install.ts";
import { makeProfile } from "../../scripts/vscode/profile.ts";
import { installVsix, startServer, type VsCodeServer } from "../../scripts/vscode/server.ts";
import { Workbench } from "../../scripts/vscode/workbench.ts";
import { ask, startEchoServer } from "./support/peers.ts";
import { emptyFilter, rows } from "./support/session.ts";

// A window that stands still, and a VS Code that is killed: see docs/faults.md.

const QUESTIONS = 300;
const STUCK_MS = 10_000;

const ends: (() => unknown)[] = [];
let listen: string;
let page: Page;
let workbench: Workbench;
let start: () => Promise<VsCodeServer>;
let server: VsCodeServer;
let workspace: string;

before(async () => {
  const echo = await startEchoServer();
  ends.unshift(() => echo.close());
  listen = `tcp://127.0.0.1:${await freePort()}`;
  const vsix = process.env["ZMQ_TAP_VSIX"] ?? (await pack(currentTarget())).file;
  const vsCode = await installVsCode("current", (line) => process.stdout.write(`${line}\n`));
  const profile = await makeProfile({
    workspaceSettings: { "zmqTap.taps": [{ name: "echo", server: echo.endpoint, listen }] },
  });
  ends.unshift(() => profile.remove());
  ({ workspace } = profile);
  await installVsix(vsCode, profile, vsix);
  const port = await freePort();
  start = () => startServer(vsCode, profile, { port });
  server = await start();
  ends.unshift(() => server.stop());
  const browser = await launchBrowser(profile);
  ends.unshift(() => browser.close());
  page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  workbench = await Workbench.open(page, server.urlOf(workspace));
});

afterEach(async (context) => {
  const { name, passed } = context as unknown as { readonly name: string; readonly passed: boolean };
  if (!passed) await workbench.screenshot(`out/screenshots/failed-${name.replaceAll(/\W+/g, "-").slice(0, 60)}.png`);
});

after(async () => {
  for (const end of ends) await end();
});

async function inspector(): Promise<FrameLocator> {
  await workbench.openContainer("ZMQ Tap");
  await workbench.webview('body[data-surface="messages"] .app');
  await workbench.run("ZMQ Tap: Open Inspector");
  return workbench.webview('body[data-surface="inspector"] .app');
}

test("A log whose page stands still holds up no traffic, and shows all of it when it goes on", async () => {
  const panel = await inspector();
  await ask(listen, "before");
  await rows(panel, "re: before").first().waitFor();
  const body = await panel.locator("body").elementHandle();
  const stuck = { isOver: false };
  const standingStill = body
    .evaluate((_body, ms) => {
      const until = performance.now() + ms;
      while (performance.now() < until);
    }, STUCK_MS)
    .then(() => (stuck.isOver = true));
  const questions = Array.from({ length: QUESTIONS }, (_, number) => `meanwhile ${number}`);
  assert.equal((await ask(listen, ...questions)).length, QUESTIONS);
  assert.equal(stuck.isOver, false, "the page went on before the traffic was over");
  await standingStill;
  await rows(panel, `re: meanwhile ${QUESTIONS - 1}`)
    .first()
    .waitFor();
});

test("A VS Code that is killed has its log again when it is started anew, and the tap listens where it did", async () => {
  await ask(listen, "before the end");
  await rows(await inspector(), "re: before the end")
    .first()
    .waitFor();
  const all = processesBelow(process.pid).filter(({ args }) => !/engine\.cjs$|chrom/i.test(args));
  assert.ok(all.length > 1, "a server and its extension host");
  for (const { pid } of all) process.kill(pid, "SIGKILL");
  server = await start();
  workbench = await Workbench.open(page, server.urlOf(workspace));
  const panel = await inspector();
  await emptyFilter(panel);
  await rows(panel, "re: before the end").first().waitFor();
  assert.deepEqual(await ask(listen, "after it"), ["re: after it"]);
  await rows(panel, "re: after it").first().waitFor();
});

/** Programs that this one has started, and theirs; those that look at processes excepted. */
function processesBelow(ancestor: number): { pid: number; args: string }[] {
  const all = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" })
    .split("\n")
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, pid, parent, args]) => ({ pid: Number(pid), parent: Number(parent), args: args! }))
    .filter(({ args }) => !args.startsWith("ps "));
  const below = (parent: number): typeof all =>
    all.filter((each) => each.parent === parent).flatMap((each) => [each, ...below(each.pid)]);
  return below(ancestor);
}
