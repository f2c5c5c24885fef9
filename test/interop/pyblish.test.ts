import assert from "node:assert/strict";
import { test } from "node:test";
import { clientEndpoint } from "../../src/shared/endpoint.ts";
import type { Row } from "../../src/shared/model.ts";
import { tappedEngine } from "../support/tappedEngine.ts";
import { SeedProgram } from "./support/seedProgram.ts";

const plugin = (name: string): object => ({ name, id: `${name}-id`, order: 1.5 });
const INSTANCE = { name: "hero", id: "hero-id", data: {}, children: [] };

test("Pyblish's host and GUI, each calling the other through a tap of its own, are read both ways", async (t) => {
  const host = new SeedProgram(t, "pyblish", ["host"]);
  const gui = new SeedProgram(t, "pyblish", ["gui"]);
  const [hostUrl, guiUrl] = [(await host.bound())[0]!, (await gui.bound())[0]!];
  assert.match(hostUrl, /\/pyblish$/);
  const tap = tappedEngine(t);
  const toHost = clientEndpoint(hostUrl, await tap.attach(hostUrl, "host"));
  const toGui = clientEndpoint(guiUrl, await tap.attach(guiUrl, "gui"));
  assert.match(toHost, /^http:\/\/127\.0\.0\.1:\d+\/pyblish$/);

  const fromGui = [
    ["ping"],
    ["context"],
    ["discover"],
    ["process", plugin("CollectRig"), INSTANCE, null],
    ["process", plugin("ValidateRig"), INSTANCE, null],
    ["emit", "published", {}],
    ["stats"],
  ] as const;
  for (const call of fromGui) gui.tell([toHost, ...call]);
  const fromHost = [
    ["show", 9001],
    ["heartbeat", 9001],
    ["heartbeat", 9001],
    ["find_available_port", 9001],
    ["system.listMethods"],
  ] as const;
  for (const call of fromHost) host.tell([toGui, ...call]);
  const guiSaid = await gui.saidLines("called", fromGui.length);
  const hostSaid = await host.saidLines("called", fromHost.length);
  assert.deepEqual(guiSaid.at(-1)!["value"], { totalRequestCount: fromGui.length });
  assert.match((guiSaid[5]!["fault"] as string[])[1]!, /no such signal/);
  assert.deepEqual(hostSaid[3]!["value"], 9001);
  // The path is the host's only.
  gui.tell([toHost.replace("/pyblish", "/RPC2"), "ping"]);
  assert.deepEqual((await gui.saidLines("called", fromGui.length + 1)).at(-1)!["error"], [404, "Not Found"]);

  const messages = (name: string): Row[] => tap.rows().filter(({ kind, tap: of }) => kind === "message" && of === name);
  const all = 2 * (fromGui.length + 1);
  await tap.until(() => messages("host").length === all && messages("gui").length === 2 * fromHost.length);
  await tap.engine.capture.talk.settled();
  const rows = messages("host");
  const asked = rows.filter(({ from }) => from === "client");
  assert.deepEqual(
    asked.map(({ method }) => method),
    [...fromGui.map(([method]) => method), "ping"],
  );
  assert.ok(
    rows.every(({ dialect, latencyMs, from }) => dialect === "xml-rpc" && (from === "client" || latencyMs! > 0)),
  );
  assert.deepEqual(
    asked.map(({ status, problem }) => [status, problem.replace(/<class .*>:/, "")]),
    [
      ["ok", ""],
      ["ok", ""],
      ["ok", ""],
      ["ok", ""],
      ["error", "ValidateRig on hero: no joints"],
      ["error", "no such signal: published"],
      ["ok", ""],
      ["error", "The HTTP server answered 404 Not Found."],
    ],
  );
  const own = messages("gui");
  assert.deepEqual(
    own.map(({ method, isHeartbeat }) => `${method}${isHeartbeat ? " (folded)" : ""}`),
    [
      "show",
      "show",
      "heartbeat (folded)",
      "heartbeat (folded)",
      "heartbeat (folded)",
      "heartbeat (folded)",
      "find_available_port",
      "find_available_port",
      "system.listMethods",
      "system.listMethods",
    ],
  );
  assert.deepEqual(tap.bugs, []);
});
