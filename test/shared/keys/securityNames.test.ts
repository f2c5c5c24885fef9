import assert from "node:assert/strict";
import { test } from "node:test";
import {
  isEmptySecurity,
  isSameSecurity,
  missingPart,
  readSecurityNames,
} from "../../../src/shared/keys/securityNames.ts";
import type { TapSecurity } from "../../../src/shared/security.ts";
import { decodeZ85 } from "../../../src/shared/keys/z85.ts";
import { KNOWN } from "../../support/keys.ts";
import { NO_SECURITY } from "../../support/security.ts";

const { publicKey, secretKey } = KNOWN;
const hex = Buffer.from(decodeZ85(secretKey)!).toString("hex");

test("readSecurityNames takes every field", () => {
  const names = {
    clientLeg: "NULL",
    serverLeg: "CURVE",
    serverPair: "backend",
    serverKey: publicKey,
    clientPair: "frontend",
    clientPairs: { alice: "alice at home", [publicKey]: "bob" },
    allow: ["alice", publicKey],
    plain: "operator",
  } as const;
  assert.deepEqual(readSecurityNames(names), names);
  assert.deepEqual(readSecurityNames({ clientLeg: "plain", serverPair: undefined }), { clientLeg: "PLAIN" });
});

const refused: [string, unknown, RegExp][] = [
  ["a text", "backend", /no object/],
  ["null", null, /no object/],
  ["a list", [], /no object/],
  ["a leg that is none", { clientLeg: "TLS" }, /"clientLeg".* none of NULL, PLAIN, CURVE/],
  ["a leg that is a number", { serverLeg: 3 }, /"serverLeg"/],
  ["a secret key as pair of the server", { serverPair: secretKey }, /a key itself in "serverPair".*Import Keys…/],
  ["a secret key in hex as pair of the client", { clientPair: hex }, /a key itself in "clientPair"/],
  ["a secret key as PLAIN user", { plain: secretKey }, /a key itself in "plain"/],
  ["a secret key as pair of one client", { clientPairs: { alice: secretKey } }, /a key itself in "clientPairs"/],
  ["a password", { plainPassword: "hunter2" }, /"plainPassword".*not for settings.*Add PLAIN User…/],
  ["a secret key as field", { [secretKey]: "x" }, /none of clientLeg/],
  ["a user with its password", { plain: { user: "a", password: "hunter2" } }, /the name of a PLAIN user/],
  ["an empty name", { serverPair: " " }, /the name of a key pair/],
  ["a key of the server in hex", { serverKey: hex }, /not written as Z85/],
  ["a key of the server that is none", { serverKey: 7 }, /the name of a key or a public key/],
  ["a list that is none", { allow: "alice" }, /no list/],
  ["a list with a number", { allow: ["alice", 7] }, /in "allow"/],
  ["pairs of clients as a list", { clientPairs: ["a"] }, /"clientPairs".* no object/],
  ["a client in hex", { clientPairs: { [hex]: "alice" } }, /not written as Z85/],
  ["an unknown field", { serverpair: "backend" }, /none of clientLeg/],
];

for (const [what, value, says] of refused) {
  test(`readSecurityNames refuses ${what}, without repeating a secret`, () => {
    const read = readSecurityNames(value);
    assert.ok("problem" in read);
    assert.match(read.problem, says);
    for (const secret of [secretKey, hex, "hunter2"]) assert.ok(!read.problem.includes(secret));
  });
}

test("isSameSecurity compares what is chosen, in whatever order", () => {
  assert.ok(isSameSecurity({ serverPair: "a", allow: ["b"] }, { allow: ["b"], serverPair: "a" }));
  assert.ok(!isSameSecurity({ allow: ["b"] }, { allow: ["b", "c"] }));
  assert.ok(!isSameSecurity(undefined, {}));
  assert.ok(isSameSecurity(undefined, undefined));
});

test("isEmptySecurity tells whether anything is chosen", () => {
  assert.ok(isEmptySecurity({}));
  assert.ok(!isEmptySecurity({ allow: [] }));
});

const plain = { user: "a", password: "b" };
const lacking: [string, Partial<TapSecurity>, ReturnType<typeof missingPart>][] = [
  ["nothing at all", {}, null],
  ["the server's own pair", { serverPair: KNOWN }, null],
  ["only the key of the server", { serverKey: publicKey }, "serverPair"],
  ["only an allow-list", { allow: [] }, "serverPair"],
  ["a leg to the server that adds CURVE", { clientLeg: "NULL", serverLeg: "CURVE", serverKey: publicKey }, null],
  ["CURVE added without the server's key", { clientLeg: "NULL", serverLeg: "CURVE" }, "serverKey"],
  ["CURVE asked of clients without a pair", { clientLeg: "CURVE", serverLeg: "NULL" }, "serverPair"],
  ["CURVE removed", { clientLeg: "CURVE", serverLeg: "NULL", serverPair: KNOWN }, null],
  ["CURVE towards the server only, clients as they say", { serverLeg: "CURVE", serverKey: publicKey }, "serverPair"],
  ["PLAIN added without a user", { clientLeg: "NULL", serverLeg: "PLAIN" }, "plain"],
  ["PLAIN added with a user", { clientLeg: "NULL", serverLeg: "PLAIN", plain }, null],
  ["PLAIN asked of clients without a user", { clientLeg: "PLAIN", serverLeg: "NULL" }, "plain"],
  ["PLAIN passed on", { clientLeg: "PLAIN", serverLeg: "PLAIN" }, null],
];

for (const [what, part, missing] of lacking) {
  test(`missingPart of a tap with ${what} is ${missing ?? "nothing"}`, () => {
    assert.equal(missingPart({ ...NO_SECURITY, ...part }), missing);
  });
}
