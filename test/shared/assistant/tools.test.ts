import assert from "node:assert/strict";
import { test } from "node:test";
import { readManifest } from "../../../scripts/tasks/manifest.ts";
import { ASSISTANT_TOOLS, isToolName, TOOLS } from "../../../src/shared/assistant/tools.ts";

type Contributed = {
  readonly name: string;
  readonly displayName: string;
  readonly userDescription: string;
  readonly modelDescription: string;
  readonly inputSchema: unknown;
  readonly when: string;
  readonly canBeReferencedInPrompt: boolean;
  readonly toolReferenceName: string;
};

const { contributes } = (await readManifest()) as {
  contributes: { languageModelTools: readonly Contributed[] };
};

test("package.json contributes the tools as they are", () => {
  assert.deepEqual(
    contributes.languageModelTools.map(({ name }) => name),
    ASSISTANT_TOOLS,
  );
  for (const contributed of contributes.languageModelTools) {
    assert.ok(isToolName(contributed.name));
    const { title, userDescription, modelDescription, inputSchema } = TOOLS[contributed.name];
    assert.deepEqual(
      [contributed.displayName, contributed.userDescription, contributed.modelDescription, contributed.inputSchema],
      [title, userDescription, modelDescription, inputSchema],
    );
    assert.equal(contributed.when, "zmqTap.tapCount > 0");
    assert.match(contributed.toolReferenceName, /^zmq[A-Z]\w+$/);
  }
});

test("isToolName knows the tools and nothing else", () => {
  assert.equal(isToolName("list_zmq_taps"), true);
  assert.equal(isToolName("toString"), false);
});
