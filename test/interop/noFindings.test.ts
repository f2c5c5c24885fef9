import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Finding } from "../../src/shared/findings.ts";
import { type TappedEngine, tappedEngine } from "../support/tappedEngine.ts";
import { loadVectors, type Vector } from "../support/vectors.ts";
import { playLink } from "./support/play.ts";

// What is healthy must be found to be so. The rigs of other tests see to the same: see support/expectedFindings.ts.

const DEMO = fileURLToPath(new URL("../../demo/main.ts", import.meta.url));

/** Everything that was found, once all rows were looked at. */
async function found({ engine, bugs }: TappedEngine): Promise<readonly Finding[]> {
  const watch = await engine.watch;
  await watch.settled();
  assert.deepEqual(bugs, []);
  return watch.state().findings;
}

/** Servers since libzmq 4.2 refuse PLAIN without an authenticator. */
const isRefused = ({ mechanism, received }: Vector): boolean =>
  mechanism === "PLAIN" && [...received.client, ...received.server].every((message) => message === null);

const words = ({ tapName, id, text }: Finding): string => `${tapName} ${id}: ${text}`;

for (const connecting of ["client", "server"] as const) {
  test(`Nothing is found in recorded links of all libzmq versions where the ${connecting} connects`, async (t) => {
    const tapped = tappedEngine(t, 64 * 1024 * 1024);
    const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const vectors = loadVectors().filter((vector) => !isRefused(vector));
    for (const vector of vectors) {
      const endpoint = await tapped.attach(`tcp://127.0.0.1:${port}`, vector.name);
      await playLink(t, Number(endpoint.slice(endpoint.lastIndexOf(":") + 1)), server, vector, connecting);
    }
    await tapped.until(() => tapped.engine.taps.every(({ links }) => links.length === 0));
    assert.ok(tapped.engine.capture.lastN > 3 * vectors.length);
    assert.deepEqual((await found(tapped)).map(words), []);
  });
}

test("Nothing is found in the demo", async (t) => {
  const tapped = tappedEngine(t, 64 * 1024 * 1024);
  const demo = spawn(process.execPath, [DEMO], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => demo.kill("SIGKILL"));
  const [line] = (await once(createInterface({ input: demo.stdout }), "line")) as [string];
  const { servers } = JSON.parse(line) as { servers: readonly { readonly name: string; readonly server: string }[] };
  const clients: { readonly name: string; readonly endpoint: string }[] = [];
  for (const { name, server } of servers) clients.push({ name, endpoint: await tapped.attach(server, name) });
  demo.stdin.write(`${JSON.stringify({ clients })}\n`);
  await tapped.until(() => tapped.engine.taps.every(({ messages }) => messages >= 12));
  assert.deepEqual((await found(tapped)).map(words), []);
});
