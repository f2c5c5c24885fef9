import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { test } from "node:test";

type Step = {
  readonly id: string;
  readonly media: { readonly svg: string; readonly altText: string };
  readonly completionEvents: readonly string[];
};

const { contributes } = JSON.parse(readFileSync("package.json", "utf8")) as {
  contributes: { walkthroughs: readonly { readonly icon: string; readonly steps: readonly Step[] }[] };
};
const [walkthrough] = contributes.walkthroughs;
const steps = walkthrough!.steps;
const host = globSync("src/host/*.ts").map((file) => readFileSync(file, "utf8"));

test("there is one walkthrough, of five steps in the order in which they are done", () => {
  assert.equal(contributes.walkthroughs.length, 1);
  assert.deepEqual(
    steps.map(({ id }) => id),
    ["demo", "attach", "read", "filter", "replay"],
  );
});

test("each step is completed by a context key that the extension sets", () => {
  for (const { id, completionEvents } of steps) {
    assert.equal(completionEvents.length, 1, id);
    const key = /^onContext:(zmqTap[.][\w.]+)$/.exec(completionEvents[0]!)?.[1];
    assert.ok(key !== undefined, `${id}: ${completionEvents[0]!}`);
    const first = /^zmqTap[.]did[.](\w+)$/.exec(key)?.[1];
    const sets = first === undefined ? `"setContext", "${key}"` : `firstSteps.done("${first}")`;
    assert.ok(
      host.some((text) => text.includes(sets)),
      `${id}: nothing sets ${key}`,
    );
  }
});

test("each step has a drawing that follows the theme, and says in words what it shows", () => {
  assert.ok(existsSync(walkthrough!.icon));
  for (const { id, media } of steps) {
    assert.equal(media.svg, `media/walkthrough-${id}.svg`);
    assert.ok(media.altText.length > 20, id);
    const drawing = readFileSync(media.svg, "utf8");
    // The page of walkthroughs takes no style attributes, no scripts and nothing from elsewhere.
    assert.doesNotMatch(drawing, /style=|<style|<script|href=|url\(/);
    assert.match(drawing, /var\(--vscode-/);
    assert.doesNotMatch(drawing, /(fill|stroke)="(?!none|var\()/);
  }
});
