import assert from "node:assert/strict";
import { test } from "node:test";
import { Turns } from "../../../src/proxy/relay/turns.ts";

function tried(limit: number, count: number) {
  const begun: number[] = [];
  const turns = new Turns(limit);
  const taken = Array.from({ length: count }, (_, number) => turns.take(() => begun.push(number)));
  return { begun, end: (number: number) => taken[number]!.end() };
}

test("Turns begin at once while there is room, and then in the order in which they came", () => {
  const { begun, end } = tried(2, 5);
  assert.deepEqual(begun, [0, 1]);
  end(1);
  assert.deepEqual(begun, [0, 1, 2]);
  end(0);
  end(2);
  assert.deepEqual(begun, [0, 1, 2, 3, 4]);
});

test("A turn that is no longer wanted never begins, and one that ends twice makes room once", () => {
  const { begun, end } = tried(1, 4);
  end(1);
  assert.deepEqual(begun, [0]);
  end(0);
  end(0);
  end(1);
  assert.deepEqual(begun, [0, 2]);
  end(2);
  assert.deepEqual(begun, [0, 2, 3]);
});
