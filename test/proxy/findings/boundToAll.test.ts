import assert from "node:assert/strict";
import { test } from "node:test";
import { boundToAll } from "../../../src/proxy/findings/boundToAll.ts";
import type { TapListener } from "../../../src/proxy/findings/rule.ts";
import { watchRule } from "../../support/seenRows.ts";

test("boundToAll tells taps that listen on all interfaces, until they do not", () => {
  let listeners: TapListener[] = [
    { tapName: "home", endpoint: "tcp://127.0.0.1:5556" },
    { tapName: "path", endpoint: "ipc:///tmp/tap" },
    { tapName: "odd", endpoint: "?" },
    { tapName: "star", endpoint: "tcp://*:5557" },
    { tapName: "zero", endpoint: "tcp://0.0.0.0:5558" },
    { tapName: "six", endpoint: "tcp://[::]:5559" },
  ];
  const { tick, told, said } = watchRule(boundToAll, { listeners: () => listeners });
  tick(1_000);
  tick(2_000);
  assert.deepEqual(
    told().map(({ id, about, severity, count, isOpen }) => [id, about, severity, count, isOpen]),
    ["star", "zero", "six"].map((tap) => ["bound-to-all", tap, "warning", 1, true]),
  );
  assert.match(told()[0]!.text, /^The tap listens on all network interfaces \(tcp:\/\/\*:5557\): /);
  listeners = [{ tapName: "star", endpoint: "tcp://*:5557" }];
  tick(3_000);
  assert.deepEqual(
    said().map((text) => text.endsWith("(over)")),
    [false, true, true],
  );
});
