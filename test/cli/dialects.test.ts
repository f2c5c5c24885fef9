import assert from "node:assert/strict";
import { test } from "node:test";
import { dialectsText } from "../../src/cli/dialects.ts";
import { dialectInfos } from "../../src/proxy/dialects/registry.ts";
import { DIALECTS } from "../../src/shared/dialects.ts";

test("dialectsText has a paragraph for each dialect, with its fields", () => {
  const text = dialectsText(dialectInfos());
  const names = text.split("\n").filter((line) => /^\S/.test(line));
  assert.deepEqual(
    names.map((line) => line.split(" ")[0]),
    [...DIALECTS],
  );
  assert.match(text, /^jupyter \(Jupyter\)\n {2}.*Calls: DEALER, --kwargs[.]\n/m);
  assert.match(text, /^ {2}--field-file key +secret: /m);
  assert.match(text, /^ {2}--field session +text: /m);
  assert.match(text, /^bitcoin .*\n {2}.*Only read[.]$/m);
  assert.ok(text.endsWith("\n"));
});

test("dialectsText names the choices of a field, and a dialect without arguments", () => {
  const field = { name: "f", label: "F", kind: "choice", choices: ["a", "b"], hint: "One of two." } as const;
  const info = { ...dialectInfos()[0]!, takesArgs: false, takesKwargs: false, title: "raw", fields: [field] };
  assert.match(dialectsText([info]), /^raw\n.*Calls: REQ, no arguments[.]\n {2}--field f {2}a\|b: One of two[.]\n$/);
});
