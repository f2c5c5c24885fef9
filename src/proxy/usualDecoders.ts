import { type DecoderName, type FrameValue, SURE_GUESS } from "../shared/model.ts";

/** Channels that are remembered; the one that was looked at longest ago makes room. */
const MAX_CHANNELS = 1_000;
/** Sure guesses of a channel that count, the newest ones. */
const MAX_GUESSES = 16;
/** Fewer say nothing about a channel. */
const MIN_GUESSES = 3;
/** Nothing that is known from other messages is surer than this. */
const MOST = 0.9;

/** What most frames of a channel are, and how sure that is: the part of them, at least SURE_GUESS. */
export type Usual = Pick<FrameValue, "decoder" | "confidence">;

type Channel = { readonly guesses: DecoderName[]; lastN: number };

/** What the frames of a channel were guessed to be, of those that somebody looked at and that were plain. */
export class UsualDecoders {
  /** In order of use. */
  readonly #channels = new Map<string, Channel>();

  /** `null` where too few were seen, or they are of many kinds. */
  of(channel: string): Usual | null {
    const guesses = this.#channels.get(channel)?.guesses ?? [];
    if (guesses.length < MIN_GUESSES) return null;
    for (const decoder of new Set(guesses)) {
      const part = guesses.filter((guess) => guess === decoder).length / guesses.length;
      if (part >= SURE_GUESS) return { decoder, confidence: Math.min(MOST, part) };
    }
    return null;
  }

  /** Remembers a guess that was sure by the frame's octets alone. Row `n` counts once, however often it is looked at in turn. */
  learn(channel: string, n: number, decoder: DecoderName): void {
    const known = this.#channels.get(channel) ?? { guesses: [], lastN: 0 };
    this.#channels.delete(channel);
    this.#channels.set(channel, known);
    if (this.#channels.size > MAX_CHANNELS) this.#channels.delete(this.#channels.keys().next().value!);
    if (known.lastN === n) return;
    known.lastN = n;
    known.guesses.push(decoder);
    if (known.guesses.length > MAX_GUESSES) known.guesses.shift();
  }
}
