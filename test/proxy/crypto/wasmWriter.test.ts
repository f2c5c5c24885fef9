import assert from "node:assert/strict";
import { test } from "node:test";
import { type Code, exit, i32, local, repeat, v128, when, writeModule } from "../../../src/proxy/crypto/wasmWriter.ts";

const X = local.get(0);
const Y = local.get(1);

/** Runs code with two parameters, a third word and a vector, over a memory that it may write to. */
async function run(code: Code, x = 0, y = 0, before: readonly number[] = []): Promise<Uint8Array> {
  const memory = new WebAssembly.Memory({ initial: 1 });
  new Uint32Array(memory.buffer).set(before);
  const bytes = writeModule({ parameters: 2, words: 1, vectors: 1 }, code);
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } });
  (instance.exports["run"] as (x: number, y: number) => void)(x, y);
  return new Uint8Array(memory.buffer);
}

async function words(code: Code, ...rest: [x?: number, y?: number, before?: readonly number[]]): Promise<number[]> {
  return Array.from(new Uint32Array((await run(code, ...rest)).buffer, 0, 8));
}

const store = (value: Code): Code => v128.store(i32.const(0), value);
const lanes = v128.const([1, 2, 0x80000000, 0xffffffff]);

test("writes constants of every length", async () => {
  for (const value of [0, 1, 63, 64, -1, -64, -65, 8191, 8192, -8193, 0x7fffffff, -0x80000000]) {
    assert.deepEqual((await words(store(v128.splat(i32.const(value))))).slice(0, 4), Array(4).fill(value >>> 0));
  }
});

test("writes offsets of more than one octet", async () => {
  const filled = await words(v128.store(i32.const(16), v128.load(i32.const(0), 200)), 0, 0, [
    ...Array<number>(50).fill(9),
    ...[5, 6, 7, 8],
  ]);
  assert.deepEqual(filled.slice(4), [5, 6, 7, 8]);
});

test("works on words", async () => {
  const byte = async (value: Code, x: number, y: number): Promise<number> =>
    (await run(i32.store8(i32.const(0), value), x, y))[0]!;
  assert.equal(await byte(i32.add(X, Y), 5, 3), 8);
  assert.equal(await byte(i32.sub(X, Y), 5, 3), 2);
  assert.equal(await byte(i32.xor(X, Y), 5, 3), 6);
  assert.equal(await byte(i32.eqz(X), 0, 3), 1);
  assert.equal(await byte(i32.ltU(X, Y), -1, 3), 0);
  assert.equal(await byte(i32.ltU(X, Y), 2, 3), 1);
  assert.equal(await byte(i32.select(X, i32.const(7), Y), 5, 1), 5);
  assert.equal(await byte(i32.select(X, i32.const(7), Y), 5, 0), 7);
  assert.equal(await byte(i32.load8(i32.const(65_535)), 1, 1), 0);
});

test("works on vectors", async () => {
  const four = async (value: Code): Promise<number[]> => (await words(store(value), 0, 0, [7, 8])).slice(0, 4);
  assert.deepEqual(await four(lanes), [1, 2, 0x80000000, 0xffffffff]);
  assert.deepEqual(await four(v128.loadSplat(i32.const(0), 4)), [8, 8, 8, 8]);
  assert.deepEqual(await four(v128.add(lanes, lanes)), [2, 4, 0, 0xfffffffe]);
  assert.deepEqual(await four(v128.sub(lanes, v128.const([2, 2, 2, 2]))), [0xffffffff, 0, 0x7ffffffe, 0xfffffffd]);
  assert.deepEqual(await four(v128.xor(lanes, v128.const([3, 3, 3, 3]))), [2, 1, 0x80000003, 0xfffffffc]);
  assert.deepEqual(await four(v128.ltU(lanes, v128.const([2, 2, 2, 2]))), [0xffffffff, 0, 0, 0]);
  assert.deepEqual(await four(v128.shl(lanes, 4)), [16, 32, 0, 0xfffffff0]);
  assert.deepEqual(await four(v128.shrU(lanes, 4)), [0, 0, 0x08000000, 0x0fffffff]);
  assert.deepEqual(await four(v128.shuffle(lanes, v128.const([4, 5, 6, 7]), [7, 0, 4, 1])), [7, 1, 4, 2]);
});

test("repeats while a condition holds, and leaves out what is conditional", async () => {
  const countdown = repeat(local.set(1, i32.add(Y, i32.const(3))), local.tee(0, i32.sub(X, i32.const(1))));
  assert.equal((await run([countdown, i32.store8(i32.const(0), Y)], 5, 1))[0], 16);
  const conditional = when(X, i32.store8(i32.const(0), i32.const(1)));
  assert.equal((await run(conditional, 1))[0], 1);
  assert.equal((await run(conditional, 0))[0], 0);
  assert.equal((await run([when(X, exit), i32.store8(i32.const(0), i32.const(1))], 1))[0], 0);
});

test("numbers words first, then vectors", async () => {
  const copied = [local.set(2, X), local.set(3, v128.splat(local.get(2))), store(local.get(3))];
  assert.deepEqual((await words(copied, 9)).slice(0, 4), [9, 9, 9, 9]);
});
