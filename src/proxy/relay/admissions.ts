import type { WaitingClient } from "../../shared/security.ts";

const WAITING_LIMIT = 50;

/** `wait`: closed without ERROR, so that the client tries again. `deny`: ERROR 400, after which libzmq gives up. */
export type Admission = "allow" | "wait" | "deny";

/**
 * Which CURVE clients a tap lets in, by their public keys in Z85. Clients that no list names wait; the user lets them in or
 * denies them. Holds the newest 50 of those that wait.
 */
export class Admissions {
  #allow: Set<string> | null;
  readonly #waiting = new Map<string, WaitingClient>();

  /** `null`: any client may connect. */
  constructor(allow: readonly string[] | null) {
    this.#allow = allow === null ? null : new Set(allow);
  }

  get waiting(): readonly WaitingClient[] {
    return [...this.#waiting.values()];
  }

  /** A new list. Who is on it waits no more; what was decided by hand about others stays. */
  setList(allow: readonly string[] | null): void {
    this.#allow = allow === null ? null : new Set(allow);
    for (const client of this.#waiting.keys()) if (this.#isListed(client)) this.#waiting.delete(client);
  }

  /** Says what to do with a client that has proved to own its key. */
  judge(client: string, address: string): Admission {
    if (this.#isListed(client)) return "allow";
    const before = this.#waiting.get(client);
    // The newest stand last.
    this.#waiting.delete(client);
    const isDenied = before?.isDenied ?? false;
    this.#hold({ client, address, attempts: (before?.attempts ?? 0) + 1, isDenied });
    return isDenied ? "deny" : "wait";
  }

  /** The user's word on a client: it counts from its next attempt on. */
  decide(client: string, isAllowed: boolean): void {
    const waiting = this.#waiting.get(client);
    if (isAllowed) {
      this.#allow?.add(client);
      this.#waiting.delete(client);
    } else {
      this.#allow?.delete(client);
      this.#hold({ ...(waiting ?? { client, address: "", attempts: 0 }), isDenied: true });
    }
  }

  #hold(waiting: WaitingClient): void {
    this.#waiting.set(waiting.client, waiting);
    if (this.#waiting.size > WAITING_LIMIT) this.#waiting.delete(this.#waiting.keys().next().value!);
  }

  #isListed(client: string): boolean {
    return this.#allow === null || this.#allow.has(client);
  }
}
