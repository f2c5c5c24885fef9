import assert from "node:assert/strict";
import { test } from "node:test";
import { saidDetail } from "../../src/proxy/saidDetail.ts";
import type { Said } from "../../src/shared/dialects.ts";

const SAID: Said = {
  kind: "call",
  method: "add",
  args: [1, 2n],
  kwargs: null,
  problem: null,
  code: null,
  id: "7",
  facts: [{ label: "Service", value: "sum\n" }],
};

test("saidDetail writes values as JSON and makes texts visible", () => {
  const detail = saidDetail({
    dialect: "json-rpc",
    isChosen: false,
    read: { said: { ...SAID, value: new Uint8Array(2) } },
  });
  assert.deepEqual(detail, {
    dialect: "json-rpc",
    title: "JSON-RPC 2.0",
    isChosen: false,
    unread: null,
    kind: "call",
    method: "add",
    args: '[1,{"$bigint":"2"}]',
    kwargs: null,
    value: '{"$binary":"0000","size":2}',
    problem: "",
    code: "",
    id: "7",
    facts: [{ label: "Service", value: "sum␊" }],
  });
  assert.equal(saidDetail({ dialect: "json-rpc", isChosen: false, read: { said: SAID } }).value, null);
});

test("saidDetail says why a message cannot be read", () => {
  const detail = saidDetail({ dialect: "zerorpc", isChosen: true, read: { problem: "No." } });
  assert.deepEqual([detail.unread, detail.kind, detail.isChosen, detail.title], ["No.", null, true, "zerorpc"]);
});

test("saidDetail bounds everything", () => {
  const long = "x".repeat(1_000_000);
  const facts = Array.from({ length: 1000 }, () => ({ label: long, value: long }));
  const said: Said = {
    ...SAID,
    method: long,
    args: [long],
    kwargs: { [long]: long },
    problem: long,
    code: long,
    id: long,
    facts,
  };
  const detail = saidDetail({ dialect: "json-rpc", isChosen: false, read: { said } });
  assert.equal(detail.facts.length, 50);
  assert.ok(JSON.stringify(detail).length < 400_000);
});
