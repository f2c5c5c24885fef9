import assert from "node:assert/strict";
import { connect } from "node:net";
import { once } from "node:events";
import { after, afterEach, before, test } from "node:test";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { keepEvidence, openSession, type Session, sideBarLog } from "./support/session.ts";

let session: Session;
let port: number;
let bridgePort: number;

before(async () => {
  port = await freePort();
  bridgePort = await freePort();
  const tap = { name: "echo", server: "tcp://127.0.0.1:1", listen: `tcp://127.0.0.1:${port}` };
  const ends = { in: `tcp://127.0.0.1:${bridgePort}`, out: "tcp://127.0.0.1:1" };
  const bridge = { name: "orders", kind: "rep-req", ...ends };
  session = await openSession({
    restricted: true,
    workspaceSettings: { "zmqTap.taps": [tap], "zmqTap.bridges": [bridge] },
  });
});

afterEach((context) => keepEvidence(session, context));

after(() => session.close());

test("In Restricted Mode nothing listens, and the view and the command say why", async () => {
  const { workbench, page } = session;
  // VS Code may ask about the folder before anything else.
  const dialog = workbench.dialog();
  await page.locator(".statusbar-item", { hasText: "Restricted Mode" }).or(dialog).first().waitFor();
  if ((await dialog.count()) > 0) await workbench.pressInDialog("No");
  const log = await sideBarLog(session);
  await log.locator("#empty-untrusted", { hasText: "not trusted" }).waitFor();
  await page.locator(".welcome-view .monaco-button", { hasText: "Manage Workspace Trust" }).waitFor();
  assert.equal(await page.locator(".welcome-view .monaco-button", { hasText: "Start Demo" }).count(), 0);
  await workbench.run("ZMQ Tap: Attach ZMQ Tap");
  const said = await workbench.notification("Restricted Mode");
  assert.match(said, /^Attach ZMQ Tap does not run here, since .* Restricted Mode .* trust the workspace/);
  await workbench.screenshot("out/screenshots/restricted-dark.png");
  await workbench.run("ZMQ Tap: Start Bridge…");
  assert.match(await workbench.notification("Start Bridge does not run here"), /Restricted Mode/);
  for (const each of [port, bridgePort]) {
    const socket = connect(each, "127.0.0.1");
    const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    assert.equal(error.code, "ECONNREFUSED");
  }
});
