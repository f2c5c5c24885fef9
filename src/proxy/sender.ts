import { formatEndpoint, isProblem, parseEndpoint } from "../shared/endpoint.ts";
import type { EngineRequests } from "../shared/engineProtocol.ts";
import type { CallResult, ProbeResult, ReplayResult, Row } from "../shared/model.ts";
import { UserError } from "../shared/userError.ts";
import { CallsUnderWay } from "./callsUnderWay.ts";
import type { Engine, EngineTap } from "./engine.ts";
import { badEndpoint, httpNotAsked, ownSocketRow, rowGone } from "./faults.ts";
import type { LinkLog } from "./linkLog.ts";
import { liveLink } from "./liveLink.ts";
import { openOwnLink } from "./ownLink.ts";
import { probe } from "./relay/probe.ts";
import { callThroughTap, type WireAnswer, type WireCall } from "./rpc/callThroughTap.ts";
import { asRequest, planReplay } from "./rpc/replay.ts";
import { toRow } from "./rows.ts";
import {
  checkSize,
  MAX_SEND_BYTES,
  MAX_SEND_FRAMES,
  refuseUnconfirmed,
  refuseUnconfirmedClient,
  tooLarge,
  tooManyFrames,
} from "./sendChecks.ts";
import type { Capture } from "./capture/capture.ts";
import { encodeMessage } from "./wire/writer.ts";

const REPLAY_TIMEOUT_MS = 5_000;

/** Sends on behalf of the user what was recorded, and probes endpoints. */
export class Sender {
  readonly #engine: Engine;
  readonly #underWay = new CallsUnderWay();
  #replays = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /**
   * Asks a server what it is, with the credentials of `tap` where there are any. Rejects with a UserError as call() does; a
   * server that is not there is a result.
   */
  async probe(request: EngineRequests["endpoint/probe"]["ask"]): Promise<ProbeResult> {
    const endpoint = parseEndpoint(request.endpoint, "server");
    if (isProblem(endpoint)) throw badEndpoint(request.endpoint, "server", endpoint.problem);
    if (endpoint.transport === "http") throw httpNotAsked(formatEndpoint(endpoint));
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
    if (row.origin === "bridge") throw ownSocketRow(row.n, row.tapName);
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
      const isEdited = request.frames !== undefined;
      const sent = plan.wantsReply ? await this.#renewed(tap, row, plan.frames, isEdited) : plan.frames;
      const call = { socket: plan.socket, frames: sent, timeoutMs, wantsReply: plan.wantsReply };
      const { answer, rows } = await this.#underWay.run(`replay ${++this.#replays}`, (signal) =>
        this.#fresh(tap, call, signal),
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
    const { frames, more } = capture.frames(n, MAX_SEND_FRAMES);
    if (more > 0) throw tooManyFrames(frames.length + more);
    if (frames.some((frame) => frame.keptBytes < frame.sizeBytes)) {
      throw new UserError(
        "partly-kept",
        `Message ${n} is only partly kept, so it cannot be sent again as it was. Raise "zmqTap.capture.maxBytes" to keep more.`,
      );
    }
    return frames.map((frame, index) => capture.readFrame(n, index, 0, frame.sizeBytes));
  }

  /** A request with the fresh id and signature that its dialect needs. Of an edited one the id stays, unless it is signed. */
  async #renewed(
    tap: EngineTap,
    { tapName, from, sockets }: Row,
    frames: readonly Uint8Array[],
    isEdited: boolean,
  ): Promise<readonly Uint8Array[]> {
    // Dialects are a file of their own, which is loaded when something is sent again.
    const { renewRequest } = await import("./calls.ts");
    const [sender, receiver] = from === "client" ? [sockets.client, sockets.server] : [sockets.server, sockets.client];
    const { dialectKeys } = this.#engine;
    const key = dialectKeys.of(tap.config.name) ?? dialectKeys.of(tapName);
    const renewed = renewRequest({ frames, sender, receiver }, key);
    if ("problem" in renewed) throw new UserError("cannot-replay", renewed.problem);
    const isSigned = renewed.dialect.fields.some(({ kind }) => kind === "secret");
    return isEdited && !isSigned ? frames : renewed.frames;
  }

  async #fresh(
    tap: EngineTap,
    call: WireCall,
    signal: AbortSignal,
  ): Promise<{ answer: WireAnswer; rows: LinkLog["firstRows"] }> {
    const link = openOwnLink(tap, "replay");
    const answer = await callThroughTap(link, call, signal);
    await link.link.catch(() => undefined); // Why there is none was told by the call, or it was given up before.
    const [request, reply] = link.rows();
    return { answer, rows: [request, reply] };
  }
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
