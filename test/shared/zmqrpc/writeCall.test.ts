import assert from "node:assert/strict";
import { test } from "node:test";
import type { CallBody } from "../../../src/shared/calls.ts";
import { DIALECTS } from "../../../src/shared/dialects.ts";
import { CALL_SOCKETS } from "../../../src/shared/model.ts";
import { callToSend, readCallFile } from "../../../src/shared/zmqrpc/callFile.ts";
import { readDocument } from "../../../src/shared/zmqrpc/document.ts";
import { printDocument } from "../../../src/shared/zmqrpc/print.ts";
import {
  type CallToWrite,
  callName,
  freeCallName,
  isJsonValue,
  writeCall,
} from "../../../src/shared/zmqrpc/writeCall.ts";
import { context } from "../../support/callFiles.ts";
import { random } from "../../support/random.ts";

const call: CallToWrite = {
  name: "add",
  target: { kind: "endpoint", endpoint: "tcp://127.0.0.1:5556" },
  body: {
    kind: "dialect",
    dialect: "json-rpc",
    call: { method: "add", args: [1, 2], kwargs: { a: "x" }, fields: { b: true } },
  },
  timeoutMs: 500,
  retries: 2,
  keys: { serverKey: "backend" },
};

test("writeCall writes a call as somebody would", () => {
  assert.equal(
    writeCall(call),
    `call add
  target: tcp://127.0.0.1:5556
  dialect: json-rpc
  method: add
  args: [1,2]
  kwargs: {"a":"x"}
  fields: {"b":true}
  timeout: 500ms
  retries: 2
  serverKey: backend
`,
  );
});

test("writeCall writes long JSON and long frames over lines", () => {
  const args = [{ name: "x".repeat(120) }];
  const text = writeCall({
    ...call,
    body: { kind: "dialect", dialect: "json-rpc", call: { method: "", args, kwargs: {}, fields: {} } },
  });
  assert.match(text, /^ {2}args: \[\n {4}\{\n {6}"name": "x+"\n {4}\}\n {2}\]$/m);
  const frames = [new Uint8Array(40).fill(255), new Uint8Array(2).fill(1), Buffer.from("y".repeat(3_000))];
  assert.match(
    writeCall({ ...call, body: { kind: "frames", socket: "PUB", frames } }),
    /socket: PUB\n {2}frame: hex\n {4}ff .*\n {4}ff .*\n {2}frame: hex 01 01\n {2}frame: hex\n/,
  );
});

const WORDS = ["a", "{{x}}", "{{{", '"', "\n", "# c", " lead", "é", "call b", "\u2028", "\u0000", "0"];

function randomValue(below: (n: number) => number, depth = 0): unknown {
  switch (below(depth > 2 ? 4 : 6)) {
    case 0:
      return below(1000) - 500.5;
    case 1:
      return WORDS[below(WORDS.length)]!.repeat(below(20));
    case 2:
      return [true, false, null][below(3)];
    case 3:
      return below(2 ** 31);
    case 4:
      return Array.from({ length: below(4) }, () => randomValue(below, depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: below(4) }, () => [WORDS[below(WORDS.length)]!, randomValue(below, depth + 1)]),
      );
  }
}

function randomBody(below: (n: number) => number): CallBody {
  const socket = CALL_SOCKETS[below(CALL_SOCKETS.length)]!;
  if (below(2) === 0) {
    const frames = Array.from({ length: 1 + below(3) }, () =>
      below(2) === 0
        ? Uint8Array.from({ length: below(80) }, () => below(256))
        : new TextEncoder().encode(String(randomValue(below))),
    );
    return { kind: "frames", socket, frames };
  }
  const list = Array.from({ length: below(3) }, () => randomValue(below));
  const named = Object.fromEntries(list.map((value, n) => [`${WORDS[n]!}${n}`, value]));
  const dialect = DIALECTS[below(DIALECTS.length)]!;
  const method = WORDS[below(WORDS.length)]!;
  return { kind: "dialect", dialect, socket, call: { method, args: list, kwargs: named, fields: named } };
}

test("what writeCall writes is read as the same call, and printed as it is", () => {
  for (let seed = 0; seed < 5_000; seed++) {
    const below = random(seed);
    const body = randomBody(below);
    const written: CallToWrite = {
      ...call,
      body,
      timeoutMs: below(2) === 0 ? null : 1 + below(1000),
      retries: below(3),
    };
    const text = writeCall(written);
    const file = readCallFile(text);
    const read = callToSend(file, file.calls[0]!, context, { saved: new Map(), processVariable: () => undefined });
    assert.deepEqual(read.problems, [], text);
    const plain = (value: CallBody | undefined): unknown =>
      value?.kind === "frames"
        ? { ...value, frames: value.frames.map((frame) => Buffer.from(frame).toString("hex")) }
        : value;
    assert.deepEqual(plain(read.call?.body), plain(body), text);
    assert.deepEqual([read.call?.retries, read.call?.timeoutMs], [written.retries, written.timeoutMs ?? 5000]);
    assert.equal(printDocument(readDocument(text)), text);
  }
});

test("callName and freeCallName make names that stand in one line and are new", () => {
  assert.equal(callName(" a\n\tb\u0000 "), "a b");
  assert.equal(callName("\n"), "unnamed");
  assert.equal(freeCallName("a", ["a", "a 2"]), "a 3");
});

test("isJsonValue takes what a file holds as it is", () => {
  assert.equal(isJsonValue([1, "a", null, true, { a: [1.5] }]), true);
  let deep: unknown = 1;
  for (let n = 0; n < 100; n++) deep = [deep];
  for (const value of [NaN, 2 ** 60, 1n, new Uint8Array(1), [undefined], deep]) assert.equal(isJsonValue(value), false);
  assert.equal(isJsonValue(Object.create(null)), true);
});
