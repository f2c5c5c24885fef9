import type { Capture } from "./capture/capture.ts";
import { dialectTools } from "./dialectTools.ts";
import { asReply, type ReplayRequest } from "./replayRequest.ts";
import { compareReplies } from "./rpc/compareReplies.ts";
import type { ReplayTally } from "./rpc/replayTally.ts";

const MAX_FRAMES = 10_000;

/** Compares the replies of a session with the recorded ones, which may have to be read from disk first. */
export class ReplayReplies {
  readonly #capture: Capture;
  readonly #tally: ReplayTally;
  readonly #timeoutMs: number;
  readonly #onCompared: () => void;
  readonly #comparing = new Set<Promise<void>>();

  /** `onCompared` is told of each that had to wait. */
  constructor(capture: Capture, tally: ReplayTally, timeoutMs: number, onCompared: () => void) {
    this.#capture = capture;
    this.#tally = tally;
    this.#timeoutMs = timeoutMs;
    this.#onCompared = onCompared;
  }

  /** Comparisons under way, whose replies are held. */
  get comparing(): number {
    return this.#comparing.size;
  }

  /** The reply to a request; its frames belong to the comparison from now on. */
  answered(request: ReplayRequest, frames: readonly Uint8Array[]): void {
    this.#tally.answered++;
    const { reply } = request;
    if (reply === null) return;
    if (this.#capture.isInMemory(reply)) {
      this.#compare(request, reply, frames);
      return;
    }
    const comparing: Promise<void> = this.#capture.prepare(reply).then(() => {
      this.#comparing.delete(comparing);
      this.#compare(request, reply, frames);
      this.#onCompared();
    });
    this.#comparing.add(comparing);
  }

  unanswered({ n, reply }: ReplayRequest, why: "timeout" | "closed"): void {
    if (reply === null) {
      this.#tally.unanswered++;
      return;
    }
    const what = {
      timeout: `No reply came within ${this.#timeoutMs / 1000} s.`,
      closed: "The connection closed before a reply came.",
    };
    this.#tally.missing(n, reply, what[why]);
  }

  /** Resolves when every reply was compared. */
  async settled(): Promise<void> {
    while (this.#comparing.size > 0) await Promise.all(this.#comparing);
  }

  #compare(request: ReplayRequest, reply: number, frames: readonly Uint8Array[]): void {
    const { frames: sizes, more } = this.#capture.frames(reply, MAX_FRAMES);
    // With what is not kept whole there is nothing to compare.
    if (sizes.length === 0 || more > 0 || sizes.some(({ sizeBytes, keptBytes }) => keptBytes < sizeBytes)) return;
    const recorded = sizes.map(({ sizeBytes }, index) => this.#capture.readFrame(reply, index, 0, sizeBytes));
    const [before, now] = [asReply(recorded, request), asReply(frames, request)];
    const what = compareReplies(before, now, request.dialect, request.key, dialectTools);
    if (what === null) this.#tally.same++;
    else this.#tally.differs(request.n, reply, what, frames);
  }
}
