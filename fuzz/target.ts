/** A part of the product, and what it promises of any input. */
export type Target = {
  readonly name: string;
  /** What is given to what, and what must hold; a sentence for the report. */
  readonly about: string;
  /** Sound inputs to begin with. */
  readonly seeds: () => readonly Uint8Array[];
  /** Words of the format, which are put into inputs. */
  readonly words?: readonly (string | Uint8Array)[];
  /** Longest input that is made; 4 KiB unless told otherwise. */
  readonly maxBytes?: number;
  /** Time that one input may take, in milliseconds of a processor; 2 s unless told otherwise. */
  readonly slowMs?: number;
  /** Throws when a promise is broken. */
  readonly run: (input: Uint8Array) => void | Promise<void>;
  /** Ends what it has started. */
  readonly stop?: () => Promise<void>;
};

/** Targets by name, each loaded when it is fuzzed. */
export type TargetTable = Readonly<Record<string, () => Promise<Target>>>;

export const MAX_INPUT_BYTES = 64 * 1024;

const TEXT = new TextEncoder();

/** Inputs of text. */
export const texts = (...all: readonly string[]): Uint8Array[] => all.map((text) => TEXT.encode(text));

/** The text that an input is, with replacement characters where it is no UTF-8. */
export const textOf = (input: Uint8Array): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(input);
