import assert from "node:assert/strict";
import { test } from "node:test";
import { readCallFile } from "../../../src/shared/zmqrpc/callFile.ts";
import { completionsAt, dialectOf, type KnownNames, placeAt } from "../../../src/shared/zmqrpc/complete.ts";
import { context, dialects, randomText } from "../../support/callFiles.ts";
import { random } from "../../support/random.ts";

const known: KnownNames = {
  dialects,
  taps: [{ name: "backend", server: "tcp://127.0.0.1:5556" }],
  methods: ["add", "divide"],
  keys: [
    { name: "server", kind: "public" },
    { name: "me", kind: "pair" },
    { name: "reader", kind: "plain" },
  ],
};

const environments = new Map(["prod", "staging"].map((name) => [name, new Map<string, string>()]));

/** What is offered at the `|` of a text, as label and what the line becomes. */
function offered(marked: string): readonly string[] {
  const offset = marked.indexOf("|");
  const text = marked.replace("|", "");
  const file = readCallFile(text);
  const place = placeAt(file, text, offset);
  if (place === null) return [];
  assert.ok(place.range.to === offset && place.range.from <= offset);
  return completionsAt(place, file, { ...context, environments }, known).map(({ label }) => label);
}

const HEAD =
  "variables\n  host: a\n\nenvironment staging\n  host: b\n\ndefaults\n  dialect: json-rpc\n  target: ipc:///tmp/x\n\n";
const CALL = `${HEAD}call first\n  method: list\n  save: token = value\n\ncall second\n`;

const places: Readonly<Record<string, readonly string[]>> = {
  "|": ["variables", "environment", "defaults", "call"],
  [`${HEAD}ca|`]: ["environment", "call"],
  [`${HEAD}environment s|`]: ["prod"],
  [`${CALL}  target: |`]: ["tap backend", "ipc:///tmp/x", "tcp://127.0.0.1:", "http://127.0.0.1:"],
  [`${CALL}  method:|`]: ["add", "divide", "list"],
  [`${CALL}  method: di|`]: ["add", "divide", "list"],
  [`${CALL}  socket: |`]: ["REQ", "DEALER", "PUSH", "PUB"],
  [`${CALL}  serverKey: |`]: ["server", "me"],
  [`${CALL}  clientPair: |`]: ["me"],
  [`${CALL}  plain: |`]: ["reader"],
  [`${CALL}  frame: |`]: ["hex ", "json "],
  [`${CALL}  frame: "|`]: [],
  [`${CALL}  save: |`]: ["name = value."],
  [`${CALL}  save: x|`]: [],
  [`${CALL}  expect: |`]: ["status", "value", "problem", "code", "method"],
  [`${CALL}  expect: status |`]: ["ok", "error", "timeout", "sent"],
  [`${CALL}  expect: value.a[0] |`]: ["==", "!=", "exists", "missing", "matches"],
  [`${CALL}  expect: value == |`]: [],
  [`${CALL}  fields: {|`]: ["notify", "state", "service", "extra", "key"],
  [`${CALL}  fields: {"a": |`]: [],
  [`${CALL}  args: ["{{ho|"]`]: ["host", "token"],
  [`${CALL}  timeout: |`]: [],
  [`${CALL}  # ta|`]: [],
  "  x|": [],
  "variables\n  a|": [],
  "variables\n  a: b|": [],
};
for (const [text, labels] of Object.entries(places)) {
  test(`completion offers ${labels.length} at ${JSON.stringify(text.slice(-24))}`, () =>
    assert.deepEqual(offered(text), labels));
}

test("completion offers keys that are not there yet, or can stand again", () => {
  const labels = offered(`${CALL}  target: x\n  expect: status ok\n  |\n  method: y`);
  assert.ok(labels.includes("args") && labels.includes("expect"));
  assert.ok(!labels.includes("target") && !labels.includes("method"));
  const inDefaults = offered("defaults\n  t|");
  assert.ok(inDefaults.includes("target") && !inDefaults.includes("method"));
});

test("completion offers dialects with what they mean, once that is known", () => {
  const text = "call a\n  dialect: ";
  const file = readCallFile(text);
  const place = placeAt(file, text, text.length)!;
  const [info] = completionsAt(place, file, context, known).filter(({ label }) => label === "json-rpc");
  assert.deepEqual([info?.detail, info?.meaning], ["JSON-RPC 2.0", "A request object."]);
  assert.equal(completionsAt(place, file, context, { ...known, dialects: null })[0]?.detail, "");
});

test("dialectOf takes the call's own before that of defaults", () => {
  const file = readCallFile(`${HEAD}call a\n  dialect: raw\n\ncall b\n`);
  assert.deepEqual(
    [dialectOf(file, file.calls[0]!), dialectOf(file, file.calls[1]!), dialectOf(file, null)],
    ["raw", "json-rpc", "json-rpc"],
  );
  assert.equal(dialectOf(readCallFile("call a"), null), null);
});

test("completion takes any place of any text", () => {
  for (let seed = 0; seed < 3_000; seed++) {
    const below = random(seed);
    const text = randomText(below);
    const offset = below(text.length + 1);
    const file = readCallFile(text);
    const place = placeAt(file, text, offset);
    if (place === null) continue;
    assert.ok(0 <= place.range.from && place.range.from <= offset && place.range.to === offset, text);
    completionsAt(place, file, context, known);
  }
});
