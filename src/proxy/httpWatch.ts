import type { Direction } from "../shared/model.ts";
import type { LinkLog, TapCounters } from "./linkLog.ts";
import { type HeldBudget, ZmtpTwin } from "./http/zmtpTwin.ts";
import type { LinkObserver } from "./relay/link.ts";

/** Octets of bodies without a length that the links of one tap hold together. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;

/** Watches the links of one tap on an HTTP server: a file of its own, which an engine loads with the first such tap. */
export class HttpWatch {
  readonly #budget: HeldBudget = { held: 0, max: MAX_HELD_BYTES };
  readonly #counters: TapCounters;
  readonly #onBug: (error: unknown) => void;

  /** `counters` of the tap count what went over its links, and not what the capture makes of it. */
  constructor(counters: TapCounters, onBug: (error: unknown) => void) {
    this.#counters = counters;
    this.#onBug = onBug;
  }

  /**
   * Who is to see the octets of a link in place of its log, which is shown the ZMTP twin of what is understood. Nothing of
   * what cannot be read is kept, since nobody can say what in it is secret.
   */
  observe(log: LinkLog): LinkObserver {
    const counters = this.#counters;
    const twin = new ZmtpTwin(
      {
        plain: (direction, octets) => {
          const before = counters.bytes;
          log.received(direction, octets);
          counters.bytes = before;
        },
        fault: (direction, code, message) => log.giveUp(direction, code, message),
      },
      this.#budget,
    );
    const guarded = (watch: () => void): void => {
      if (hasFailed) return;
      try {
        watch();
      } catch (error) {
        hasFailed = true;
        twin.dispose();
        this.#onBug(error);
        log.giveUp(0, "bug", "ZMQ Tap failed while it watched this link. Its traffic flows on, unseen.");
      }
    };
    let hasFailed = false;
    guarded(() => twin.start());
    const received = (direction: Direction, bytes: Uint8Array): void => {
      counters.bytes += bytes.length;
      guarded(() => twin.push(direction, bytes));
    };
    log.beforeClosed = ({ by, reset, bytesLost }) => {
      guarded(() => {
        // Only an orderly end says that a body without a length is whole; a client may have ended its own direction before.
        if (by !== "tap" && !reset && bytesLost === 0) twin.close(1);
        twin.dispose();
      });
    };
    return { received, injected: received, gapIn: () => -1, stepIn: (_direction, { length }) => length };
  }
}
