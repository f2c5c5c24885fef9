import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExchangeState } from "../../src/shared/model.ts";
import { choiceWords, exchangeSentence, rowTitle } from "../../webview/messageWords.ts";
import { makeRow } from "./support/rows.ts";

const publication = makeRow(1, {
  exchange: "none",
  from: "server",
  sockets: { client: "SUB", server: "PUB" },
  topic: "10001",
});

test("rowTitle names what a row is", () => {
  const states: ExchangeState[] = ["pending", "answered", "abandoned", "lost", "reply", "unasked", "none"];
  assert.deepEqual(
    states.map((exchange) => rowTitle(makeRow(1, { exchange }))),
    ["Request", "Request", "Request", "Request", "Reply", "Reply", "Message"],
  );
  assert.equal(rowTitle(publication), "Publication");
  assert.equal(rowTitle(makeRow(1, { kind: "encrypted" })), "Encrypted frame");
  assert.equal(rowTitle(makeRow(1, { kind: "event", event: "link-closed" })), "Link closed");
});

test("choiceWords names a choice with its option", () => {
  const words = {
    json: "JSON",
    text: "Text",
    "text:shift_jis": "Text, shift_jis",
    "numbers:int8": "int8",
    "numbers:int16-le": "int16, little-endian",
    "numbers:float64-be": "float64, big-endian",
    "struct:<IHf": "Struct <IHf",
    "protobuf:weather.Update": "weather.Update",
  } as const;
  for (const [choice, expected] of Object.entries(words))
    assert.equal(choiceWords(choice as keyof typeof words), expected);
});

test("exchangeSentence says what became of a request that has no answer", () => {
  const states: ExchangeState[] = ["pending", "abandoned", "lost", "unasked"];
  for (const exchange of states) assert.match(exchangeSentence(makeRow(1, { exchange })), /\.$/);
  assert.equal(exchangeSentence(makeRow(1, { exchange: "answered" })), "");
});
