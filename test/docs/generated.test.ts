import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  commandNames,
  commandReference,
  type Described,
  fieldTables,
  madeParts,
  settingsInShort,
  settingsTable,
  withParts,
} from "../../scripts/tasks/generatedDocs.ts";

/** Asks the command line once for both tests. */
const made = madeParts();

test("the documentation says what package.json and the command line say (else run `npm run docs`)", async () => {
  for (const [file, parts] of await made) {
    const text = readFileSync(file, "utf8");
    assert.equal(text, withParts(text, parts), file);
  }
});

test("the README's table of commands has each command of the help, and no other", async () => {
  const readme = readFileSync("README.md", "utf8");
  const section = /^## Command line\n([\s\S]*?)^## /m.exec(readme)![1]!;
  const rows = section.split("\n").filter((line) => line.startsWith("| `"));
  const named = rows.flatMap((row) => [...row.split("|")[1]!.matchAll(/`([a-z][a-z-]*)/g)].map(([, name]) => name!));
  const reference = (await made).get("docs/command-line-reference.md")!["help"]!;
  const first = reference.split("```")[1]!;
  assert.deepEqual(named.toSorted(), commandNames(first).toSorted());
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

test("commandReference has the help of each command, where commands have one of their own", async () => {
  const whole = "Usage: zmq-tap one\n       zmq-tap two\n";
  const block = (text: string): string => `\`\`\`text\n${text}\n\`\`\``;
  assert.equal(await commandReference(() => Promise.resolve(whole)), block(whole.trimEnd()));
  const own = await commandReference(([first]) => Promise.resolve(first === "--help" ? whole : `About ${first!}.\n`));
  assert.equal(own, `${block(whole.trimEnd())}\n\n## one\n${block("About one.")}\n\n## two\n${block("About two.")}`);
});

test("commandNames reads usage lines and lists of commands", () => {
  assert.deepEqual(
    commandNames("Usage: zmq-tap <command>\n\nCommands:\n  attach   taps\n  read     prints\n\nOptions:\n  --json\n"),
    ["attach", "read"],
  );
});

test("withParts refuses a text without the place of a part", () => {
  assert.throws(() => withParts("<!-- made: other -->\n<!-- end -->\n", { settings: "x" }), /no place .*"settings"/);
  assert.equal(
    withParts("a\n<!-- made: s -->\nold\n<!-- end -->\nb\n", { s: "new\n" }),
    "a\n<!-- made: s -->\nnew\n<!-- end -->\nb\n",
  );
});
