import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { createVSIX } from "@vscode/vsce";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { until } from "../support/until.ts";
import { keepEvidence, openSession, type Session } from "./support/session.ts";
import { socketsOf } from "./support/sockets.ts";

type Probed = {
  readonly isTrusted: boolean;
  readonly commands: Readonly<Record<string, string>>;
  readonly tools: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, unknown>>;
};

/** Whatever listens, connects, sends, starts programs, loads code, or reads and writes keys and files that are named. */
const REFUSED = [
  ...["attach", "attachThere", "attachJupyter", "attachSocks", "startTap", "changeServer", "watchAllTopics"],
  ...["probeEndpoint", "answerCalls", "listenForSignals", "startDemo"],
  ...["startBridge", "restartBridge", "startWebBridge", "restartWebBridge"],
  ...["replayMessage", "replaySession", "replayLog", "replaySelection", "editAndReplay", "sendEdited"],
  ...["newCall", "callAgain", "sendCall", "sendCallTo", "runCalls", "saveAsCall"],
  ...["holdMessages", "injectFault", "releaseHeld", "editHeld", "dropHeld"],
  ...["importKeys", "exportPublicKey", "exportKeyPair", "setTapKeys", "allowClient", "denyClient"],
].map((name) => `zmqTap.${name}`);

/** Looks at what is there, ends what runs, or changes what the user alone sees. */
const INERT = [
  ...[
    "stopTap",
    "removeTap",
    "stopAllTaps",
    "stopWatchingAllTopics",
    "copyEndpoint",
    "stopInterventions",
    "releaseAllHeld",
  ],
  ...["stopBridge", "removeBridge", "showMessages", "stopWebBridge", "removeWebBridge", "copyWebBridgeUrl"],
  ...[
    "copyWebBridgeToken",
    "openInspector",
    "clearLog",
    "pauseDisplay",
    "resumeDisplay",
    "copyMessageAs",
    "copyAs.text",
  ],
  ...["copyAs.json", "copyAs.hex", "copyAs.base64", "copyAs.python", "copyAs.javascript", "copyAs.command"],
  ...["openInInspector", "goToReply", "goToRequest", "cancelCalls", "showCallResults", "openCall", "newCallFile"],
  ...["selectEnvironment", "clearAllButPinned", "pinMessage", "unpinMessage", "editNote", "filterBy.equals"],
  ...["filterBy.notEquals", "filterBy.conversation", "followConversation", "setDialect", "follow.link"],
  ...["follow.exchange", "follow.topic", "follow.correlation", "saveFilter", "selectForCompare", "compareWithSelected"],
  ...["openCapture", "recoverCapture", "discardCapture", "exportCapture", "exportLog", "saveFrames"],
  ...["generateKeyPair", "copyPublicKey", "renameKey", "deleteKey", "addPlainUser"],
  ...["jumpToRow", "filterByFinding", "explainFinding", "disableFinding", "stopDemo", "showOutput"],
  ...["stopCapturing", "startCapturing", "openDocs"],
].map((name) => `zmqTap.${name}`);

/** Settings that a workspace may not set before it is trusted, with what this one says. */
const SETTINGS = {
  "zmqTap.taps": (canary: string, port: number) => [
    { name: "echo", server: canary, listen: `tcp://127.0.0.1:${port}` },
  ],
  "zmqTap.bridges": (canary: string, port: number) => [
    { name: "orders", kind: "rep-req", in: `tcp://127.0.0.1:${port}`, out: canary },
  ],
  "zmqTap.dialects": () => [{ name: "evil", module: "evil.mjs" }],
  "zmqTap.assistant.redact": () => false,
  "zmqTap.redaction.names": () => ["nothing"],
  "zmqTap.protobuf.files": () => "evil.proto",
  "zmqTap.capture.maxBytes": () => 64 * 1024 * 1024 * 1024,
  "zmqTap.capture.maxDiskBytes": () => 1e15,
  "zmqTap.curve.maxFrameBytes": () => 1e12,
} as const;

const folder = mkdtempSync(join(tmpdir(), "zmq-tap-restricted-"));
let session: Session;
let connections = 0;
const canary = createServer((socket) => {
  connections++;
  socket.destroy();
});
const ports: number[] = [];

before(async () => {
  canary.listen(0, "127.0.0.1");
  await once(canary, "listening");
  const server = `tcp://127.0.0.1:${(canary.address() as AddressInfo).port}`;
  ports.push(await freePort(), await freePort(), await freePort());
  const probe = join(folder, "probe.vsix");
  await createVSIX({
    cwd: "test/ui/support/probe",
    packagePath: probe,
    dependencies: false,
    allowMissingRepository: true,
    skipLicense: true,
  });
  const given = {
    ...{
      quiet: true,
      confirmed: true,
      send: true,
      server,
      listen: `tcp://127.0.0.1:${ports[2]}`,
      name: "x",
      tap: "echo",
    },
    ...{ bridge: "orders", config: { kind: "rep-req", in: `tcp://127.0.0.1:${ports[2]}`, out: server } },
    ...{ target: { kind: "endpoint", endpoint: server }, socket: "REQ", frames: [{ format: "text", text: "x" }] },
    ...{ n: 1, key: "k", text: "password", user: "u", password: "correct horse", security: { serverPair: "k" } },
    ...{ spec: "drop", held: 1, from: "log", as: "REP", allow: ["tcp://127.0.0.1:*"], token: "token-of-a-probe" },
    ...{ dialect: "json-rpc", method: "m", rows: [1], timing: { kind: "fast" }, topics: [""], finding: "server-down" },
  };
  session = await openSession({
    restricted: true,
    extensions: [probe],
    workspaceSettings: Object.fromEntries(
      Object.entries(SETTINGS).map(([name, value], at) => [name, value(server, ports[at === 0 ? 0 : 1]!)]),
    ),
    files: {
      "probe.json": JSON.stringify({ arguments: given }),
      "evil.mjs": 'import { writeFileSync } from "node:fs"; writeFileSync(new URL("evil.ran", import.meta.url), "");\n',
      "calls.zmqrpc": `call a\n  target: ${server}\n  dialect: json-rpc\n  method: m\n`,
    },
  });
});

afterEach((context) => keepEvidence(session, context));

after(async () => {
  await session.close();
  canary.close();
  rmSync(folder, { recursive: true });
});

test("In Restricted Mode each command that opens a socket, names a file or a key, sends or loads code is inert", async () => {
  const { workbench, page, workspace } = session;
  const dialog = workbench.dialog();
  await page.locator(".statusbar-item", { hasText: "Restricted Mode" }).or(dialog).first().waitFor();
  if ((await dialog.count()) > 0) await workbench.pressInDialog("No");
  const file = join(workspace, "probed.json");
  await until(() => existsSync(file));
  const { isTrusted, commands, tools, settings } = JSON.parse(readFileSync(file, "utf8")) as Probed;
  assert.equal(isTrusted, false);
  assert.deepEqual(Object.keys(commands).sort(), [...REFUSED, ...INERT].sort(), "a new command belongs into a list");
  const acted = REFUSED.filter(
    (name) => !commands[name]!.includes("does not run here, since this workspace is in Restricted Mode"),
  );
  assert.deepEqual(
    acted.map((name) => `${name} ${commands[name]!}`),
    [],
  );
  assert.match(tools["call_zmq_service"]!, /refused/);
  const { properties } = (
    JSON.parse(readFileSync("package.json", "utf8")) as {
      contributes: { configuration: { properties: Readonly<Record<string, { default: unknown }>> } };
    }
  ).contributes.configuration;
  for (const name of Object.keys(SETTINGS)) assert.deepEqual(settings[name], properties[name]!.default, name);

  assert.equal(connections, 0, "something connected");
  for (const port of ports) {
    const socket = connect(port, "127.0.0.1");
    const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    assert.equal(error.code, "ECONNREFUSED");
  }
  assert.deepEqual(
    socketsOf(session.folder).filter(({ command }) => command.includes("/dist/")),
    [],
  );
  assert.ok(!existsSync(join(workspace, "evil.ran")), "code of the workspace ran");
});
