import { MAX_LINGER_MS } from "../shared/engineProtocol.ts";
import type { HostDoor } from "./hostDoor.ts";

/** How often an engine without a host looks whether one could still find it. */
const LOOK_MS = 2_000;

export type LingeringOptions = {
  /** `null` where another engine has its door there. May reject. */
  readonly openDoor: () => Promise<Pick<HostDoor, "isFound" | "close"> | null>;
  /** Whether anything runs that is worth waiting with. */
  readonly isOfUse: () => boolean;
  /** Nobody came, or could come: the engine is to end. May be called more than once. */
  readonly onEnd: () => void;
  /** Told why the engine cannot be found by another host. */
  readonly onProblem: (error: unknown) => void;
  readonly lookMs?: number;
};

/** How long an engine goes on without a host: not at all until it is told, and never where nobody could find it. */
export class Lingering {
  readonly #options: LingeringOptions;
  #ms = 0;
  #door: Pick<HostDoor, "isFound" | "close"> | null = null;
  #opening: Promise<void> | null = null;
  #timer: NodeJS.Timeout | undefined;
  #looking: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: LingeringOptions) {
    this.#options = options;
  }

  /** From the next loss on, at most MAX_LINGER_MS; 0 for not at all. Resolves when the engine can be found, or cannot. Never rejects. */
  async set(ms: number): Promise<void> {
    this.#ms = Math.min(Math.max(0, ms), MAX_LINGER_MS);
    if (this.#ms === 0) {
      this.#door?.close();
      this.#door = null;
      this.#opening = null;
      return;
    }
    await (this.#opening ??= this.#open());
  }

  /** The host has gone: waits for the next one, or ends the engine. */
  lost(): void {
    if (this.#ms === 0 || this.#door?.isFound !== true || !this.#options.isOfUse()) {
      this.#options.onEnd();
      return;
    }
    this.#timer = setTimeout(this.#options.onEnd, this.#ms);
    this.#looking = setInterval(() => {
      if (this.#door?.isFound !== true) this.#options.onEnd();
    }, this.#options.lookMs ?? LOOK_MS);
  }

  /** There is a host again. */
  found(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#looking);
  }

  /** The engine ends: nobody shall find it any more. */
  close(): void {
    this.#isClosed = true;
    this.found();
    this.#door?.close();
  }

  async #open(): Promise<void> {
    try {
      const door = await this.#options.openDoor();
      // It may not be wanted any more.
      if (this.#isClosed || this.#ms === 0) door?.close();
      else this.#door = door;
    } catch (error) {
      this.#options.onProblem(error);
    }
  }
}
