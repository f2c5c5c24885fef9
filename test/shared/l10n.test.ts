import assert from "node:assert/strict";
import { test } from "node:test";
import { language, t } from "../../src/shared/l10n.ts";
import { PAGE_TEXTS } from "../../src/shared/pageTexts.ts";

test("t says a message with its arguments, in English where nothing brings other texts", () => {
  assert.equal(language, "en");
  assert.equal(t("Stop"), "Stop");
  assert.equal(t("{0} of {1}, {0}", "a", 2), "a of 2, a");
});

test("t leaves what is no place of an argument alone", () => {
  assert.equal(t('Write {"to": …}, not {1}', "a"), 'Write {"to": …}, not {1}');
  assert.equal(t("{0}", "$& {0}"), "$& {0}");
});

test("t takes the texts of the page, and English for what they lack", async () => {
  const messages = { "{0} rows": "{0} Zeilen" };
  Reflect.set(globalThis, PAGE_TEXTS, { language: "de", messages });
  // Another copy of the module, by an address that the compiler does not follow.
  const address = ["../../src/shared/l10n.ts", "page"].join("?");
  const page = (await import(address)) as typeof import("../../src/shared/l10n.ts");
  Reflect.deleteProperty(globalThis, PAGE_TEXTS);
  assert.equal(page.language, "de");
  assert.equal(page.t("{0} rows", 3), "3 Zeilen");
  assert.equal(page.t("{0} links", 3), "3 links");
});
