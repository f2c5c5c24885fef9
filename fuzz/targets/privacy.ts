import assert from "node:assert/strict";
import { REDACTED, Redactor } from "../../src/shared/assistant/redactor.ts";
import { useTool } from "../../src/shared/assistant/assistant.ts";
import { ASSISTANT_TOOLS } from "../../src/shared/assistant/tools.ts";
import { UserError } from "../../src/shared/userError.ts";
import { redactText } from "../../src/shared/zmqrpc/redact.ts";
import { testAssistant } from "../../test/support/assistant.ts";
import { openLink, say } from "../../test/support/captures.ts";
import { randomJson, randomText } from "../../test/support/dialects.ts";
import { Draw, seedDraws } from "../draw.ts";
import { Harness } from "../harness.ts";
import { type Target, textOf } from "../target.ts";

const SECRET = "hunter2-marker";
const SECRET_NAMES = [
  "password",
  "userPassword",
  "api_key",
  "X-Api-Key",
  "apiKey",
  "clientSecret",
  "access_token",
  "Authorization",
  "set-cookie",
  "passphrase",
];
const PLAIN_NAMES = ["user", "a", "age", "max_tokens", "größe", "x y", "0"];
const redactor = new Redactor(true);

/** Data with secrets under names that say so. */
function secretive(draw: Draw, depth: number): unknown {
  if (depth === 0 || draw.rarely(4)) return randomJson(draw.below, 1);
  if (draw.rarely(3)) return draw.list(3, () => secretive(draw, depth - 1));
  const fields = draw.list(4, () =>
    draw.flag()
      ? ([draw.pick(SECRET_NAMES), secret(draw)] as const)
      : ([draw.pick(PLAIN_NAMES), secretive(draw, depth - 1)] as const),
  );
  return Object.fromEntries(fields);
}

function secret(draw: Draw): unknown {
  return draw.pick<unknown>([SECRET, [SECRET], { a: SECRET, b: [SECRET] }, `${SECRET} "and" more`, `\\${SECRET}`]);
}

/** A text that programs write, with a secret where its name says so. */
function text(draw: Draw): string {
  const name = draw.pick(SECRET_NAMES);
  const word = randomText(draw.below).replaceAll(/[^\w ]/g, "");
  return draw.pick([
    () => JSON.stringify(secretive(draw, 3)),
    () => JSON.stringify(secretive(draw, 3), null, 2),
    () => JSON.stringify(JSON.stringify({ [name]: SECRET, a: word })),
    () => `a=${encodeURIComponent(word)}&${name}=${SECRET}&b=1`,
    () => `<r><a>${word}</a><${name}>${SECRET}</${name}></r>`,
    () => `<r ${name}="${SECRET}" b="${word}"/>`,
    () => `${name}: ${SECRET}\r\nHost: ${word}\r\n`,
    () => `Authorization: Bearer ${SECRET}.abcdef`,
    () => `{'${name}': '${SECRET}', 'b': 1}`,
    () => `<member><name>${name}</name><value><string>${SECRET}</string></value></member>`,
  ])();
}

export const redaction: Target = {
  name: "redaction",
  about:
    "values and texts with secrets under names that say so, and any text at all, to what takes them out for assistants, reports and results: none is left, what is told is told again the same, within time",
  seeds: () => seedDraws(64, 200),
  words: [
    "password=",
    '"password":"',
    "<name>password</name>",
    "secret: [",
    "bearer ",
    '\\\\"',
    "0x70617373776f7264",
    "{{{{{{{{",
  ],
  maxBytes: 8192,
  run: (input) => {
    const draw = new Draw(input);
    const value = secretive(draw, 4);
    assert.ok(!JSON.stringify(redactor.value(value) ?? null).includes(SECRET), JSON.stringify(value));
    const written = text(draw);
    const told = redactor.text(written);
    assert.ok(!told.includes(SECRET), `${written} is told as ${told}`);
    assert.ok(!redactor.preview(written).includes(SECRET), written);
    const any = textOf(input);
    const once = redactor.text(any);
    assert.ok(once.length <= any.length + REDACTED.length * (any.length + 1));
    redactor.preview(any.slice(0, 300));
    redactor.namesSecret(input);
    const given = [draw.pick([SECRET, "abc", any.slice(0, 20)]), draw.pick([SECRET, `${SECRET}"\n`])];
    const clean = redactText(`${any}${given[0]} ${JSON.stringify(given[1])}`, given);
    for (const one of given) assert.ok(one.length < 4 || !clean.includes(one) || "***".includes(one), clean);
  },
};

let assistant: ReturnType<typeof testAssistant> | undefined;
const harness = new Harness();

export const tools: Target = {
  name: "tools",
  about:
    "what an assistant gives to the tools of MCP and of the editor: an answer within its length, or a sentence; nothing secret by name in it",
  seeds: () => seedDraws(64, 120),
  maxBytes: 400,
  slowMs: 10_000,
  run: async (input) => {
    if (assistant === undefined) {
      assistant = testAssistant(harness.context, { allowSend: false });
      const link = openLink(assistant.capture, { sockets: { client: "REQ", server: "REP" } });
      say(assistant.capture, link, 0, ["", JSON.stringify({ user: "bob", password: SECRET })]);
      say(assistant.capture, link, 1, ["", "ok"]);
    }
    const draw = new Draw(input);
    const name = draw.pick(ASSISTANT_TOOLS.filter((tool) => tool !== "call_zmq_service"));
    const fields = draw.list(4, () => [
      draw.pick([
        "row",
        "link",
        "capture",
        "filter",
        "limit",
        "before",
        "after",
        "maxCharacters",
        "severity",
        "__proto__",
        "x",
      ]),
      draw.pick<unknown>([
        1,
        2,
        3,
        50,
        0,
        -1,
        2 ** 53,
        "live",
        "x",
        "frames > 0",
        'body contains "a"',
        "(",
        null,
        [1],
        {},
        textOf(draw.some(20)),
      ]),
    ]);
    try {
      const answer = await useTool(
        assistant.source,
        name,
        draw.rarely(12) ? randomJson(draw.below) : Object.fromEntries(fields),
      );
      assert.ok(answer.length <= 200_000, `${answer.length} characters`);
      assert.ok(!answer.includes(SECRET), answer);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      assert.match(error.message, /\S.*[.?]$/s);
    }
  },
  stop: () => harness.end(),
};
