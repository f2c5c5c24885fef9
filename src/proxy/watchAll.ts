import type { Duplex } from "node:stream";
import { UserError } from "../shared/userError.ts";
import { cannotWatch } from "./faults.ts";
import type { LinkLog } from "./linkLog.ts";
import type { Tap } from "./relay/tap.ts";
import { closingVerdict, toldByHandshake } from "./toldByHandshake.ts";
import { encodeSubscription } from "./wire/writer.ts";
import { ZmtpClient } from "./wire/zmtpClient.ts";

/** How long after a link has ended the next one is tried, doubled with each failure up to the longer one. */
const RETRY_MS = 250;
const MAX_RETRY_MS = 5_000;
/** How long the first attempt is waited for; then it goes on behind. */
const FIRST_MS = 3_000;
const EVERYTHING = new Uint8Array(0);
/** Verdicts of a server that closes on a SUB, since it is no publisher. */
const NO_PUBLISHER: ReadonlySet<string> = new Set(["incompatible-sockets", "closed-after-ready"]);

/** A tap, and the logs of its open links by number. */
type WatchedTap = { readonly tap: Tap; readonly logs: ReadonlyMap<number, LinkLog> };

/**
 * A subscriber of a tap's own, without a port, that has an empty subscription: the publisher then sends everything to the tap
 * once more, and the capture has what nobody else asked for. What comes is thrown away here. It comes back after the server
 * was away, until it is stopped.
 */
export class WatchAll {
  /** It has its subscription. */
  isOn = false;
  /** Why not, or not yet; `null` while all is well. */
  problem: string | null = null;
  readonly #watched: WatchedTap;
  readonly #onChange: () => void;
  #stream: Duplex | null = null;
  #retry: NodeJS.Timeout | undefined;
  #waitMs = RETRY_MS;
  #isStopped = false;

  private constructor(tap: WatchedTap, onChange: () => void) {
    this.#watched = tap;
    this.#onChange = onChange;
  }

  /**
   * Begins to watch. Resolves once it has subscribed, or waits for a server that is not there; rejects with a UserError when
   * the server is no publisher or lets nobody in.
   */
  static async start(tap: WatchedTap, onChange: () => void): Promise<WatchAll> {
    const watch = new WatchAll(tap, onChange);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => (timer = setTimeout(resolve, FIRST_MS, null)));
    const refusal = await Promise.race([new Promise<UserError | null>((done) => watch.#connect(done)), late]);
    clearTimeout(timer);
    if (refusal === null) return watch;
    watch.stop();
    throw refusal;
  }

  stop(): void {
    this.#isStopped = true;
    this.isOn = false;
    clearTimeout(this.#retry);
    this.#stream?.end();
    this.#stream?.resume();
    this.#stream = null;
  }

  /** `done` is told once: `null` when it is on, or the server is away; else why the server does not take it. */
  #connect(done: (refusal: UserError | null) => void): void {
    if (this.#isStopped) return;
    const { tap, logs } = this.#watched;
    if (tap.status !== "listening") {
      this.#waitFor("The server is not there.");
      done(null);
      return;
    }
    const { stream, link } = tap.openInProcess("watch");
    let log: LinkLog | undefined;
    link.then(
      (number) => (log = logs.get(number)),
      () => undefined,
    );
    const client = new ZmtpClient({ socket: "SUB", ignoresMessages: true });
    let isOver = false;
    /** It is being found out why the connection is lost. */
    let isLeaving = false;
    const end = (problem: string): void => {
      if (isOver) return;
      isOver = true;
      client.dispose();
      stream.destroy();
      if (this.#stream === stream) this.#stream = null;
      if (!this.#isStopped) this.#waitFor(problem);
    };
    const refused = async (message: string): Promise<void> => {
      isLeaving = true;
      const error = new UserError("watch-failed", message);
      const told = await toldByHandshake(error, log);
      end(told.message);
      done(cannotWatch(tap.name, told.message));
    };
    this.#stream = stream;
    link.catch((error: unknown) => {
      end(error instanceof Error ? error.message : String(error));
      done(null);
    });
    const read = (chunk: Uint8Array): void => {
      if (isOver) return;
      for (const event of client.push(chunk)) {
        if (event.kind === "send") stream.write(event.bytes);
        else if (event.kind === "ready") {
          stream.write(client.seal(encodeSubscription(EVERYTHING, true, client.version)));
          this.#subscribed();
          done(null);
        } else if (event.kind === "failed") {
          void refused(event.message);
          return;
        }
      }
    };
    // Within 'data' the tap has not looked at these octets yet; what is answered at once would be seen before them.
    stream.on("data", (chunk: Uint8Array) => queueMicrotask(() => read(chunk)));
    const closed = async (): Promise<void> => {
      if (isLeaving || isOver) return;
      isLeaving = true;
      stream.end();
      stream.resume();
      if (!this.isOn && log !== undefined) {
        const verdict = await closingVerdict(log);
        if (verdict !== null && NO_PUBLISHER.has(verdict.id)) {
          end(verdict.sentence);
          done(cannotWatch(tap.name, verdict.sentence));
          return;
        }
      }
      end("The server closed the connection.");
      done(null);
    };
    const onClosed = (): void => void closed();
    stream.once("end", onClosed);
    stream.once("close", onClosed);
    stream.once("error", onClosed);
    stream.write(client.start());
  }

  #subscribed(): void {
    this.isOn = true;
    this.problem = null;
    this.#waitMs = RETRY_MS;
    this.#onChange();
  }

  #waitFor(problem: string): void {
    this.isOn = false;
    this.problem = problem;
    this.#onChange();
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(() => undefined), this.#waitMs).unref();
    this.#waitMs = Math.min(2 * this.#waitMs, MAX_RETRY_MS);
  }
}
