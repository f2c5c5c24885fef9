import assert from "node:assert/strict";
import { test } from "node:test";
import {
  badLength,
  commandBody,
  errorBody,
  isProblem,
  outOfOrder,
} from "../../../../src/proxy/wire/curve/curveCommands.ts";
import { hex, octets } from "../../../support/octets.ts";

test("commandBody and errorBody write names and reasons behind their lengths", () => {
  assert.deepEqual(commandBody("READY", hex("01"), hex("0203")), hex("05 5245414459 01 0203"));
  assert.deepEqual(errorBody("400"), octets("\x05ERROR\x03400"));
});

test("problems name the command, and are told from answers", () => {
  assert.match(outOfOrder("HELLO").message, /^HELLO came/);
  assert.match(badLength("WELCOME", 3).message, /^WELCOME has 3 octets/);
  assert.deepEqual([outOfOrder("HELLO"), hex("00"), null].map(isProblem), [true, false, false]);
});
