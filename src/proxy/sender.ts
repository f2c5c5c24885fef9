import { setTimeout } from "node:timers/promises";
import {
  type Endpoint,
  isLoopback,
  isLoopbackHost,
  isProblem,
  parseEndpoint,
  formatEndpoint,
} from "../shared/endpoint.ts";
import type { EngineRequests } from "../shared/engineProtocol.ts";
import type { CallRequest, CallResult, Origin, ProbeResult, ReplayResult, Row } from "../shared/model.ts";
import { UserError } from "../shared/userError.ts";
import type { Engine, EngineTap } from "./engine.ts";
import { badEndpoint, rowGone } from "./faults.ts";
import type { LinkLog } from "./linkLog.ts";
import { liveLink } from "./liveLink.ts";
import { probe } from "./relay/probe.ts";
import { callEndpoint } from "./rpc/callEndpoint.ts";
import { callThroughTap, type WireAnswer, type WireCall } from "./rpc/callThroughTap.ts";
import { asRequest, planReplay } from "./rpc/replay.ts";
import { toRow } from "./rows.ts";
import type { Capture } from "./capture/capture.ts";
import { encodeMessage } from "./wire/writer.ts";

/** A replayed message may be this large, since it is held whole. */
const MAX_SEND_BYTES = 16 * 1024 * 1024;
const MAX_FRAMES = 10_000;
const REPLAY_TIMEOUT_MS = 5_000;
/** How long a link of a failed call may take to close. */
const CLOSING_MS = 1_500;
/** Calls under way at once. */
const MAX_CALLS = 64;

/** Sends on behalf of the user: calls and replays, through taps or to endpoints. */
export class Sender {
  readonly #engine: Engine;
  readonly #calls = new Map<string, AbortController>();
  #replays = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Resolves with what became of it; rejects with a UserError, of code `confirm-not-loopback` where the user must agree first. */
  async call(request: CallRequest): Promise<CallResult> {
    checkSize(request.frames);
    if (!(request.timeoutMs >= 1 && request.timeoutMs <= 3_600_000)) {
      throw new UserError("bad-timeout", `A timeout of ${request.timeoutMs} ms cannot be used. Choose 1 ms to 1 hour.`);
    }
    return this.#cancellable(request.call, async (signal) => {
      if (request.target.kind === "endpoint") {
        const endpoint = parseEndpoint(request.target.endpoint, "server");
        if (isProblem(endpoint)) throw badEndpoint(request.target.endpoint, "server", endpoint.problem);
        refuseUnconfirmed(endpoint, request.confirmed);
        return callEndpoint({ ...request, endpoint: formatEndpoint(endpoint) }, signal);
      }
      const tap = this.#engine.tap(request.target.tap);
      refuseUnconfirmed(tap.tap.server, request.confirmed);
      const { answer, rows } = await this.#fresh(
        tap,
        "call",
        {
          socket: request.socket,
          frames: request.socket === "REQ" ? [new Uint8Array(0), ...request.frames] : request.frames,
          timeoutMs: request.timeoutMs,
          wantsReply: request.socket === "REQ" || request.socket === "DEALER",
        },
        signal,
      );
      return withRows(answer, request.socket, rows);
    });
  }

  /** Ends a call; unknown ones have ended already. */
  cancel(call: string): void {
    this.#calls.get(call)?.abort();
  }

  /**
   * Asks a server what it is, with the credentials of `tap` where there are any. Rejects with a UserError as call() does; a
   * server that is not there is a result.
   */
  async probe(request: EngineRequests["endpoint/probe"]["ask"]): Promise<ProbeResult> {
    const endpoint = parseEndpoint(request.endpoint, "server");
    if (isProblem(endpoint)) throw badEndpoint(request.endpoint, "server", endpoint.problem);
    refuseUnconfirmed(endpoint, request.confirmed);
    const own = await this.#engine.readKeys(request.security);
    const keys = own ?? (request.tap === null ? null : this.#engine.tap(request.tap).keys);
    try {
      return await probe(endpoint, keys?.credentials ?? null);
    } finally {
      own?.retire();
    }
  }

  /** Sends row `n` again as its recorded sender did. Rejects with a UserError that says why nobody can receive it. */
  async replay(request: {
    n: number;
    frames?: readonly Uint8Array[];
    link?: number;
    timeoutMs?: number;
    confirmed?: boolean;
  }): Promise<ReplayResult> {
    await this.#engine.capture.prepare(request.n);
    const row = toRow(this.#engine.capture, request.n);
    if (row === undefined) throw rowGone(request.n);
    const frames = request.frames ?? this.wholeFrames(request.n);
    checkSize(frames);
    const tap = this.#engine.tap(row.tap, row.tapName);
    const recorded = this.#engine.capture.row(request.n)?.link;
    const receiver = row.from === "client" ? "server" : "client";
    const plan = planReplay(row, frames, {
      links: [...tap.logs.values()].filter((log) => log.origin === "wire").map(liveLink),
      chosen: request.link,
      receiverIdentity: recorded?.identity[receiver] ?? "",
    });
    if (plan.kind === "fresh") {
      refuseUnconfirmed(tap.tap.server, request.confirmed);
      const timeoutMs = request.timeoutMs ?? REPLAY_TIMEOUT_MS;
      const call = { socket: plan.socket, frames: plan.frames, timeoutMs, wantsReply: plan.wantsReply };
      const { answer, rows } = await this.#cancellable(`replay ${++this.#replays}`, (signal) =>
        this.#fresh(tap, "replay", call, signal),
      );
      return freshResult(tap, plan.socket, withRows(answer, plan.socket, rows), rows);
    }
    const targets = plan.links.flatMap((number) => tap.logs.get(number) ?? []);
    if (plan.direction === 0) refuseUnconfirmed(tap.tap.server, request.confirmed);
    else for (const log of targets) refuseUnconfirmedClient(log.addresses.client, request.confirmed);
    const firstNew = this.#engine.capture.lastN + 1;
    const injections = targets.map((log) => {
      const octets = encodeMessage(frames, log.reader.framing);
      return tap.tap.link(log.number)?.inject(plan.direction, octets, "replay") ?? Promise.resolve();
    });
    await Promise.all(injections);
    return {
      summary: [`Replayed message ${row.n} to ${receivers(row, targets)}.`, plan.note].filter(Boolean).join(" "),
      rows: replayedRows(this.#engine, firstNew, targets.length),
      answer: null,
    };
  }

  /** All frames of a kept message. Throws a UserError when they are no longer whole, or too much to hold. */
  wholeFrames(n: number, capture: Capture = this.#engine.capture): Uint8Array[] {
    const raw = capture.row(n);
    if (raw === undefined) throw rowGone(n);
    if (raw.sizeBytes > MAX_SEND_BYTES) throw tooLarge(raw.sizeBytes);
    const { frames, more } = capture.frames(n, MAX_FRAMES);
    if (more > 0) throw tooManyFrames(frames.length + more);
    if (frames.some((frame) => frame.keptBytes < frame.sizeBytes)) {
      throw new UserError(
        "partly-kept",
        `Message ${n} is only partly kept, so it cannot be sent again as it was. Raise "zmqTap.capture.maxBytes" to keep more.`,
      );
    }
    return frames.map((frame, index) => capture.readFrame(n, index, 0, frame.sizeBytes));
  }

  async #cancellable<T>(call: string, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#calls.size >= MAX_CALLS) {
      throw new UserError("too-many-calls", `${MAX_CALLS} calls are under way. Wait for one to end, or cancel one.`);
    }
    const abort = new AbortController();
    this.#calls.set(call, abort);
    try {
      return await run(abort.signal);
    } finally {
      this.#calls.delete(call);
    }
  }

  async #fresh(
    tap: EngineTap,
    origin: Exclude<Origin, "wire">,
    call: WireCall,
    signal: AbortSignal,
  ): Promise<{ answer: WireAnswer; rows: LinkLog["firstRows"] }> {
    const open = tap.tap.openInProcess(origin);
    let log: LinkLog | undefined;
    const known = open.link.then(
      (number) => (log = tap.logs.get(number)),
      () => undefined,
    );
    const answer = await callThroughTap(open, call, signal).catch(async (error: unknown) => {
      await known;
      throw await toldByHandshake(error, log);
    });
    await known;
    return { answer, rows: log?.firstRows ?? [null, null] };
  }
}

/** On a link that was re-keyed the call saw only the tap's own end; what the server did stands in the link's verdict. */
async function toldByHandshake(error: unknown, log: LinkLog | undefined): Promise<unknown> {
  if (log?.isRekeyed !== true || log.handshakeState === "done") return error;
  await Promise.race([log.gone, setTimeout(CLOSING_MS, undefined, { ref: false })]);
  const { verdict } = log;
  if (verdict === null) return error;
  return new UserError("call-failed", `Nothing was sent. ${verdict.sentence} ${verdict.advice}`.trim(), {
    cause: error,
  });
}

function withRows(answer: WireAnswer, socket: string, [request, reply]: LinkLog["firstRows"]): CallResult {
  switch (answer.kind) {
    case "answer":
      // The delimiter belongs to the REQ, not to its program.
      return {
        ...answer,
        frames: socket === "REQ" ? asRequest(answer.frames).slice(1) : answer.frames,
        request,
        reply,
      };
    case "sent":
      return { kind: "sent", request };
    case "timeout":
    case "cancelled":
      return answer;
  }
}

function freshResult(tap: EngineTap, socket: string, answer: CallResult, rows: LinkLog["firstRows"]): ReplayResult {
  const to = `"${tap.config.name}" as a new ${socket}`;
  const summaries = {
    answer: () =>
      `Replayed to ${to}; the answer came after ${answer.kind === "answer" ? answer.latencyMs.toFixed(1) : ""} ms.`,
    sent: () => `Replayed to ${to}.`,
    timeout: () =>
      `Replayed to ${to}; no answer came within ${answer.kind === "timeout" ? answer.afterMs / 1000 : ""} s.`,
    cancelled: () => `The replay to ${to} was cancelled.`,
  };
  return { summary: summaries[answer.kind](), rows: rows.filter((n) => n !== null), answer };
}

function receivers(row: Row, targets: readonly LinkLog[]): string {
  const [only] = targets;
  if (targets.length !== 1 || only === undefined) return `${targets.length} subscribers`;
  const to = row.from === "client" ? "server" : "client";
  return `the ${row.sockets[to] ?? "peer"} at ${only.addresses[to]}`;
}

/** The rows an injection made: the first `count` replayed messages from `firstNew` on. */
function replayedRows(engine: Engine, firstNew: number, count: number): number[] {
  const rows: number[] = [];
  for (let n = firstNew; n <= engine.capture.lastN && rows.length < count; n++) {
    const raw = engine.capture.row(n);
    if (raw?.origin === "replay" && raw.kind === "message") rows.push(n);
  }
  return rows;
}

/** What a probe may show a server; CURVE keys join it here. */
function refuseUnconfirmed(endpoint: Endpoint, confirmed: boolean | undefined): void {
  if (confirmed === true || isLoopback(endpoint)) return;
  throw confirmFirst(formatEndpoint(endpoint));
}

function refuseUnconfirmedClient(address: string, confirmed: boolean | undefined): void {
  const host = /^\[?([^\]]*)\]?:\d+$/.exec(address)?.[1];
  if (confirmed === true || host === undefined || isLoopbackHost(host)) return;
  throw confirmFirst(address);
}

function confirmFirst(address: string): UserError {
  return new UserError(
    "confirm-not-loopback",
    `This sends to ${address}, which may be another machine. Confirm it first.`,
  );
}

function checkSize(frames: readonly Uint8Array[]): void {
  if (frames.length === 0)
    throw new UserError("no-frames", "There is nothing to send: a message has at least one frame.");
  if (frames.length > MAX_FRAMES) throw tooManyFrames(frames.length);
  const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
  if (bytes > MAX_SEND_BYTES) throw tooLarge(bytes);
}

const tooLarge = (bytes: number): UserError =>
  new UserError(
    "too-large",
    `A message of ${bytes} octets is too large to be sent from here; the limit is ${MAX_SEND_BYTES}.`,
  );

const tooManyFrames = (frames: number): UserError =>
  new UserError(
    "too-many-frames",
    `A message of ${frames} frames has too many to be sent from here; the limit is ${MAX_FRAMES}.`,
  );
