import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_ENVIRONMENT_CHARACTERS, readEnvironments } from "../../../src/shared/zmqrpc/environments.ts";

test("readEnvironments reads texts, numbers and booleans by environment", () => {
  const { environments, problem } = readEnvironments('{"local": {"host": "a", "port": 1, "on": true}, "staging": {}}');
  assert.equal(problem, null);
  assert.deepEqual([...environments.keys()], ["local", "staging"]);
  assert.deepEqual([...environments.get("local")!], [["host", "a"], ["port", "1"], ["on", "true"]]); // prettier-ignore
});

const bad: Readonly<Record<string, readonly [string, RegExp]>> = {
  "what is no JSON": ["{", /no JSON/],
  "what is no object": ["[]", /no object of environments/],
  "what is too long": [" ".repeat(MAX_ENVIRONMENT_CHARACTERS + 1), /too long/],
  "an environment that is none": ['{"a": 1}', /"a".*no object of variables/],
  "a variable that is none": ['{"a": {"b": []}}', /"b"/],
  "a name that is none": ['{"a": {"b c": "s3cret"}}', /"b c"/],
};
for (const [what, [text, problem]] of Object.entries(bad)) {
  test(`readEnvironments tells of ${what}, and of no value`, () => {
    const read = readEnvironments(text);
    assert.match(read.problem ?? "", problem);
    assert.doesNotMatch(read.problem ?? "", /s3cret/);
  });
}
