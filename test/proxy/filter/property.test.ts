import assert from "node:assert/strict";
import { test } from "node:test";
import { compileFilter } from "../../../src/proxy/filter/compile.ts";
import { parseFilter } from "../../../src/shared/filter/parse.ts";
import { type PlainRow, randomRow, toSubject } from "../../support/filterRows.ts";
import { random } from "../../support/random.ts";
import { randomFilter } from "../../support/randomFilter.ts";

const FILTERS = 6000;
const ROWS = 40;

test("compiled filters say of any row what the plainest code says, and their needles are in every row that passes", () => {
  const rows: PlainRow[] = Array.from({ length: 400 }, (_, seed) => randomRow(random(seed)));
  const subjects = rows.map(toSubject);
  let passed = 0;
  for (let seed = 0; seed < FILTERS; seed++) {
    const draw = random(seed);
    const { text, judge } = randomFilter(draw);
    const parsed = parseFilter(text);
    assert.ok(parsed.ok, `seed ${seed}: ${text}\n${JSON.stringify(parsed)}`);
    const compiled = compileFilter(parsed.ast);
    for (let count = 0; count < ROWS; count++) {
      const index = draw(rows.length);
      const expected = judge(rows[index]!);
      const about = (): string => `filter seed ${seed}, row seed ${index}: ${text}\n${JSON.stringify(rows[index])}`;
      if (compiled.matches(subjects[index]!) !== Number(expected)) assert.equal(!expected, expected, about());
      if (!expected) continue;
      passed++;
      const { needle } = compiled;
      if (needle !== null)
        assert.ok(
          rows[index]!.frames.some((frame) => Buffer.from(frame).includes(Buffer.from(needle))),
          about(),
        );
    }
  }
  assert.ok(passed > FILTERS * 5, `only ${passed} rows passed`);
});
