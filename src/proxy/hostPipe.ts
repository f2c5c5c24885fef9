import type { Writable } from "node:stream";
import type { EngineNotice } from "../shared/engineProtocol.ts";
import { recordHeader } from "../shared/recordReader.ts";

/** What may wait in the pipe before notices are held back. */
const FULL_BYTES = 1024 * 1024;
/** Notices that are held back at once; a further one pushes out the oldest. */
const HELD_NOTICES = 1_000;

/**
 * The engine's end of the pipe to its host, as records. A host that reads nothing (stopped, or stuck) costs no more memory than
 * this: answers are written always, since somebody asked for each; of notices that come while the pipe is full only the latest
 * of each kind and subject is kept, and written when the host reads again.
 */
export class HostPipe {
  readonly #pipe: Writable;
  readonly #pack: (value: unknown) => Uint8Array;
  /** By kind and subject, the one that waits longest first. */
  readonly #held = new Map<string, unknown>();

  constructor(pipe: Writable, pack: (value: unknown) => Uint8Array) {
    this.#pipe = pipe;
    this.#pack = pack;
    pipe.on("drain", () => this.#release());
  }

  post(value: unknown): void {
    const notice = noticeIn(value);
    if (notice === null || (this.#held.size === 0 && !this.#isFull)) this.#write(value);
    else this.#hold(subjectOf(notice), value);
  }

  get #isFull(): boolean {
    return this.#pipe.writableLength > FULL_BYTES;
  }

  #hold(subject: string, value: unknown): void {
    this.#held.delete(subject);
    this.#held.set(subject, value);
    if (this.#held.size > HELD_NOTICES) this.#held.delete(this.#held.keys().next().value!);
  }

  #release(): void {
    for (const [subject, value] of this.#held) {
      if (this.#isFull) return;
      this.#held.delete(subject);
      this.#write(value);
    }
  }

  #write(value: unknown): void {
    const body = this.#pack(value);
    this.#pipe.write(recordHeader(body.length));
    this.#pipe.write(body);
  }
}

function noticeIn(value: unknown): EngineNotice | null {
  const { kind, notice } = value as { kind?: unknown; notice?: EngineNotice };
  return kind === "notice" && notice !== undefined ? notice : null;
}

/** What a notice is about: a later one about the same says all that an earlier one did. */
function subjectOf(notice: EngineNotice): string {
  switch (notice.kind) {
    case "capture/grew":
      return `${notice.kind} ${notice.stats.capture}`;
    case "findings/changed":
      return `${notice.kind} ${notice.capture}`;
    case "filter/advanced":
      return `${notice.kind} ${notice.state.filter}`;
    case "export/advanced":
    case "replay/advanced":
      return `${notice.kind} ${notice.progress.job}`;
    case "call/late":
    case "call/advanced":
      return `${notice.kind} ${notice.call}`;
    case "dialect/failed":
      return `${notice.kind} ${notice.name}`;
    case "engine/logged":
      return `${notice.kind} ${notice.line}`;
    default:
      return notice.kind;
  }
}
