import assert from "node:assert/strict";
import { test } from "node:test";
import { BadLine, parseClientsLine } from "../../demo/clientsLine.ts";

const NAMES = ["weather", "results"];

test("parseClientsLine reads which clients connect where", () => {
  const line =
    '{"clients":[{"name":"weather","endpoint":"tcp://127.0.0.1:1"},{"name":"results","endpoint":"ipc:///a"}]}';
  assert.deepEqual(parseClientsLine(line, NAMES), [
    { name: "weather", endpoint: "tcp://127.0.0.1:1" },
    { name: "results", endpoint: "ipc:///a" },
  ]);
});

const bad: Record<string, { line: string; why: RegExp }> = {
  "no JSON": { line: "hello", why: /is not JSON/ },
  "no list": { line: "{}", why: /no list "clients"/ },
  null: { line: "null", why: /no list "clients"/ },
  "a client that is a number": { line: '{"clients":[1]}', why: /not an object/ },
  "an unknown name": { line: '{"clients":[{"name":"x","endpoint":"tcp://a:1"}]}', why: /none of weather, results/ },
  "no endpoint": { line: '{"clients":[{"name":"weather"}]}', why: /no "endpoint"/ },
  "an endpoint of another transport": {
    line: '{"clients":[{"name":"weather","endpoint":"udp://a:1"}]}',
    why: /no "endpoint"/,
  },
};

for (const [name, { line, why }] of Object.entries(bad)) {
  test(`parseClientsLine refuses a line with ${name} and says what to write`, () => {
    assert.throws(
      () => parseClientsLine(line, NAMES),
      (error) => error instanceof BadLine && why.test(error.message) && error.message.includes('write {"clients"'),
    );
  });
}
