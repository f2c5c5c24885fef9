import {
  type CallBody,
  type CallOutcome,
  type CallPreview,
  type CallRequest,
  MAX_CALLS_PER_SECOND,
  MAX_REPEATS,
  MAX_RETRIES,
  MAX_TIMEOUT_MS,
  MIN_TIMEOUT_MS,
  type OtherReply,
  type RepeatOutcome,
  type RepeatPlan,
} from "../shared/calls.ts";
import { isProblem, parseEndpoint } from "../shared/endpoint.ts";
import type { EngineNotice } from "../shared/engineProtocol.ts";
import { UserError } from "../shared/userError.ts";
import { CallsUnderWay } from "./callsUnderWay.ts";
import type { Engine } from "./engine.ts";
import { badEndpoint } from "./faults.ts";
import { endpointDestination } from "./httpEndpoint.ts";
import { callInAny, writeOwnCall } from "./ownCall.ts";
import type { OwnDialects } from "./ownDialects.ts";
import { openOwnLink } from "./ownLink.ts";
import { writeCall } from "./rpc/callWriting.ts";
import type { CallDestination } from "./rpc/dialectCall.ts";
import { repeatCalls } from "./rpc/repeatCalls.ts";
import { checkSize, refuseUnconfirmed } from "./sendChecks.ts";

/** Least time between two notices of how far a repeated call is. */
const NOTICE_MS = 100;

/** Calls on behalf of the user, through taps or to endpoints. */
export class Caller {
  readonly #engine: Engine;
  readonly #notify: (notice: EngineNotice) => void;
  readonly #own: () => OwnDialects | null;
  readonly #underWay = new CallsUnderWay();
  #lifetime = new AbortController();

  /** `own` are dialects of the user's, where there are any. */
  constructor(engine: Engine, notify: (notice: EngineNotice) => void, own: () => OwnDialects | null = () => null) {
    this.#engine = engine;
    this.#own = own;
    this.#notify = notify;
  }

  /** Resolves with what became of it; rejects with a UserError, of code `confirm-not-loopback` where the user must agree first. */
  async call(request: CallRequest): Promise<CallOutcome> {
    const { body, timeoutMs, retries, call } = request;
    const onLate = (reply: OtherReply): void => this.#notify({ kind: "call/late", call, reply });
    const lateUntil = this.#lifetime.signal;
    return this.#underWay.run(call, async (signal) => {
      const to = await this.#check(request);
      return callInAny({ to, body, timeoutMs, retries, onLate, lateUntil }, this.#own(), signal);
    });
  }

  /** Ends all calls, and listens for none of their late replies any more. */
  cancelAll(): void {
    this.#underWay.cancelAll();
    this.#lifetime.abort();
    this.#lifetime = new AbortController();
  }

  /** The same call again and again. Late replies are counted as timeouts and told of in the outcome of the last one only. */
  async repeat({ request, plan }: { request: CallRequest; plan: RepeatPlan }): Promise<RepeatOutcome> {
    checkPlan(plan);
    const { body, timeoutMs, retries, call } = request;
    let toldAt = -Infinity;
    const onAdvance = (done: number): void => {
      if (performance.now() - toldAt < NOTICE_MS) return;
      toldAt = performance.now();
      this.#notify({ kind: "call/advanced", call, done, count: plan.count });
    };
    return this.#underWay.run(call, async (signal) => {
      const to = await this.#check(request);
      const once = (): Promise<CallOutcome> => callInAny({ to, body, timeoutMs, retries }, this.#own(), signal);
      return repeatCalls(plan, once, signal, onAdvance);
    });
  }

  /** Ends a call; unknown ones have ended already. */
  cancel(call: string): void {
    this.#underWay.cancel(call);
  }

  /** The frames that it would send. Rejects with a UserError where its dialect cannot write it. */
  async preview(body: CallBody): Promise<CallPreview> {
    const { socket, frames } = writeCall(await writeOwnCall(body, this.#own()));
    checkSize(frames);
    return { socket, frames };
  }

  async #check({ target, body, timeoutMs, retries, security, confirmed }: CallRequest): Promise<CallDestination> {
    checkSize(writeCall(await writeOwnCall(body, this.#own())).frames);
    if (!(timeoutMs >= MIN_TIMEOUT_MS && timeoutMs <= MAX_TIMEOUT_MS)) {
      throw new UserError("bad-timeout", `A timeout of ${timeoutMs} ms cannot be used. Choose 1 ms to 1 hour.`);
    }
    if (!(Number.isInteger(retries) && retries >= 0 && retries <= MAX_RETRIES)) {
      throw new UserError("bad-retries", `${retries} retries cannot be made. Choose 0 to ${MAX_RETRIES}.`);
    }
    if (target.kind === "endpoint") {
      const endpoint = parseEndpoint(target.endpoint, "server");
      if (isProblem(endpoint)) throw badEndpoint(target.endpoint, "server", endpoint.problem);
      refuseUnconfirmed(endpoint, confirmed);
      return endpointDestination(endpoint, security);
    }
    const tap = this.#engine.tap(target.tap);
    refuseUnconfirmed(tap.tap.server, confirmed);
    const dialectKey = this.#engine.dialectKeys.of(tap.config.name);
    return { kind: "tap", open: () => openOwnLink(tap, "call"), dialectKey };
  }
}

function checkPlan({ count, perSecond }: RepeatPlan): void {
  if (!(Number.isInteger(count) && count >= 1 && count <= MAX_REPEATS)) {
    throw new UserError("bad-count", `A call cannot be repeated ${count} times. Choose 1 to ${MAX_REPEATS}.`);
  }
  if (perSecond !== null && !(perSecond > 0 && perSecond <= MAX_CALLS_PER_SECOND)) {
    throw new UserError(
      "bad-rate",
      `${perSecond} calls a second cannot be made. Choose a rate above 0, and at most ${MAX_CALLS_PER_SECOND}.`,
    );
  }
}
