import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { testFiles } from "../../scripts/tasks/checks.ts";
import { type MessagesOfFile, placeholders, readMessages } from "../support/messages.ts";
import { LANGUAGES } from "./languages.ts";
import { ENGLISH, speaksEnglish, staysEnglish } from "./staysEnglish.ts";

type Bundle = Readonly<Record<string, string>>;

const files = (await testFiles("{src/host,src/shared,webview}/**/*.ts")).filter((file) => file !== "webview/rich.ts");
const read = new Map<string, MessagesOfFile>(
  ["src/extension.ts", ...files].map((file) => [file, readMessages(file, readFileSync(file, "utf8"))]),
);
const messages = [...read.values()].flatMap((of) => of.messages);
const english = bundleOf("bundle.l10n.json");

function bundleOf(name: string): Bundle {
  return JSON.parse(readFileSync(`l10n/${name}`, "utf8")) as Bundle;
}

test("messages are literals, and their places and arguments fit", () => {
  assert.deepEqual(
    [...read.values()].flatMap(({ problems }) => problems),
    [],
  );
});

test("l10n/bundle.l10n.json has every message of the sources", () => {
  const missing = messages.filter(({ text }) => english[text] === undefined);
  assert.deepEqual(
    missing.map(({ text, at }) => `${at}: ${text}`),
    [],
    "Add them to l10n/bundle.l10n.json, and to the file of each language.",
  );
});

test("l10n/bundle.l10n.json has no message that nothing says, and each says itself", () => {
  const said = new Set(messages.map(({ text }) => text));
  assert.deepEqual(
    Object.keys(english).filter((text) => !said.has(text)),
    [],
  );
  for (const [message, text] of Object.entries(english)) assert.equal(text, message);
});

for (const language of LANGUAGES) {
  const bundle = bundleOf(`bundle.l10n.${language}.json`);

  test(`bundle.l10n.${language}.json has the same messages`, () => {
    assert.deepEqual(
      Object.keys(english).filter((message) => bundle[message] === undefined),
      [],
      "These are not translated.",
    );
    assert.deepEqual(
      Object.keys(bundle).filter((message) => english[message] === undefined),
      [],
      "These are said nowhere.",
    );
  });

  test(`bundle.l10n.${language}.json has the places of each message, and its spaces at both ends`, () => {
    for (const [message, text] of Object.entries(bundle)) {
      assert.deepEqual(placeholders(text), placeholders(message), message);
      assert.equal(
        /^\s*/.exec(text)![0] + /\s*$/.exec(text)![0],
        /^\s*/.exec(message)![0] + /\s*$/.exec(message)![0],
        message,
      );
    }
  });
}

test("words that people read are messages", () => {
  const untranslated = [...read].flatMap(([file, of]) =>
    speaksEnglish(file) ? [] : of.untranslated.filter(({ text }) => !staysEnglish(file, text)),
  );
  assert.deepEqual(
    untranslated.map(({ text, at }) => `${at}: ${text}`),
    [],
    "Put them into vscode.l10n.t or t, or say in test/l10n/staysEnglish.ts why they stay English.",
  );
});

test("what is said to stay English is there", () => {
  const gone = Object.entries(ENGLISH).flatMap(([file, texts]) => {
    const there = new Set(read.get(file)?.untranslated.map(({ text }) => text));
    return texts.filter((text) => !there.has(text)).map((text) => `${file}: ${text}`);
  });
  assert.deepEqual(gone, []);
});
