/**
 * Hands on what comes through the engine's pipe, in its order. What follows an answer waits for the next turn of the event
 * loop, since whoever asked goes on only after this one: a notice in the same chunk would otherwise overtake its own
 * answer, as the first progress of a search did.
 */
export class Delivery {
  readonly #receive: (value: unknown) => void;
  readonly #waiting: unknown[] = [];
  #turn: NodeJS.Immediate | undefined;

  constructor(receive: (value: unknown) => void) {
    this.#receive = receive;
  }

  push(value: unknown): void {
    if (this.#turn === undefined) this.#deliver(value);
    else this.#waiting.push(value);
  }

  #deliver(value: unknown): void {
    this.#receive(value);
    if (isAnswer(value)) this.#turn = setImmediate(() => this.#goOn());
  }

  #goOn(): void {
    this.#turn = undefined;
    for (const value of this.#waiting.splice(0)) this.push(value);
  }
}

function isAnswer(value: unknown): boolean {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "answer";
}
