import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  type Described,
  fieldTables,
  madeParts,
  settingsInShort,
  settingsTable,
  withParts,
} from "../../scripts/tasks/generatedDocs.ts";

test("the documentation says what package.json says (else run `npm run docs`)", () => {
  for (const [file, parts] of madeParts()) {
    const text = readFileSync(file, "utf8");
    assert.equal(text, withParts(text, parts), file);
  }
});

test("the commands of the README's table are those of the command line", () => {
  const readme = readFileSync("README.md", "utf8");
  const section = /^## Command line\n([\s\S]*?)^## /m.exec(readme)![1]!;
  const cells = section.split("\n").flatMap((line) => (line.startsWith("| `") ? line.split("|")[1]! : []));
  const named = cells.flatMap((cell) => [...cell.matchAll(/`([a-z][a-z-]*)/g)].map(([, name]) => name!));
  assert.ok(named.length > 10);
  const help = execFileSync(process.execPath, ["src/cli/main.ts", "--help"], { encoding: "utf8" });
  assert.deepEqual(
    named.filter((name) => !new RegExp(`^(?:Usage:)? *(?:zmq-tap )?${name}\\b`, "m").test(help)),
    [],
  );
});

const settings: Readonly<Record<string, Described>> = {
  "zmqTap.list": {
    default: [],
    markdownDescription: "A list. With `#zmqTap.size#` | more.",
    items: {
      properties: {
        name: { description: "Its name." },
        inner: { description: "An object.", properties: { kind: { enum: ["a", "b"], description: "Its kind." } } },
      },
    },
  },
  "zmqTap.size": { default: 268435456, description: "%size.description%" },
};
const texts = { "size.description": { message: "Bytes of `.proto` files.\nTwo lines." } };

test("settingsTable says everything, settingsInShort the first sentence, with texts of the language's file", () => {
  assert.equal(
    settingsTable(settings, texts),
    [
      "| Setting | Default | What it is |",
      "|---|---|---|",
      "| `zmqTap.list` | `[]` | A list. With `zmqTap.size` \\| more. |",
      "| `zmqTap.size` | `268435456` (256 MiB) | Bytes of `.proto` files. Two lines. |",
    ].join("\n"),
  );
  assert.match(settingsInShort(settings, texts), /\| A list\. \|\n.*\| Bytes of `\.proto` files\. \|$/);
});

test("fieldTables lists fields of objects in objects by their path", () => {
  assert.equal(
    fieldTables(settings, texts),
    [
      "## zmqTap.list",
      "| Field | Default | What it is |",
      "|---|---|---|",
      "| `name` |  | Its name. |",
      "| `inner` |  | An object. |",
      "| `inner.kind` |  | Its kind. One of `a`, `b`. |",
    ].join("\n"),
  );
});

test("defaults of octets and of long times have words behind them", () => {
  const properties = Object.fromEntries(
    Object.entries({ maxBytes: 2 ** 31, maxAgeMs: 86_400_000, timeoutMs: 600_000, delayMs: 250, maxMessages: 5 }).map(
      ([name, value]) => [name, { default: value, description: "" }],
    ),
  );
  const lines = fieldTables({ "zmqTap.list": { items: { properties } } }, {})
    .split("\n")
    .slice(3);
  assert.deepEqual(
    lines.map((line) => line.split(" | ")[1]),
    ["`2147483648` (2 GiB)", "`86400000` (1 day)", "`600000` (10 minutes)", "`250`", "`5`"],
  );
});

test("withParts refuses a text without the place of a part", () => {
  assert.throws(() => withParts("<!-- made: other -->\n<!-- end -->\n", { settings: "x" }), /no place .*"settings"/);
  assert.equal(
    withParts("a\n<!-- made: s -->\nold\n<!-- end -->\nb\n", { s: "new\n" }),
    "a\n<!-- made: s -->\nnew\n<!-- end -->\nb\n",
  );
});
