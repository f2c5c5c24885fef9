import assert from "node:assert/strict";
import { test } from "node:test";
import { FilterDraft } from "../../webview/filterDraft.ts";

function fault({ error }: FilterDraft) {
  return error === null ? null : [error.from, error.to, error.suggestion];
}

test("FilterDraft applies a good text after a pause, and once more for the history when it is confirmed", () => {
  const draft = new FilterDraft();
  draft.type("size > 1KB ");
  assert.deepEqual(draft.pause(), { text: "size > 1KB", isTyping: true });
  assert.equal(draft.pause(), null);
  assert.deepEqual(draft.confirm(), { text: "size > 1KB", isTyping: false });
  assert.equal(draft.confirm(), null);
});

test("FilterDraft shows an error only after a pause, follows it while it is mended, and applies nothing meanwhile", () => {
  const draft = new FilterDraft();
  draft.set("add");
  draft.type("sizze > 5");
  assert.equal(fault(draft), null);
  assert.equal(draft.pause(), null);
  assert.deepEqual(fault(draft), [0, 5, "size"]);
  draft.type("x and sizze > 5");
  assert.deepEqual(fault(draft), [6, 11, "size"]);
  draft.type("size > 5");
  assert.equal(fault(draft), null);
  assert.deepEqual(draft.confirm(), { text: "size > 5", isTyping: false });
});

test("FilterDraft puts a suggestion in its place and says where the cursor goes", () => {
  const draft = new FilterDraft();
  assert.equal(draft.takeSuggestion(), null);
  draft.type("tap == a and sizze > 5");
  draft.confirm();
  assert.deepEqual(draft.takeSuggestion(), { text: "tap == a and size > 5", cursor: 17 });
  assert.equal(draft.error, null);
  draft.type("size >");
  draft.confirm();
  assert.equal(draft.takeSuggestion(), null);
});

test("FilterDraft goes through the history and comes back to what was being typed", () => {
  const draft = new FilterDraft();
  draft.type("dra");
  assert.equal(draft.recall(["tap == a"], "newer"), false);
  assert.equal(draft.recall(["tap == a"], "older"), true);
  assert.deepEqual([draft.text, draft.isWalking], ["tap == a", true]);
  assert.equal(draft.recall(["tap == a"], "older"), false);
  assert.equal(draft.recall(["tap == a"], "newer"), true);
  assert.equal(draft.text, "dra");
});

test("FilterDraft takes a filter that somebody else has set as applied", () => {
  const draft = new FilterDraft();
  draft.type("sizze > 5");
  draft.confirm();
  draft.set("tap == a");
  assert.equal(draft.error, null);
  assert.equal(draft.confirm(), null);
  draft.type("");
  assert.deepEqual(draft.pause(), { text: "", isTyping: true });
});
