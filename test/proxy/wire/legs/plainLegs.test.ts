import assert from "node:assert/strict";
import { test } from "node:test";
import type { Leg, LegSignal } from "../../../../src/proxy/wire/legs/leg.ts";
import { plainClientLeg, plainServerLeg } from "../../../../src/proxy/wire/legs/plainLegs.ts";
import { octets } from "../../../support/octets.ts";
import { USER } from "../../../support/peers.ts";
import { loadVector, piecesOf } from "../../../support/vectors.ts";

const HELLO = "\x05HELLO\x05admin\x0bsecret-word";

function open(make: typeof plainClientLeg) {
  const sent: string[] = [];
  const leg = make((body) => sent.push(Buffer.from(body).toString("latin1")), USER);
  return { leg, sent };
}

/** Says a command, whose name is behind its length, to a leg. */
function tell(leg: Leg, body: string): LegSignal {
  return leg.receive(body.slice(1, 1 + body.charCodeAt(0)), octets(body));
}

test("plainClientLeg says HELLO as recorded clients do, and INITIATE once it is welcome and knows what to say", () => {
  for (const isGivenFirst of [true, false]) {
    const { leg, sent } = open(plainClientLeg);
    if (isGivenFirst) leg.give(octets("ours"), null);
    assert.deepEqual(leg.begin(), { kind: "nothing" });
    leg.welcome();
    assert.deepEqual(tell(leg, "\x07WELCOME"), { kind: "welcomed" });
    if (!isGivenFirst) leg.give(octets("ours"), null);
    assert.deepEqual(sent, [HELLO, "\x08INITIATEours"]);
    assert.equal(leg.isOpen, false);
    assert.deepEqual(tell(leg, "\x05READYtheirs"), { kind: "metadata", metadata: octets("theirs"), client: null });
    assert.equal(leg.isOpen, true);
  }
  const recorded = piecesOf(loadVector("push-pull-4.3.4-4.0.10-plain")).map(({ bytes }) => Buffer.from(bytes));
  assert.ok(recorded.some((bytes) => bytes.includes(Buffer.from(HELLO, "latin1"))));
});

test("plainClientLeg takes no WELCOME that it did not ask for, and each command once", () => {
  const { leg, sent } = open(plainClientLeg);
  leg.give(octets("ours"), null);
  assert.equal(tell(leg, "\x07WELCOME").kind, "problem");
  assert.equal(tell(leg, "\x05READY").kind, "problem");
  assert.deepEqual(sent, []);
  leg.begin();
  assert.equal(tell(leg, "\x05READY").kind, "problem");
  assert.equal(tell(leg, "\x07WELCOME").kind, "welcomed");
  assert.equal(tell(leg, "\x07WELCOME").kind, "problem");
  assert.equal(tell(leg, "\x05READY").kind, "metadata");
  assert.equal(tell(leg, "\x05READY").kind, "problem");
  assert.equal(tell(leg, "\x05HELLO").kind, "problem");
});

const oldServerLeg: typeof plainClientLeg = (send, user) => plainServerLeg(send, user, false);
const newServerLeg: typeof plainClientLeg = (send, user) => plainServerLeg(send, user, true);

test("A leg to a PLAIN peer refuses it with ERROR as its libzmq spells it", () => {
  const reason = octets("\x03300");
  for (const [make, hello, said] of [
    [plainClientLeg, "", "\x05ERROR\x03300"],
    [oldServerLeg, HELLO, "\x05ERROR\x03300"],
    [oldServerLeg, HELLO.replace("\x05HELLO", "\x07WELCOME"), "^RROR\x03300"],
    [newServerLeg, HELLO, "^RROR\x03300"],
  ] as const) {
    const { leg, sent } = open(make);
    if (hello !== "") tell(leg, hello);
    leg.refuse(reason);
    assert.deepEqual(sent, [said]);
  }
});

for (const hello of [HELLO, HELLO.replace("\x05HELLO", "\x07WELCOME")]) {
  test(`plainServerLeg lets in its user who says ${hello.slice(1, 6)}, and is open when both have spoken`, () => {
    for (const isGivenFirst of [true, false]) {
      const { leg, sent } = open(oldServerLeg);
      assert.deepEqual(leg.begin(), { kind: "nothing" });
      if (isGivenFirst) leg.give(octets("ours"), null);
      assert.deepEqual(tell(leg, hello), { kind: "asked" });
      assert.deepEqual(sent, []);
      leg.welcome();
      assert.deepEqual(tell(leg, "\x08INITIATEtheirs"), {
        kind: "metadata",
        metadata: octets("theirs"),
        client: null,
      });
      assert.equal(leg.isOpen, isGivenFirst);
      leg.give(octets("ours"), null);
      assert.deepEqual(sent, ["\x07WELCOME", "\x05READYours"]);
      assert.equal(leg.isOpen, true);
    }
  });
}

for (const hello of [
  "\x05HELLO\x05admin\x0bsecret-wore",
  "\x05HELLO\x05admin\x0csecret-word!",
  "\x05HELLO\x05admin",
  "\x05HELLO",
  `${HELLO}!`,
]) {
  test(`plainServerLeg answers ${JSON.stringify(hello.slice(6))} with ERROR 400`, () => {
    const { leg, sent } = open(oldServerLeg);
    const signal = tell(leg, hello);
    assert.equal(signal.kind === "problem" && signal.check, "user");
    assert.deepEqual(sent, ["\x05ERROR\x03400"]);
    assert.equal(tell(leg, HELLO).kind, "problem");
  });
}

test("plainServerLeg takes no INITIATE before it has said WELCOME", () => {
  const { leg } = open(oldServerLeg);
  assert.equal(tell(leg, "\x08INITIATE").kind, "problem");
  tell(leg, HELLO);
  assert.equal(tell(leg, "\x08INITIATE").kind, "problem");
});
