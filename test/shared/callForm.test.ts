import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formProblems,
  formProblemText,
  readTypedCall,
  toTypedCall,
  type TypedCall,
  withoutSecrets,
} from "../../src/shared/callForm.ts";
import type { DialectInfo } from "../../src/shared/dialects.ts";

const info: DialectInfo = {
  name: "json-rpc",
  title: "JSON-RPC 2.0",
  meaning: "",
  socket: "REQ",
  takesArgs: true,
  takesKwargs: true,
  fields: [
    { name: "kind", label: "Kind", kind: "choice", choices: ["a", "b"], hint: "" },
    { name: "fast", label: "Fast", kind: "boolean", hint: "" },
    { name: "extra", label: "Extra", kind: "json", hint: "" },
    { name: "session", label: "Session", kind: "text", hint: "" },
    { name: "key", label: "Key", kind: "secret", hint: "" },
  ],
  canCall: true,
};
const typed: TypedCall = {
  dialect: "json-rpc",
  method: "add",
  args: ["1", '"two"'],
  kwargs: '{"a": [true]}',
  fields: { kind: "b", fast: "true", extra: "[1]", session: "s", key: "hidden" },
};
const call = {
  method: "add",
  args: [1, "two"],
  kwargs: { a: [true] },
  fields: { kind: "b", fast: true, extra: [1], session: "s", key: "hidden" },
};

test("readTypedCall reads what was typed, and toTypedCall writes it again", () => {
  assert.deepEqual(readTypedCall(typed, info), call);
  const again = toTypedCall("json-rpc", call);
  assert.deepEqual(readTypedCall(again, info), call);
  assert.equal(toTypedCall("json-rpc", { ...call, kwargs: {} }).kwargs, "");
});

test("readTypedCall leaves out what the dialect has no place for, and empty fields", () => {
  const bare = { ...info, takesArgs: false, takesKwargs: false };
  const read = readTypedCall({ ...typed, args: ["nonsense"], kwargs: "x", fields: { kind: "", other: "1" } }, bare);
  assert.deepEqual(read, { method: "add", args: [], kwargs: {}, fields: {} });
  assert.deepEqual(readTypedCall({ ...typed, kwargs: " ", fields: {} }, info), { ...call, kwargs: {}, fields: {} });
});

test("formProblems tells of each part that is wrong, in the order of the form", () => {
  const wrong = { kind: "c", fast: "yes", extra: "{", session: "", key: "" };
  assert.deepEqual(
    formProblems({ ...typed, args: ["1", "two"], kwargs: "[1]", fields: wrong }, info).map(({ part }) => part),
    ["args.1", "kwargs", "fields.kind", "fields.fast", "fields.extra"],
  );
  assert.deepEqual(readTypedCall({ ...typed, args: ["two"] }, info), {
    part: "args.0",
    problem: "Column 1: two is no JSON value; text stands in double quotes.",
  });
  assert.match(formProblems({ ...typed, kwargs: "{" }, info)[0]?.problem ?? "", /name in double quotes/);
  assert.deepEqual(formProblems(typed, info), []);
  const anyChoice = { ...info, fields: [{ name: "kind", label: "Kind", kind: "choice", hint: "" }] as const };
  assert.equal(formProblems({ ...typed, fields: { kind: "x" } }, anyChoice).length, 1);
});

test("formProblemText names the part that is wrong", () => {
  const problem = "It is wrong.";
  assert.deepEqual(
    ["args.1", "kwargs", "fields.extra", "method"].map((part) => formProblemText({ part, problem })),
    ["Argument 2: It is wrong.", "Arguments by name: It is wrong.", '"extra": It is wrong.', '"method": It is wrong.'],
  );
});

test("withoutSecrets keeps no secret field, and none that is not known", () => {
  assert.deepEqual(withoutSecrets({ ...typed, fields: { ...typed.fields, other: "?" } }, info).fields, {
    kind: "b",
    fast: "true",
    extra: "[1]",
    session: "s",
  });
  assert.deepEqual(withoutSecrets(typed, undefined).fields, {});
});
