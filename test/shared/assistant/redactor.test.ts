import assert from "node:assert/strict";
import { test } from "node:test";
import { Redactor } from "../../../src/shared/assistant/redactor.ts";
import { octets } from "../../support/octets.ts";

const redactor = new Redactor(true, ["pin code", "  ", "Пароль"]);

for (const name of [
  "password",
  "Password",
  "userPassword",
  "db_passwd",
  "pwd",
  "dbpassword",
  "password_hash",
  "clientSecret",
  "SECRET_KEY",
  "secrets",
  "access_token",
  "X-Auth-Token",
  "authtoken",
  "X-Api-Key",
  "apikey",
  "apiKeys",
  "Authorization",
  "Set-Cookie",
  "credentials",
  "private-key",
  "pinCode",
  "пароль",
]) {
  test(`Redactor takes ${name} for the name of a secret`, () => assert.equal(redactor.isSecretName(name), true));
}

for (const name of ["max_tokens", "token_count", "key", "pass", "author", "name", "", "compass", "secretary"]) {
  test(`Redactor takes "${name}" for an ordinary name`, () => assert.equal(redactor.isSecretName(name), false));
}

for (const [text, told] of [
  ["password=hunter2 user=bob", "password=[redacted] user=bob"],
  ["a=1&api_key=abc&b=2", "a=1&api_key=[redacted]&b=2"],
  ['{"user":"bob","password":"hunter2","age":3}', '{"user":"bob","password":"[redacted]","age":3}'],
  ['{"password": "hun\\"ter\\\\", "b": 1}', '{"password": "[redacted]", "b": 1}'],
  ['{"password":"hunte', '{"password":"[redacted]'],
  ['{"password": 1234, "user": "bob"}', '{"password": [redacted], "user": "bob"}'],
  ['{"secret":{"a":[1,2]},"b":1}', '{"secret":[redacted],"b":1}'],
  ['{"secret":{"a":[1', '{"secret":[redacted]'],
  ["{'password': 'hunter2', 'b': 1}", "{'password': '[redacted]', 'b': 1}"],
  ['body: "{\\"token\\":\\"abc\\",\\"b\\":1}"', 'body: "{\\"token\\":\\"[redacted]\\",\\"b\\":1}"'],
  ["Authorization: Basic dXNlcjpwYXNz\r\nHost: x", "Authorization: [redacted]\r\nHost: x"],
  ["Cookie: a=b; c=d\nAccept: */*", "Cookie: [redacted]\nAccept: */*"],
  ["passphrase: several words, and more", "passphrase: [redacted]"],
  ["<password>hunter2</password><a>1</a>", "<password>[redacted]</password><a>1</a>"],
  ["<password>hunt", "<password>[redacted]"],
  ["<secret><a>1</a></secret>", "<secret>[redacted]"],
  ["<secret></secret>", "<secret></secret>"],
  ['<password type="x">hunter2</password>', '<password type="x">[redacted]</password>'],
  ['<login user="bob" password="hunter2"/>', '<login user="bob" password="[redacted]"/>'],
  [
    "<member><name>password</name><value><string>hunter2</string></value></member><member><name>a</name><value>1</value>",
    "<member><name>password</name>[redacted]</member><member><name>a</name><value>1</value>",
  ],
  ["sent with bearer abcdef.12345", "sent with bearer [redacted]"],
  ["the password is asked for at the door", "the password is asked for at the door"],
  ["max_tokens=5", "max_tokens=5"],
  ["password=", "password="],
  ["nothing of the kind", "nothing of the kind"],
] as const) {
  test(`Redactor tells "${text}" without what is secret, and again the same`, () => {
    assert.equal(redactor.text(text), told);
    assert.equal(redactor.text(told), told);
  });
}

for (const [text, told] of [
  ["password | hunter2", "password [redacted]"],
  ["login | password", "login | password"],
  ['{"password":"hunter2","a":1} | x', '{"password":"[redacted]","a":1} | x'],
  ["forgot your password? go there", "forgot your password [redacted]"],
  ["max_tokens 5", "max_tokens 5"],
  [`a | 0x${Buffer.from("\x81password\x02abc").toString("hex")}`, "a | 0x[redacted]"],
  ["0x0102030405060708", "0x0102030405060708"],
  ["plain words", "plain words"],
] as const) {
  test(`Redactor previews "${text}" without what may be secret`, () => assert.equal(redactor.preview(text), told));
}

test("Redactor takes secrets out of decoded values, by the names of fields, pairs and named values", () => {
  const value = {
    user: "bob",
    password: "hunter2",
    token: null,
    nested: [{ api_key: { any: "thing" } }, "secret=abc", 7, true],
    headers: [
      ["Cookie", "a=b"],
      ["Accept", "*/*"],
    ],
    fields: [
      { name: "password", value: "hunter2", type: "text" },
      { name: "a", value: 1 },
    ],
  };
  assert.deepEqual(redactor.value(value), {
    user: "bob",
    password: "[redacted]",
    token: null,
    nested: [{ api_key: "[redacted]" }, "secret=[redacted]", 7, true],
    headers: [
      ["Cookie", "[redacted]"],
      ["Accept", "*/*"],
    ],
    fields: [
      { name: "password", value: "[redacted]", type: "text" },
      { name: "a", value: 1 },
    ],
  });
  assert.equal(value.password, "hunter2", "what is captured stays");
});

test("Redactor goes into values only so deep, and never fails", () => {
  let value: unknown = "password=x";
  for (let depth = 0; depth < 5000; depth++) value = [value];
  assert.match(JSON.stringify(redactor.value(value)), /nested too deeply/);
});

test("Redactor says of octets whether a secret may be among them", () => {
  assert.equal(redactor.namesSecret(octets("\x01\x02Password\x03abc")), true);
  assert.equal(redactor.namesSecret(octets("\x01\x02words\x03abc")), false);
});

test("Redactor tells everything when it is off", () => {
  const off = new Redactor(false, ["x"]);
  const text = "password=hunter2";
  assert.deepEqual(
    [off.text(text), off.preview(text), off.value({ password: 1 }), off.namesSecret(octets(text))],
    [text, text, { password: 1 }, false],
  );
  assert.equal(off.isSecretName("password"), false);
});

test("Redactor takes no longer for hostile texts than for others", () => {
  const started = performance.now();
  for (const part of ["password", "password=", "<name>", "password:[", '"password":"', "secret\\", "a.b-", "0xab"]) {
    redactor.text(part.repeat(30_000));
    redactor.preview(part.repeat(100));
  }
  assert.ok(performance.now() - started < 20_000, "it is not linear");
});
