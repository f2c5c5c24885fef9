import assert from "node:assert/strict";
import { test } from "node:test";
import { addressTest } from "../../../src/proxy/filter/addressTest.ts";
import { parseFilter } from "../../../src/shared/filter/parse.ts";

const SHOWN = [
  "127.0.0.1:40001",
  "127.0.0.1:5555",
  "10.1.2.3:5555",
  "[::1]:5555",
  "[::ffff:10.9.9.9]:1",
  "ipc:///tmp/a",
  "host:5555",
  "",
];

const cases: Record<string, string[]> = {
  "== 127.0.0.1": ["127.0.0.1:40001", "127.0.0.1:5555"],
  "== 127.0.0.1:5555": ["127.0.0.1:5555"],
  "== 10.0.0.0/8": ["10.1.2.3:5555", "[::ffff:10.9.9.9]:1"],
  "== 10.1.2.0/23": ["10.1.2.3:5555"],
  "== 10.1.4.0/23": [],
  "== 0.0.0.0/0": ["127.0.0.1:40001", "127.0.0.1:5555", "10.1.2.3:5555", "[::ffff:10.9.9.9]:1"],
  "== ::1": ["[::1]:5555"],
  "== [::1]:1": [],
  "== ipc:///tmp/a": ["ipc:///tmp/a"],
  "== host": ["host:5555"],
  "== host:5555": ["host:5555"],
  "in {host, ::/64}": ["[::1]:5555", "host:5555"],
};

for (const [condition, expected] of Object.entries(cases)) {
  test(`addressTest finds with ${condition}: ${expected.join(" ") || "nothing"}`, () => {
    const parsed = parseFilter(`addr ${condition}`);
    assert.ok(parsed.ok && parsed.ast.kind === "test");
    const { test: wanted } = parsed.ast;
    const values = wanted.op === "==" ? [wanted.value] : wanted.op === "in" ? wanted.ranges.map(({ low }) => low) : [];
    assert.deepEqual(SHOWN.filter(addressTest(values)), expected);
  });
}
