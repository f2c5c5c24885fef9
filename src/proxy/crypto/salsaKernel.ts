import { type Code, exit, i32, local, repeat, v128, when, writeModule } from "./wasmWriter.ts";

/**
 * XORs `size` octets with Salsa20's stream from a 64-octet block on, whose number comes in two halves of 32 bits. `out` may
 * be `input`. `scratch` is a place of SCRATCH_BYTES zeros, and is one again afterwards.
 */
export type SalsaXor = (
  out: number,
  input: number,
  size: number,
  nonce8: number,
  blockLow: number,
  blockHigh: number,
  key: number,
  scratch: number,
) => void;

/** Four blocks: what the kernel makes at once. */
export const SCRATCH_BYTES = 256;

// Locals of the kernel: its parameters, words, vectors.
const OUT = 0;
const INPUT = 1;
const SIZE = 2;
const NONCE = 3;
const BLOCK_LOW = 4;
const BLOCK_HIGH = 5;
const KEY = 6;
const SCRATCH = 7;
const FROM = 8;
const TO = 9;
const ROUND = 10;
const STATE = 11;
const COUNTER_LOW = STATE + 16;
const COUNTER_HIGH = COUNTER_LOW + 1;
const TEMPORARY = COUNTER_HIGH + 1;
const SHAPE = { parameters: 8, words: 3, vectors: 16 + 2 + 4 };

/** Where each of "expa", "nd 3", "2-by", "te k" stands in Salsa20's state. */
const CONSTANTS = new Map([
  [0, 0x61707865],
  [5, 0x3320646e],
  [10, 0x79622d32],
  [15, 0x6b206574],
]);
/** Quarter-rounds of a double round, columns first: the words of the state that each works on. */
const QUARTERS = [
  [0, 4, 8, 12],
  [5, 9, 13, 1],
  [10, 14, 2, 6],
  [15, 3, 7, 11],
  [0, 1, 2, 3],
  [5, 6, 7, 4],
  [10, 11, 8, 9],
  [15, 12, 13, 14],
] as const;
type Quarter = (typeof QUARTERS)[number];

/**
 * Salsa20 with vectors over a memory that libsodium works in, or `null` where WebAssembly has none. libsodium's own is plain
 * code in its WebAssembly build and takes twice the time.
 */
export async function openSalsaKernel(memory: WebAssembly.Memory): Promise<SalsaXor | null> {
  const bytes = writeModule(SHAPE, kernel());
  if (!WebAssembly.validate(bytes)) return null;
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } });
  return instance.exports["run"] as SalsaXor;
}

/**
 * Each vector holds one word of the state for four blocks in a row, as in D. J. Bernstein's own vector version. There is no
 * branch or place that depends on a key or text.
 */
function kernel(): Code {
  const isShort = i32.ltU(local.get(SIZE), i32.const(SCRATCH_BYTES));
  return when(local.get(SIZE), [
    repeat(
      [
        // What is left of a stream behind its last four whole blocks: these go to the scratch place as they are.
        local.set(FROM, i32.select(local.get(SCRATCH), local.get(INPUT), isShort)),
        local.set(TO, i32.select(local.get(SCRATCH), local.get(OUT), isShort)),
        fourBlocks(),
        when(isShort, [rest(), exit]),
        increase(OUT, SCRATCH_BYTES),
        increase(INPUT, SCRATCH_BYTES),
        increase(BLOCK_LOW, 4),
        local.set(BLOCK_HIGH, i32.add(local.get(BLOCK_HIGH), i32.ltU(local.get(BLOCK_LOW), i32.const(4)))),
        increase(SIZE, -SCRATCH_BYTES),
      ],
      local.get(SIZE),
    ),
  ]);
}

/** XORs four blocks of the stream onto what is at `from`, and writes that to `to`. */
function fourBlocks(): Code {
  const words = Array.from({ length: 16 }, (_, index) => index);
  const low = v128.splat(local.get(BLOCK_LOW));
  return [
    local.set(COUNTER_LOW, v128.add(low, v128.const([0, 1, 2, 3]))),
    // A lane's low half is less than the first one's where it went past 2^32; "less" is -1.
    local.set(COUNTER_HIGH, v128.sub(v128.splat(local.get(BLOCK_HIGH)), v128.ltU(local.get(COUNTER_LOW), low))),
    words.map((index) => local.set(STATE + index, initial(index))),
    local.set(ROUND, i32.const(5)),
    // Two double rounds per turn: with one, moves between registers at its end cost some 4 %.
    repeat([doubleRound(), doubleRound()], local.tee(ROUND, i32.sub(local.get(ROUND), i32.const(1)))),
    [0, 4, 8, 12].map(writeRow),
  ];
}

/** A word of the state as it is before the rounds: read again afterwards, since it is added to the outcome. */
function initial(index: number): Code {
  const constant = CONSTANTS.get(index);
  if (constant !== undefined) return v128.const([constant, constant, constant, constant]);
  if (index === 8) return local.get(COUNTER_LOW);
  if (index === 9) return local.get(COUNTER_HIGH);
  if (index === 6 || index === 7) return v128.loadSplat(local.get(NONCE), 4 * (index - 6));
  return v128.loadSplat(local.get(KEY), 4 * (index < 5 ? index - 1 : index - 7));
}

/** Two quarter-rounds side by side keep the processor busy; with four there are too few registers. */
function doubleRound(): Code {
  return [0, 2, 4, 6].map((index) => {
    const pair = [QUARTERS[index]!, QUARTERS[index + 1]!];
    const step = (target: 0 | 1 | 2 | 3, a: 0 | 1 | 2 | 3, b: 0 | 1 | 2 | 3, bits: number): Code =>
      pair.map((quarter: Quarter, side) => turn(TEMPORARY + side, quarter[target], [quarter[a], quarter[b]], bits));
    return [step(1, 0, 3, 7), step(2, 1, 0, 9), step(3, 2, 1, 13), step(0, 3, 2, 18)];
  });
}

/** XORs the sum of two words, rotated, onto a third. */
function turn(temporary: number, target: number, [a, b]: readonly [number, number], bits: number): Code {
  const sum = local.tee(temporary, v128.add(local.get(STATE + a), local.get(STATE + b)));
  const left = v128.xor(v128.shl(sum, bits), local.get(STATE + target));
  return local.set(STATE + target, v128.xor(left, v128.shrU(local.get(temporary), 32 - bits)));
}

/** Four words of each block: transposed, XORed onto what is there. */
function writeRow(first: number): Code {
  const sums = [0, 1, 2, 3].map((index) => v128.add(local.get(STATE + first + index), initial(first + index)));
  const pairs = (a: number, b: number, lanes: readonly number[]): Code =>
    v128.shuffle(local.get(STATE + first + a), local.get(STATE + first + b), lanes);
  const write = (block: number, a: number, lanes: readonly number[]): Code => {
    const offset = 64 * block + 4 * first;
    const stream = v128.shuffle(local.get(TEMPORARY + a), local.get(TEMPORARY + a + 1), lanes);
    return v128.store(local.get(TO), v128.xor(stream, v128.load(local.get(FROM), offset)), offset);
  };
  return [
    sums.map((sum, index) => local.set(STATE + first + index, sum)),
    local.set(TEMPORARY, pairs(0, 1, [0, 4, 1, 5])),
    local.set(TEMPORARY + 1, pairs(2, 3, [0, 4, 1, 5])),
    local.set(TEMPORARY + 2, pairs(0, 1, [2, 6, 3, 7])),
    local.set(TEMPORARY + 3, pairs(2, 3, [2, 6, 3, 7])),
    write(0, 0, [0, 1, 4, 5]),
    write(1, 0, [2, 3, 6, 7]),
    write(2, 2, [0, 1, 4, 5]),
    write(3, 2, [2, 3, 6, 7]),
  ];
}

/** XORs the stream in the scratch place onto the rest of the input, and overwrites it with zeros. */
function rest(): Code {
  const isLong = i32.eqz(i32.ltU(local.get(SIZE), i32.const(16)));
  const vector = v128.xor(v128.load(local.get(INPUT)), v128.load(local.get(FROM)));
  const octet = i32.xor(i32.load8(local.get(INPUT)), i32.load8(local.get(FROM)));
  const pass = (size: number): Code => [
    increase(OUT, size),
    increase(INPUT, size),
    increase(FROM, size),
    increase(SIZE, -size),
  ];
  return [
    when(isLong, repeat([v128.store(local.get(OUT), vector), pass(16)], isLong)),
    when(local.get(SIZE), repeat([i32.store8(local.get(OUT), octet), pass(1)], local.get(SIZE))),
    Array.from({ length: SCRATCH_BYTES / 16 }, (_, index) =>
      v128.store(local.get(SCRATCH), v128.const([0, 0, 0, 0]), 16 * index),
    ),
  ];
}

function increase(index: number, by: number): Code {
  return local.set(index, i32.add(local.get(index), i32.const(by)));
}
