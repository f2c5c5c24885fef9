import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { dialectInfos } from "../../../src/proxy/dialects/registry.ts";
import { problemsOf, readCallFile } from "../../../src/shared/zmqrpc/callFile.ts";
import { readDocument } from "../../../src/shared/zmqrpc/document.ts";
import { readEnvironments } from "../../../src/shared/zmqrpc/environments.ts";
import { ROOTS, STATUSES, TESTS } from "../../../src/shared/zmqrpc/expectation.ts";
import { CALL_KEYS } from "../../../src/shared/zmqrpc/keys.ts";
import { printDocument } from "../../../src/shared/zmqrpc/print.ts";
import { context } from "../../support/callFiles.ts";

const page = readFileSync("docs/calls.md", "utf8");

test("docs/calls.md shows a file with nothing wrong in it, as it is best written", () => {
  const example = /```zmqrpc\n([^]*?)```/.exec(page)![1]!;
  assert.deepEqual(problemsOf(readCallFile(example), { ...context, dialects: dialectInfos() }), []);
  assert.equal(printDocument(readDocument(example)), example);
  assert.equal(readEnvironments(/```json\n([^]*?)```/.exec(page)![1]!).problem, null);
});

test("docs/calls.md names every key, status, test and part of a reply", () => {
  for (const { name, isShared } of CALL_KEYS) assert.ok(page.includes(`\`${name}\`${isShared ? "*" : ""}`), name);
  for (const word of [...STATUSES, ...TESTS, ...ROOTS]) assert.ok(page.includes(word), word);
});
