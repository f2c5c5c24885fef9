/** What was begun, or waits for that. */
export type Turn = {
  /** It is over, or no longer wanted; the next one begins. To be called once or more. */
  end(): void;
};

/** Lets at most `limit` things be under way at once; the others begin in the order in which they came. */
export class Turns {
  readonly #limit: number;
  readonly #waiting = new Set<() => void>();
  #underWay = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Calls `begin` once, before this returns where there is room. */
  take(begin: () => void): Turn {
    let state: "waiting" | "under way" | "over" = "waiting";
    const start = (): void => {
      this.#waiting.delete(start);
      this.#underWay += 1;
      state = "under way";
      begin();
    };
    const end = (): void => {
      if (state === "under way") this.#underWay -= 1;
      else this.#waiting.delete(start);
      state = "over";
      for (const next of this.#waiting) {
        if (this.#underWay >= this.#limit) return;
        next();
      }
    };
    if (this.#underWay < this.#limit) start();
    else this.#waiting.add(start);
    return { end };
  }
}
