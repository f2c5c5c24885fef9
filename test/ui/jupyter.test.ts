import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { ask, type EchoServer, startEchoServer } from "./support/peers.ts";
import { keepEvidence, openSession, rows, type Session, sideBarLog } from "./support/session.ts";

const CHANNELS = ["shell", "iopub", "stdin", "control", "hb"] as const;

let servers: readonly EchoServer[];
let session: Session;
const folder = mkdtempSync(join(tmpdir(), "zmq-tap-runtime-"));

before(async () => {
  process.env["JUPYTER_RUNTIME_DIR"] = folder;
  servers = await Promise.all(CHANNELS.map(() => startEchoServer()));
  session = await openSession();
});

afterEach((context) => keepEvidence(session, context));

after(async () => {
  await session.close();
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true });
});

test("Attach to Jupyter Connection File offers the newest kernel first, and its clients' file reaches it", async () => {
  const connection: Record<string, unknown> = { ip: "127.0.0.1", transport: "tcp", key: "secret" };
  for (const [at, { endpoint }] of servers.entries()) {
    connection[`${CHANNELS[at]!}_port`] = Number(endpoint.split(":").at(-1));
  }
  for (const [name, seconds] of [
    ["kernel-old", 1000],
    ["kernel-new", 2000],
  ] as const) {
    const file = join(folder, `${name}.json`);
    writeFileSync(file, JSON.stringify(connection));
    utimesSync(file, seconds, seconds);
  }
  const { workbench, page } = session;
  const log = await sideBarLog(session);
  await log.locator("#empty-no-taps").waitFor();
  await workbench.run("ZMQ Tap: Attach to Jupyter Connection File…");
  await workbench.awaitQuestion("Connection file of which kernel?");
  assert.match((await workbench.quickRows().first().textContent()) ?? "", /kernel-new\.json/);
  await workbench.screenshot("out/screenshots/jupyter-choose-dark.png");
  await page.keyboard.press("Enter");
  const notice = page.locator(".notification-toast", { hasText: "kernel-new-tap.json" });
  await notice.waitFor();
  const written = JSON.parse(readFileSync(join(folder, "kernel-new-tap.json"), "utf8")) as Record<string, unknown>;
  assert.equal(written["key"], "secret");
  const endpoint = `tcp://127.0.0.1:${String(written["control_port"])}`;
  assert.deepEqual(await ask(endpoint, "through the tap"), ["re: through the tap"]);
  await rows(log, "re: through the tap").waitFor();
  await workbench.screenshot("out/screenshots/jupyter-attached-dark.png");
});
