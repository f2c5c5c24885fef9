import assert from "node:assert/strict";
import { test } from "node:test";
import { numberFormat, SCALARS, scalarSize } from "../../src/shared/scalars.ts";

test("numberFormat reads every kind in both orders, and one octet without one", () => {
  for (const scalar of SCALARS) {
    const isOne = scalarSize(scalar) === 1;
    assert.deepEqual(numberFormat(scalar), isOne ? { scalar, isLittle: true } : undefined);
    assert.deepEqual(numberFormat(`${scalar}-le`), isOne ? undefined : { scalar, isLittle: true });
    assert.deepEqual(numberFormat(`${scalar}-be`), isOne ? undefined : { scalar, isLittle: false });
  }
  for (const text of ["", "int16-", "int16-le-be", "int12-le", "-le"]) assert.equal(numberFormat(text), undefined);
});
