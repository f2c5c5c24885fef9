import assert from "node:assert/strict";
import { test } from "node:test";
import { doesSomething } from "../../scripts/tasks/checks.ts";

test("doesSomething is false for a module of types and tables", () => {
  const source = `/** A function => in words. */
    export type Handler = (value: number) => void;
    export const SIZES = [1, 2] as const; // class of their own`;
  assert.equal(doesSomething(source), false);
});

test("doesSomething is true for a function, an arrow function and a class", () => {
  assert.equal(doesSomething("export function f(): void {}"), true);
  assert.equal(doesSomething("export const f = (): number => 1;"), true);
  assert.equal(doesSomething("export class C {}"), true);
});
