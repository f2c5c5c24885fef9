import assert from "node:assert/strict";
import { test } from "node:test";
import { readCallFile } from "../../../src/shared/zmqrpc/callFile.ts";
import { explain } from "../../../src/shared/zmqrpc/explain.ts";
import { context, dialects } from "../../support/callFiles.ts";

const FILE = `variables
  host: 127.0.0.1

call login
  target: tcp://{{host}}:1/{{$HOME}}{{token}}{{lost}}
  dialect: json-rpc
  save: token = value.token
  expect: value.status == "exists"
  expect: 3
  nokey: 1

call other
  dialect: bitcoin

nothing
  x: y
`;

const places: Readonly<Record<string, readonly [string, RegExp] | null>> = {
  "vari|ables": ["variables", /used as/],
  "ho|st: 127": null,
  "target|:": [/target: tcp/.source, /Where the call goes/],
  "{{ho|st}}": ["host", /^`127\.0\.0\.1`$/],
  "{{$HO|ME}}": ["$HOME", /not shown/],
  "{{tok|en}}": ["token", /Saved from the reply of "login"/],
  "{{lo|st}}": ["lost", /no value/],
  "json-|rpc": ["JSON-RPC 2.0", /A request object\.\n\nSent by a REQ\.\n- `notify`: No id/],
  "bit|coin": ["Bitcoin", /only read/],
  "expect: val|ue": ["value", /What the reply brings/],
  "stat|us ==": null,
  "=|= ": ["==", /this value/],
  "expect: 3|": null,
  "nok|ey": null,
  "login|\n": null,
  "noth|ing": null,
  "x: |y": null,
  "save: tok|en": null,
};
for (const [marked, expected] of Object.entries(places)) {
  test(`explain tells about ${JSON.stringify(marked)}`, () => {
    const piece = marked.replace("|", "");
    const offset = FILE.indexOf(piece) + marked.indexOf("|");
    const told = explain(readCallFile(FILE), offset, { ...context, dialects });
    if (expected === null) {
      assert.equal(told, null);
      return;
    }
    assert.ok(told !== null && told.range.from <= offset && offset <= told.range.to);
    assert.ok(told.code.startsWith(expected[0]));
    assert.match(told.text, expected[1]);
  });
}

test("explain names the environment that a value is of, and leaves dialects alone that are not known", () => {
  const at = (piece: string): number => FILE.indexOf(piece) + 3;
  assert.match(
    explain(readCallFile(FILE), at("{{host"), { ...context, environment: "x" })!.text,
    /in the environment "x"/,
  );
  assert.equal(explain(readCallFile(FILE), at("json-rpc"), context), null);
  assert.equal(explain(readCallFile("# c\n"), 0, context), null);
});
