import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { TARGETS } from "../../scripts/tasks/zeromqNative.ts";

// Nobody can run these files here, so what can be checked is that they name what there is.
const FOLDER = ".github/workflows";
const scripts = Object.keys((JSON.parse(readFileSync("package.json", "utf8")) as { scripts: object }).scripts);

for (const name of readdirSync(FOLDER)) {
  const lines = readFileSync(join(FOLDER, name), "utf8").split("\n");
  const text = lines.join("\n");

  test(`${name} pins every action by a commit, with its version behind it, and may only read`, () => {
    const uses = lines.filter((line) => /\buses:/.test(line));
    assert.ok(uses.length > 0);
    for (const line of uses) assert.match(line, /uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    assert.match(text, /^permissions:\n {2}contents: read\n/m);
    assert.doesNotMatch(text, /\$\{\{ *(secrets|github\.event)\b/);
  });

  test(`${name} runs scripts, tests and targets that there are, and says that it was not run`, () => {
    const called = [...text.matchAll(/\bnpm (?:run ([\w:]+)|(test)\b)/g)].map(([, script, short]) => script ?? short!);
    assert.ok(called.length > 0);
    for (const script of called) assert.ok(scripts.includes(script), script);
    for (const [file] of text.matchAll(/\b(?:test|scripts)\/[\w/.-]+\.[jt]s\b/g)) assert.ok(existsSync(file), file);
    for (const [, target] of text.matchAll(/target: ([\w-]+)/g))
      assert.ok(
        TARGETS.some((known) => known === target),
        target,
      );
    assert.match(text, /^# NOT RUN YET:/m);
  });
}
