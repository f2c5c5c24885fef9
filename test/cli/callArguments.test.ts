import assert from "node:assert/strict";
import { test } from "node:test";
import { parseArguments } from "../../src/cli/arguments.ts";
import { parseCall } from "../../src/cli/callArguments.ts";
import { KNOWN } from "../support/keys.ts";

const ENDPOINT = "tcp://127.0.0.1:5556";
const plain = {
  endpoint: ENDPOINT,
  dialect: "raw",
  method: "add",
  args: [],
  kwargs: {},
  fields: {},
  fieldFiles: {},
  socket: null,
  timeoutMs: 5000,
  retries: 0,
  keys: null,
};

test("parseArguments reads call and dialects", () => {
  assert.deepEqual(parseArguments(["call", ENDPOINT, "add"]), { kind: "call", options: plain });
  assert.deepEqual(parseArguments(["dialects"]), { kind: "dialects", json: false });
  assert.deepEqual(parseArguments(["dialects", "--json"]), { kind: "dialects", json: true });
  assert.equal(parseArguments(["dialects", "x"]).kind, "bad");
  assert.equal(parseArguments(["call"]).kind, "bad");
});

test("parseCall takes arguments as JSON, negative numbers among them, and as text where they are none", () => {
  const args = ["2", "-3", "-.5", '{"a":[1]}', "hello", '"2"', "null", "-x"];
  const read = parseCall([ENDPOINT, "add", ...args.slice(0, -1), "--", "-x"]);
  assert.deepEqual(typeof read === "string" ? read : read.args, [2, -3, "-.5", { a: [1] }, "hello", "2", null, "-x"]);
});

test("parseCall reads every option", () => {
  const options = ["--dialect", "json-rpc", "--kwargs", '{"a": 1}', "--field", "x=1=2", "--field", "y="];
  const more = ["--field-file", "key=secret.txt", "--socket", "dealer", "--timeout", "100", "--retries", "3"];
  assert.deepEqual(parseCall([ENDPOINT, "add", ...options, ...more]), {
    ...plain,
    dialect: "json-rpc",
    kwargs: { a: 1 },
    fields: { x: "1=2", y: "" },
    fieldFiles: { key: "secret.txt" },
    socket: "DEALER",
    timeoutMs: 100,
    retries: 3,
  });
});

test("parseCall reads keys as a client shows them", () => {
  const curve = parseCall([ENDPOINT, "add", "--curve-upstream", KNOWN.publicKey, "--curve-client", "me.key_secret"]);
  assert.ok(typeof curve === "object");
  assert.deepEqual([curve.keys?.clientLeg, curve.keys?.serverLeg], ["NULL", "CURVE"]);
  const user = parseCall([ENDPOINT, "add", "--plain-user", "u", "--plain-password-file", "p"]);
  assert.ok(typeof user === "object");
  assert.deepEqual([user.keys?.serverLeg, user.keys?.user], ["PLAIN", "u"]);
});

const bad: Record<string, readonly [readonly string[], RegExp]> = {
  "no endpoint": [[], /endpoint is missing/],
  "no method": [[ENDPOINT], /method is missing/],
  "an endpoint that is none": [["nonsense", "add"], /cannot be called/],
  "a password in an endpoint": [["http://me:secret@h", "add"], /^"http:\/\/\*\*\*@h" cannot be called/],
  https: [["https://h", "add"], /TLS/],
  "a key in place of the endpoint": [[KNOWN.secretKey, "add"], /^A key was given/],
  "an unknown dialect": [[ENDPOINT, "add", "--dialect", "soap"], /"soap" is no dialect/],
  "an unknown socket": [[ENDPOINT, "add", "--socket", "SUB"], /--socket takes REQ/],
  "kwargs that are no JSON": [[ENDPOINT, "add", "--kwargs", "{a}"], /--kwargs takes a JSON object[.] Column 2/],
  "kwargs that are no object": [[ENDPOINT, "add", "--kwargs", "[1]"], /--kwargs takes a JSON object/],
  "a field without a value": [[ENDPOINT, "add", "--field", "x"], /--field takes <name>=<value>, not "x"/],
  "a file without a name": [[ENDPOINT, "add", "--field-file", "=x"], /--field-file takes/],
  "a field given twice": [[ENDPOINT, "add", "--field", "a=1", "--field-file", "a=b"], /"a" was given with/],
  "a timeout of text": [[ENDPOINT, "add", "--timeout", "soon"], /--timeout takes 1 to 3600000 ms, not "soon"/],
  "a negative timeout": [[ENDPOINT, "add", "--timeout", "-5"], /not "-5"/],
  "too many retries": [[ENDPOINT, "add", "--retries", "11"], /--retries takes 0 to 10/],
  "a client pair without a server": [[ENDPOINT, "add", "--curve-client", "f"], /needs --curve-upstream/],
  "a secret key on the command line": [
    [ENDPOINT, "add", "--curve-upstream", KNOWN.publicKey, "--curve-client", KNOWN.secretKey],
    /takes the name of a secret certificate file/,
  ],
};
for (const [what, [args, says]] of Object.entries(bad)) {
  test(`parseCall refuses ${what}`, () => {
    const message = parseCall(args);
    assert.ok(typeof message === "string");
    assert.match(message, says);
    assert.ok(!message.includes(KNOWN.secretKey));
  });
}
