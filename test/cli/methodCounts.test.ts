import assert from "node:assert/strict";
import { test } from "node:test";
import { MethodCounts } from "../../src/cli/methodCounts.ts";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { Dialogue } from "../../src/proxy/dialogue.ts";
import { openLink, say } from "../support/captures.ts";

test("MethodCounts tells the ten most used methods with errors and latency", async (t) => {
  const capture = new Capture({ maxBytes: 16 * 1024 * 1024 });
  const dialogue = new Dialogue(capture);
  t.after(() => dialogue.dispose());
  const link = openLink(capture, { sockets: { client: "DEALER", server: "ROUTER" } });
  let id = 0;
  const exchange = (method: string, answer: object | null): void => {
    id++;
    say(capture, link, 0, [JSON.stringify({ jsonrpc: "2.0", id, method })]);
    if (answer !== null) say(capture, link, 1, [JSON.stringify({ jsonrpc: "2.0", id, ...answer })]);
  };
  for (let turn = 0; turn < 3; turn++) exchange("add", { result: 1 });
  exchange("add", { error: { code: 1, message: "no" } });
  exchange("wait", null);
  for (let method = 0; method < 12; method++) exchange(`m${method}`, { result: 1 });
  await dialogue.settled();
  const counts = new MethodCounts();
  for (let n = 1; n <= capture.lastN; n++) counts.add(capture.talk, capture.row(n)!);
  assert.equal(counts.size, 14);
  const top = counts.top();
  assert.equal(top.length, 10);
  const [add, wait] = top;
  assert.deepEqual([add!.method, add!.dialect, add!.calls, add!.errors], ["add", "json-rpc", 4, 1]);
  assert.ok(add!.medianMs! > 0 && add!.p95Ms! >= add!.medianMs!);
  assert.deepEqual([wait!.method, wait!.medianMs], ["wait", null]);
});
