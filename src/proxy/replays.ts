import { type Endpoint, formatEndpoint, isLoopback, isLoopbackHost } from "../shared/endpoint.ts";
import type { EngineRequests } from "../shared/engineProtocol.ts";
import { LIVE_CAPTURE } from "../shared/model.ts";
import type { ReplayOptions, ReplayProgress, ReplaySummary } from "../shared/replaySession.ts";
import { UserError } from "../shared/userError.ts";
import type { Capture } from "./capture/capture.ts";
import type { Captures } from "./captures.ts";
import type { DialectKey } from "./dialects/dialect.ts";
import type { Engine, EngineTap } from "./engine.ts";
import { checkReplay } from "./checkReplay.ts";
import { tooManyReplays } from "./faults.ts";
import type { SessionOptions } from "./replaySession.ts";
import type { ReplayTally } from "./rpc/replayTally.ts";

/** Sessions at once. */
const MAX_RUNNING = 4;
/** Sessions that have ended whose differences can still be looked at. */
const MAX_ENDED = 4;

type Ended = { readonly tally: ReplayTally; readonly capture: Capture };

/** Replays sessions, several at a time, each until it is done or cancelled. */
export class Replays {
  readonly #engine: Engine;
  readonly #captures: Captures;
  readonly #onProgress: (progress: ReplayProgress) => void;
  readonly #running = new Map<string, AbortController>();
  readonly #ended = new Map<string, Ended>();

  constructor(engine: Engine, captures: Captures, onProgress: (progress: ReplayProgress) => void) {
    this.#engine = engine;
    this.#captures = captures;
    this.#onProgress = onProgress;
  }

  /**
   * Resolves with what came of it, also when it was cancelled. Rejects with a UserError when nothing could be sent, of code
   * `confirm-not-loopback` where the user must agree first.
   */
  async run(ask: EngineRequests["replay/session"]["ask"]): Promise<ReplaySummary> {
    const { job, options, security } = ask;
    if (this.#running.size >= MAX_RUNNING) throw tooManyReplays(MAX_RUNNING);
    const { capture } = this.#captures.inspector(ask.capture);
    const endpoint = checkReplay(options);
    const { target } = options;
    if (target.kind === "tap" && target.tap === null && ask.capture !== LIVE_CAPTURE) throw noTapOfFile();
    if (ask.confirmed !== true) this.#refuseUnconfirmed(options, endpoint);
    const aborting = new AbortController();
    this.#running.set(job, aborting);
    const keys = await this.#engine.readKeys(security).catch((error: unknown) => {
      this.#running.delete(job);
      throw error;
    });
    try {
      // What sends is a file of its own, which a window that replays no session never loads.
      const { sendSession } = await import("./sendSession.ts");
      const onProgress: SessionOptions["onProgress"] = (progress) => this.#onProgress({ job, ...progress });
      const keyOf = (tapName: string): DialectKey => this.#engine.dialectKeys.of(tapName);
      const session = { capture, rows: ask.rows, options, signal: aborting.signal, onProgress, keyOf };
      const { summary, tally } = await sendSession(session, keys, this.#engine);
      this.#keep(job, { tally, capture });
      return summary;
    } finally {
      this.#running.delete(job);
      keys?.retire();
    }
  }

  /** Unknown ones have ended already; with `null` all. */
  cancel(job: string | null): void {
    const jobs = job === null ? [...this.#running.keys()] : [job];
    for (const one of jobs) this.#running.get(one)?.abort(new UserError("cancelled", "The replay was cancelled."));
  }

  /** Both replies of a difference as texts to compare. Rejects with a UserError when they are gone. */
  async difference(job: string, index: number): Promise<{ recorded: string; replayed: string }> {
    const ended = this.#ended.get(job);
    const difference = ended?.tally.differences[index];
    if (ended === undefined || difference === undefined) {
      throw new UserError("difference-gone", "This difference is no longer kept. Replay the session again.");
    }
    const { normalisedFrames, normalisedMessage } = await import("./openedMessage.ts");
    await ended.capture.prepare(difference.reply);
    const recorded = normalisedMessage(ended.capture, difference.reply);
    const frames = ended.tally.replyOf(index);
    return { recorded, replayed: frames === null ? `${difference.what}\n` : normalisedFrames(frames) };
  }

  #keep(job: string, ended: Ended): void {
    this.#ended.set(job, ended);
    for (const oldest of this.#ended.keys()) {
      if (this.#ended.size <= MAX_ENDED) return;
      this.#ended.delete(oldest);
    }
  }

  /** Sending beyond this machine needs the user's word: to an endpoint, to a tap's server, and to clients that are there. */
  #refuseUnconfirmed({ target }: ReplayOptions, endpoint: Endpoint | null): void {
    const addresses =
      target.kind === "tap"
        ? this.#tapsOf(target.tap).flatMap(distantPeers)
        : [endpoint].flatMap((one) => (one === null || isLoopback(one) ? [] : [formatEndpoint(one)]));
    if (addresses.length === 0) return;
    throw new UserError(
      "confirm-not-loopback",
      `This sends to ${[...new Set(addresses)].slice(0, 5).join(", ")}, which may be another machine. Confirm it first.`,
    );
  }

  #tapsOf(tap: string | null): EngineTap[] {
    const ids =
      tap === null ? this.#engine.taps.flatMap(({ config }) => (config.socks === undefined ? config.id : [])) : [tap];
    return ids.map((id) => this.#engine.tap(id));
  }
}

function noTapOfFile(): UserError {
  return new UserError(
    "no-tap",
    "The messages of an opened file belong to no tap that runs. Choose the tap to send them through, or an endpoint.",
  );
}

function distantPeers({ tap, logs }: EngineTap): string[] {
  const server = isLoopback(tap.server) ? [] : [formatEndpoint(tap.server)];
  const clients = [...logs.values()]
    .map(({ addresses }) => addresses.client)
    .filter((address) => {
      const host = /^\[?([^\]]*)\]?:\d+$/.exec(address)?.[1];
      return host !== undefined && !isLoopbackHost(host);
    });
  return [...server, ...clients];
}
