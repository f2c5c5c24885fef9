import assert from "node:assert/strict";
import { test } from "node:test";
import { readManifest } from "../../scripts/tasks/manifest.ts";
import { FINDINGS } from "../../src/shared/findingKinds.ts";
import { SEVERITIES } from "../../src/shared/findings.ts";

type Items = { readonly enum: readonly string[]; readonly enumDescriptions: readonly string[] };
type Manifest = {
  readonly contributes: { readonly configuration: { readonly properties: Record<string, { readonly items: Items }> } };
};

test("the setting zmqTap.findings.disabledRules offers every finding by its name and title", async () => {
  const { contributes } = (await readManifest()) as Manifest;
  const setting = contributes.configuration.properties["zmqTap.findings.disabledRules"];
  assert.deepEqual(setting?.items.enum, Object.keys(FINDINGS));
  assert.deepEqual(
    setting.items.enumDescriptions,
    Object.values(FINDINGS).map(({ title }) => title),
  );
});

test("every finding has one of the severities", () => {
  for (const { severity } of Object.values(FINDINGS)) assert.ok(SEVERITIES.includes(severity));
});
