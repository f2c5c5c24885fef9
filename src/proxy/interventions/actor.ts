import type { Intervention } from "../../shared/interventions.ts";
import { OneIn } from "./oneIn.ts";
import { Pacer } from "./pacer.ts";
import { pick, type Random } from "./random.ts";
import { shuffled } from "./shuffle.ts";

/** An intervention that is about messages. */
export type MessageIntervention = Exclude<Intervention, { readonly kind: "refuse" | "freeze" }>;

/** A message or a command on its way through a gate. */
export type GateMessage = {
  /** Its frames as on the wire; of a message without the commands that stood in it. */
  readonly bytes: Uint8Array;
  readonly frames: number;
  /** Of all frames' bodies. */
  readonly sizeBytes: number;
  readonly isCommand: boolean;
};

/** One intervention at work on one direction of a link, with its own numbers of chance. */
export class Actor {
  readonly id: number;
  readonly intervention: MessageIntervention;
  readonly #matches: (message: GateMessage) => boolean;
  readonly #random: Random;
  readonly #oneIn: OneIn | null;
  readonly pacer: Pacer | null;

  /** `matches` is asked about what its scope's direction and kind allow; the same `random` makes the same decisions. */
  constructor(
    id: number,
    intervention: MessageIntervention,
    random: Random,
    matches: (message: GateMessage) => boolean,
  ) {
    this.id = id;
    this.intervention = intervention;
    this.#random = random;
    this.#matches = matches;
    const { kind } = intervention;
    this.#oneIn = kind === "drop" || kind === "duplicate" ? new OneIn(intervention.oneIn, random) : null;
    this.pacer = kind === "throttle" ? new Pacer(intervention.perSecond, intervention.unit) : null;
  }

  /** Whether it does something to this message. Asked once for each, in order, since one in n counts them. */
  actsOn(message: GateMessage): boolean {
    if (message.isCommand !== this.intervention.isCommands || !this.#matches(message)) return false;
    return this.#oneIn?.next() ?? true;
  }

  /** How long the next message is delayed. Of a delay only. */
  delayMs(): number {
    if (this.intervention.kind !== "delay") return 0;
    const { delayMs, jitterMs } = this.intervention;
    // In steps of a tenth of a millisecond, so that an event tells it exactly.
    const steps = Math.round(jitterMs * 10);
    return delayMs + (pick(this.#random, 2 * steps + 1) - steps) / 10;
  }

  /** The things of a window in another order. */
  reorder<T>(things: readonly T[]): readonly T[] {
    return shuffled(things, this.#random);
  }
}
