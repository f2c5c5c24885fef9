import type { Finding } from "./explorer.ts";
import { MAX_INPUT_BYTES } from "./target.ts";

export type WorkerTask = {
  /** Module that exports `targets`, and `sources`: what fits the addresses of the sources that count. */
  readonly table: string;
  readonly name: string;
  readonly seed: number;
  readonly corpus: readonly Uint8Array[];
  readonly memory: SharedArrayBuffer;
};

type Counts = { readonly executions: number; readonly characters: number; readonly corpus: number };

export type WorkerSaid =
  | ({ readonly kind: "progress" | "done" } & Counts)
  | { readonly kind: "finding"; readonly finding: Finding }
  | { readonly kind: "corpus"; readonly inputs: readonly Uint8Array[] };

const TURNS = 0;
const LENGTH = 1;
const IS_OVER = 2;
const HEAD_BYTES = 16;

/** What a thread that fuzzes and the one that watches it both see: the input under way, even when that never ends. */
export class Window {
  static readonly bytes = HEAD_BYTES + MAX_INPUT_BYTES;
  readonly #head: Int32Array;
  readonly #octets: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.#head = new Int32Array(memory, 0, HEAD_BYTES / 4);
    this.#octets = new Uint8Array(memory, HEAD_BYTES);
  }

  /** Counts inputs, so that a number that stays says that one does not end. */
  get turns(): number {
    return Atomics.load(this.#head, TURNS);
  }

  get input(): Uint8Array {
    return this.#octets.slice(0, Atomics.load(this.#head, LENGTH));
  }

  get isOver(): boolean {
    return Atomics.load(this.#head, IS_OVER) === 1;
  }

  /** Asks the thread to end after its round. */
  end(): void {
    Atomics.store(this.#head, IS_OVER, 1);
  }

  show(input: Uint8Array): void {
    const shown = input.subarray(0, MAX_INPUT_BYTES);
    this.#octets.set(shown);
    Atomics.store(this.#head, LENGTH, shown.length);
    Atomics.add(this.#head, TURNS, 1);
  }
}
