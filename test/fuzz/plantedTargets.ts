import type { TargetTable } from "../../fuzz/target.ts";

/** Targets with known faults, for tests of the fuzzer itself. */
export const sources = /\/plantedTargets\.ts$/;

const seeds = (): Uint8Array[] => [new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8])];
const kept: Uint8Array[] = [];

/** Fails at three octets in their places, which chance alone does not find: each right one runs another block. */
function guarded(input: Uint8Array): void {
  if (input[1] !== 0x66) return;
  if (input[3] !== 0x75) return;
  if (input[5] === 0x7a) throw new Error(`Planted at ${input.length}.`);
}

export const targets: TargetTable = {
  guarded: () => Promise.resolve({ name: "guarded", about: "", seeds, run: guarded, maxBytes: 64 }),
  hanging: () =>
    Promise.resolve({
      name: "hanging",
      about: "",
      seeds,
      run: (input) => {
        while (input[0] === 127);
      },
    }),
  slow: () =>
    Promise.resolve({
      name: "slow",
      about: "",
      seeds,
      slowMs: 20,
      run: (input) => {
        const untilMs = performance.now() + (input[0] === 7 ? 50 : 0);
        while (performance.now() < untilMs);
      },
    }),
  leaking: () =>
    Promise.resolve({
      name: "leaking",
      about: "",
      seeds,
      run: () => void kept.push(new Uint8Array(1_000_000).fill(1)),
    }),
  rejecting: () =>
    Promise.resolve({
      name: "rejecting",
      about: "",
      seeds,
      run: async (input) => {
        await Promise.resolve();
        if (input.length === 9) throw new TypeError("Rejected.");
      },
    }),
  sound: () => Promise.resolve({ name: "sound", about: "", seeds, run: () => undefined }),
};
