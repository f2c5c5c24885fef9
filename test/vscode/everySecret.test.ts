import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { inspect } from "node:util";
import * as vscode from "vscode";
import { writeZcert } from "../../src/shared/keys/zcert.ts";
import { JUPYTER_CHANNELS } from "../../src/shared/jupyterConnection.ts";
import type { TapState } from "../../src/shared/model.ts";
import type { WebBridgeState } from "../../src/shared/webBridge.ts";
import { type Secret, searchSecrets } from "../support/secrets.ts";
import {
  activated,
  ask,
  attachTo,
  connectCurveClient,
  eventualRow,
  isUniversal,
  removeAllTaps,
  run,
  startCurveServer,
  startEchoServer,
  zmq,
} from "./support.ts";

const word = (): string => `s3cret-${randomBytes(12).toString("hex")}`;

/** Every file below a folder. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Arguments and environments of all processes that may be looked at. */
function processes(): readonly (readonly [string, Buffer])[] {
  return readdirSync("/proc").flatMap((name) =>
    /^\d+$/.test(name)
      ? (["cmdline", "environ"] as const).flatMap((file): (readonly [string, Buffer])[] => {
          try {
            return [[`the ${file} of process ${name}`, readFileSync(`/proc/${name}/${file}`)]];
          } catch {
            return []; // It has ended, or belongs to somebody else.
          }
        })
      : [],
  );
}

suite("secrets of every kind", () => {
  const names = ["every pair", "every user"];
  let folder: string;

  suiteSetup(async () => {
    folder = await mkdtemp(join(tmpdir(), "zmq-tap-every-"));
  });

  suiteTeardown(async () => {
    await removeAllTaps();
    for (const key of names) await run("deleteKey", { key, confirmed: true });
    await rm(folder, { recursive: true });
  });

  test("stand in no file, process, answer, export, log or tool after all that uses them was used", async function () {
    this.timeout(180_000);
    const api = await activated();
    await removeAllTaps();
    const pair = zmq.curveKeyPair();
    const curve = await startCurveServer();
    const echo = await startEchoServer();
    const [password, jupyterKey, token, wrongToken, bearer, cookie] = [word(), word(), word(), word(), word(), word()];
    const secrets: readonly Secret[] = [
      { name: "secret key of a server", value: curve.secretKey, kind: "key" },
      { name: "secret key of a client pair", value: pair.secretKey, kind: "key" },
      { name: "PLAIN password", value: password, kind: "password" },
      { name: "Jupyter key", value: jupyterKey, kind: "password" },
      { name: "token of a web bridge", value: token, kind: "password" },
      { name: "wrong token", value: wrongToken, kind: "password" },
      { name: "bearer of an HTTP request", value: bearer, kind: "password" },
      { name: "cookie of an HTTP request", value: cookie, kind: "password" },
    ];
    const told: string[] = [];
    const web = createServer((_request, response) => {
      response.setHeader("Set-Cookie", `session=${cookie}`);
      response.end("answer");
    });
    try {
      await run("importKeys", { text: writeZcert(pair, "every pair"), name: "every pair" });
      await run("importKeys", { text: writeZcert(curve, "every server"), name: "every server" });
      names.push("every server");
      await run("addPlainUser", { name: "every user", user: "operator", password });

      const guarded = await attachTo(curve.endpoint, { name: "every curve" });
      await run<TapState>("setTapKeys", {
        tap: "every curve",
        security: { serverPair: "every server", clientPair: "every pair", plain: "every user" },
      });
      const client = connectCurveClient(guarded.listening, curve.publicKey);
      await client.send("question");
      assert.equal(String((await client.receive())[0]), "echo question");
      client.close();

      const plain = await attachTo(echo.endpoint, { name: "every plain" });
      const user = new zmq.Request({ linger: 0, plainUsername: "operator", plainPassword: password });
      user.connect(plain.listening);
      await eventualRow(api, ({ tapName, event }) => tapName === "every plain" && event === "handshake");
      user.close();

      const channels = await Promise.all(JUPYTER_CHANNELS.map(startEchoServer));
      const ports = JUPYTER_CHANNELS.map((channel, at) => [
        `${channel}_port`,
        Number(channels[at]!.endpoint.split(":").at(-1)),
      ]);
      const connection = { transport: "tcp", ip: "127.0.0.1", key: jupyterKey, signature_scheme: "hmac-sha256" };
      const file = join(folder, "kernel-every.json");
      await writeFile(file, JSON.stringify({ ...connection, ...Object.fromEntries(ports) }));
      const { taps } = await run<{ taps: readonly TapState[] }>("attachJupyter", { uri: vscode.Uri.file(file) });
      await ask(taps[0]!.listening, "a request");
      for (const channel of channels) channel.close();

      if (!isUniversal) {
        const bridge = await run<WebBridgeState>("startWebBridge", {
          allow: [echo.endpoint],
          name: "every page",
          token,
        });
        told.push(JSON.stringify(bridge));
        for (const shown of [wrongToken, token]) {
          const page = new WebSocket(`${bridge.url.replace("http", "ws")}/x?token=${shown}`);
          await new Promise<void>((resolve) => {
            page.onopen = () => page.close();
            page.onclose = () => resolve();
          });
        }
        await eventualRow(api, ({ tapName, event }) => tapName === "every page" && event === "refused");
        await run("removeWebBridge", { webBridge: "every page" });
      }

      web.listen(0, "127.0.0.1");
      await once(web, "listening");
      const { port } = web.address() as AddressInfo;
      const http = await attachTo(`http://127.0.0.1:${port}/x`, { name: "every http" });
      const address = `http://${http.listening.replace(/^\w+:\/\//, "")}/x`;
      const headers = { Authorization: `Bearer ${bearer}`, Cookie: `session=${cookie}` };
      assert.equal(await (await fetch(address, { headers })).text(), "answer");
      await eventualRow(api, ({ tapName, exchange }) => tapName === "every http" && exchange === "reply");

      const fails = async (command: string, args: Readonly<Record<string, unknown>>): Promise<void> => {
        await vscode.commands.executeCommand(`zmqTap.${command}`, args);
        await run(command, args).then(
          () => assert.fail(`${command} was not refused`),
          (error: unknown) => told.push(inspect(error)),
        );
      };
      await fails("importKeys", { text: `ZMQ_SECRET_KEY=${pair.secretKey}x` });
      await fails("setTapKeys", { tap: "every curve", security: { clientPair: pair.secretKey } });
      await fails("addPlainUser", { name: "every user", user: "x".repeat(300), password });
      await fails("startWebBridge", { allow: ["nonsense"], token });

      const workspace = vscode.workspace.workspaceFolders?.[0]?.uri;
      assert.ok(workspace !== undefined);
      for (const format of ["pcapng", "jsonl", "csv"] as const) {
        const uri = vscode.Uri.joinPath(workspace, `every.${format}`);
        await run("exportCapture", { uri, format, rows: "all" });
      }
      const { rows } = await api.rows(0, 500);
      told.push(JSON.stringify(api.taps()), JSON.stringify(rows));
      for (const { n } of rows) told.push(JSON.stringify(await api.message(n)));
      for (const [name, input] of [
        ["list_zmq_taps", {}],
        ["search_zmq_messages", { limit: 50 }],
        ["list_zmq_findings", {}],
        ...rows.slice(-40).map(({ n }) => ["get_zmq_message", { row: n }] as const),
      ] as const) {
        told.push(inspect(await vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined }), { depth: 9 }));
      }
      const places: (readonly [string, Buffer])[] = [
        ["what was told", Buffer.from(told.join("\n"))],
        ["what was told, without escapes", Buffer.from(told.join("\n").replaceAll("\\", ""))],
        ...processes(),
      ];
      // Files as a killed engine leaves them, too: those of the live capture are written as it goes.
      for (const root of [join(dirname(workspace.fsPath), "user"), workspace.fsPath]) {
        for (const path of await filesBelow(root)) places.push([path, await readFile(path)]);
      }
      assert.ok(places.some(([place]) => place.endsWith("every.pcapng")));
      const found = places.flatMap(([place, octets]) =>
        searchSecrets(octets, secrets).map((what) => `${what}, in ${place}`),
      );
      assert.deepEqual(found, []);
    } finally {
      for (const server of [curve, echo]) server.close();
      web.closeAllConnections();
      web.close();
    }
  });
});
