import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { inspect } from "node:util";
import * as vscode from "vscode";
import type { TapState } from "../../src/shared/model.ts";
import { writeZcert } from "../../src/shared/keys/zcert.ts";
import { secretForms } from "../support/keys.ts";
import {
  activated,
  attachTo,
  connectCurveClient,
  eventually,
  removeAllTaps,
  run,
  startCurveServer,
} from "./support.ts";

const PASSWORD = "correct horse battery staple";

/** Every file below a folder. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

suite("secrets", () => {
  suiteTeardown(async () => {
    await removeAllTaps();
    for (const key of ["guarded", "guarded user"]) await run("deleteKey", { key, confirmed: true });
  });

  test("stand in no state, setting, log, capture, error, argument or environment after a tap with keys has worked", async () => {
    const api = await activated();
    const server = await startCurveServer();
    const failures: string[] = [];
    const fails = async (command: string, args: Readonly<Record<string, unknown>>): Promise<void> => {
      // Not quiet as a script: what is shown and logged is what matters here.
      await vscode.commands.executeCommand(`zmqTap.${command}`, args);
      await assert.rejects(run(command, args), (error: Error) => {
        // With its cause and stack, which is all that the log gets of it.
        failures.push(inspect(error));
        return true;
      });
    };
    try {
      await run("importKeys", { text: writeZcert(server, "guarded"), name: "guarded" });
      await run("addPlainUser", { name: "guarded user", user: "operator", password: PASSWORD });
      const tap = await attachTo(server.endpoint, { name: "guarded tap" });
      const security = { serverPair: "guarded", plain: "guarded user" };
      await run<TapState>("setTapKeys", { tap: "guarded tap", security });
      const client = connectCurveClient(tap.listening, server.publicKey);
      await client.send("question");
      assert.equal(String((await client.receive())[0]), "echo question");
      client.close();
      await eventually(api, () => api.taps().find(({ links }) => links.length === 0));
      await run("stopTap", { tap: "guarded tap" });
      await run("startTap", { tap: "guarded tap" });

      const wrong = writeZcert({ ...server, publicKey: server.secretKey }, "x");
      await fails("importKeys", { text: wrong });
      await fails("setTapKeys", { tap: "guarded tap", security: { serverPair: server.secretKey } });
      await fails("setTapKeys", {
        tap: "guarded tap",
        security: { serverPair: "guarded", serverKey: server.secretKey },
      });
      await fails("generateKeyPair", { name: server.secretKey });
      await fails("addPlainUser", { name: "x", user: "x".repeat(300), password: PASSWORD });

      const { rows } = await api.rows(0, 500);
      const shown = [JSON.stringify(api.taps()), JSON.stringify(rows), ...failures];
      for (const { n } of rows) shown.push(JSON.stringify(await api.message(n)));
      const pid = api.enginePid();
      assert.ok(pid !== undefined);
      const workspace = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
      assert.ok(workspace !== undefined);
      const places: [string, Buffer][] = [
        ["what the API and failures say", Buffer.from(shown.join("\n"))],
        ["the engine's arguments", readFileSync(`/proc/${pid}/cmdline`)],
        ["the engine's environment", readFileSync(`/proc/${pid}/environ`)],
      ];
      // Settings, state and logs, as far as this VS Code writes them to disk; its secret storage is in the browser.
      const files = [...(await filesBelow(join(dirname(workspace), "user"))), ...(await filesBelow(workspace))];
      for (const file of files) places.push([file, await readFile(file)]);
      for (const [place, bytes] of places) {
        for (const secret of [server.secretKey, PASSWORD])
          for (const form of secretForms(secret)) assert.equal(bytes.indexOf(form), -1, place);
      }
    } finally {
      server.close();
    }
  });

  test("would be found in any of their forms", () => {
    const key = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs";
    assert.equal(secretForms(key).length, 10);
    assert.equal(secretForms(PASSWORD).length, 5);
    for (const form of secretForms(key)) assert.ok(form.length >= 32);
  });
});
