import * as vscode from "vscode";
import type { CallBody, CallOutcome, CallPreview, CallRequest, RepeatPlan } from "../shared/calls.ts";
import { type DialectInfo, isOwnDialect } from "../shared/dialects.ts";
import type { EngineRequests } from "../shared/engineProtocol.ts";
import { t } from "../shared/l10n.ts";
import type { ProbeResult, ReplayResult } from "../shared/model.ts";
import type { ReplaySummary } from "../shared/replaySession.ts";
import type { TapSecurity } from "../shared/security.ts";
import { UserError } from "../shared/userError.ts";
import type {
  CallFormParts,
  CallFrame,
  CallKeys,
  CallRecord,
  ViewCall,
  ViewCallBody,
  ViewCallOutcome,
  ViewRepeatOutcome,
} from "../shared/viewProtocol.ts";
import { nothingCaptured } from "./captureSource.ts";
import type { CommandArguments } from "./commandArguments.ts";
import type { Display } from "./display.ts";
import { type Engine, packValue } from "./engine.ts";
import type { KeyStore } from "./keyStore.ts";
import { requireTrust } from "./trust.ts";

const SEND = t("Send");
const ONCE = t("You are not asked about it again in this session.");

/** Replays and calls: checked, asked about where they leave this machine, sent by the engine. */
export class Sending {
  readonly #engine: Engine;
  readonly #display: Display;
  readonly #keys: KeyStore;
  /** Questions about targets beyond this machine that the user has agreed to. */
  readonly #agreed = new Set<string>();

  constructor(engine: Engine, display: Display, keys: KeyStore) {
    this.#engine = engine;
    this.#display = display;
    this.#keys = keys;
  }

  /** Sends a captured message again. `confirmed`: the user agreed to send beyond this machine. */
  async replay(ask: EngineRequests["replay/send"]["ask"]): Promise<ReplayResult> {
    requireTrust(t("Replay Message"));
    if (!this.#engine.isRunning) throw nothingCaptured();
    return this.#asking((confirmed) => this.#engine.ask("replay/send", { ...ask, ...confirmed }));
  }

  /** Replays a session. A target beyond this machine is asked about once. */
  async replaySession(ask: EngineRequests["replay/session"]["ask"], isConfirmed: boolean): Promise<ReplaySummary> {
    requireTrust(t("Replay Session"));
    const target = JSON.stringify(ask.options.target);
    if (isConfirmed || this.#agreed.has(target)) return this.#engine.ask("replay/session", { ...ask, confirmed: true });
    return this.#asking((confirmed) => {
      if (confirmed.confirmed === true) this.#agreed.add(target);
      return this.#engine.ask("replay/session", { ...ask, ...confirmed });
    });
  }

  /** Asks a server what it is, with the credentials of a tap where one is named. */
  async probe(ask: EngineRequests["endpoint/probe"]["ask"]): Promise<ProbeResult> {
    requireTrust(t("Probe Endpoint"));
    return this.#asking((confirmed) => this.#engine.ask("endpoint/probe", { ...ask, ...confirmed }));
  }

  /** What the Call tab's form offers. */
  async form(): Promise<CallFormParts> {
    const [dialects, keys] = await Promise.all([this.#dialects(), this.#keys.list()]);
    return { dialects, keys };
  }

  /** The frames that a call would send. Rejects with what is wrong with it. */
  async preview(body: ViewCallBody): Promise<CallPreview> {
    return this.#engine.ask("call/preview", { body: await this.#body(body) });
  }

  /** A call as it was typed, as arguments of a command, without what is secret in it. Rejects with what is wrong with it. */
  async asArguments({ target, timeoutMs, retries, keys, ...typed }: ViewCall): Promise<CommandArguments> {
    const body = await this.#body(typed);
    const shared = {
      target,
      timeoutMs,
      socket: typed.socket,
      ...(retries === undefined ? {} : { retries }),
      ...(keys === undefined ? {} : { security: keys }),
    };
    if (body.kind === "frames") return { ...shared, frames: typed.frames };
    // Call files know no dialects of the user's.
    if (isOwnDialect(body.dialect)) {
      const { frames } = await this.#engine.ask("call/preview", { body });
      const { toCallFrame } = await import("./onDemand.ts");
      return { ...shared, frames: frames.map(toCallFrame) };
    }
    const { fields, ...call } = body.call;
    const info = (await this.#dialects()).find(({ name }) => name === body.dialect);
    const secrets = (info?.fields ?? []).filter(({ kind }) => kind === "secret").map(({ name }) => name);
    const open = Object.fromEntries(Object.entries(fields).filter(([name]) => !secrets.includes(name)));
    return { ...shared, dialect: body.dialect, ...call, fields: open };
  }

  /** Sends a call as it was typed, and keeps it in the history. */
  async call(call: ViewCall, confirmed = false): Promise<ViewCallOutcome> {
    requireTrust(t("Send"));
    const result = await this.send(await this.#request(call), confirmed);
    const { outcomeWords } = await import("./onDemand.ts");
    return { result, history: await this.#remember(call, outcomeWords(result)) };
  }

  /** Sends a call again and again. */
  async repeat(call: ViewCall, plan: RepeatPlan): Promise<ViewRepeatOutcome> {
    requireTrust(t("Repeat Call"));
    const request = await this.#request(call);
    const result = await this.#asking(
      (confirmed) => this.#engine.ask("call/repeat", { request: { ...request, ...confirmed }, plan }),
      this.#agreed,
    );
    const { repeatSentence } = await import("./onDemand.ts");
    return { result, history: await this.#remember(call, repeatSentence(result)) };
  }

  /** Sends a call that is ready for the engine; asks once in a session before it sends beyond this machine to a target. */
  send(request: CallRequest, confirmed = false): Promise<CallOutcome> {
    requireTrust(t("Send"));
    const asked = { ...request, ...(confirmed ? { confirmed } : {}) };
    return this.#asking((agreed) => this.#engine.ask("call/send", { ...asked, ...agreed }), this.#agreed);
  }

  /** Credentials for a call to an endpoint; `null` for none. Rejects with what is missing. */
  async credentials(keys: CallKeys | undefined): Promise<TapSecurity | null> {
    if (keys === undefined || Object.keys(keys).length === 0) return null;
    // Nobody connects to a call, so it needs no pair to show to any.
    const serverLeg = keys.plain === undefined ? "CURVE" : "PLAIN";
    return this.#keys.resolve({ ...keys, clientLeg: "NULL", serverLeg });
  }

  async #request({ call, target, timeoutMs, retries = 0, keys, ...body }: ViewCall): Promise<CallRequest> {
    const security = target.kind === "endpoint" ? await this.credentials(keys) : null;
    return { call, target, body: await this.#body(body), timeoutMs, retries, security };
  }

  async #body({ typed, socket, frames }: ViewCallBody): Promise<CallBody> {
    if (typed === undefined) return { kind: "frames", socket, frames: await Promise.all(frames.map(encode)) };
    const info = (await this.#dialects()).find(({ name }) => name === typed.dialect);
    if (info === undefined)
      throw new UserError("no-such-dialect", t('There is no dialect "{0}". Choose one.', typed.dialect));
    const { formProblemText, readTypedCall } = await import("./onDemand.ts");
    const call = readTypedCall(typed, info);
    if ("problem" in call) {
      throw new UserError("bad-call", t("The call cannot be sent. {0}", formProblemText(call)));
    }
    return { kind: "dialect", dialect: typed.dialect, call, socket };
  }

  #dialects(): Promise<readonly DialectInfo[]> {
    return this.#engine.ask("dialects/calls", null);
  }

  async #remember({ call: _, typed, ...call }: ViewCall, outcome: string): Promise<readonly CallRecord[]> {
    const infos = typed === undefined ? [] : await this.#dialects();
    const info = infos.find(({ name }) => name === typed?.dialect);
    const { withoutSecrets } = await import("./onDemand.ts");
    const kept = typed === undefined ? {} : { typed: withoutSecrets(typed, info) };
    await this.#display.rememberCall({ ...call, ...kept, outcome, timeMs: Date.now() });
    return this.#display.history;
  }

  /**
   * Does it; asks the user and does it again when the engine refuses to send beyond this machine unasked. What stands in
   * `agreed` is not asked again.
   */
  async #asking<T>(send: (confirmed: { confirmed?: true }) => Promise<T>, agreed?: Set<string>): Promise<T> {
    try {
      return await send({});
    } catch (error) {
      if (!(error instanceof UserError) || error.code !== "confirm-not-loopback") throw error;
      // The sentence names the address, so it stands for the target.
      if (agreed?.has(error.message) === true) return send({ confirmed: true });
      const choice = await vscode.window.showWarningMessage(
        t("Send beyond this machine?"),
        { modal: true, detail: agreed === undefined ? error.message : `${error.message} ${ONCE}` },
        SEND,
      );
      if (choice !== SEND) throw new UserError("not-confirmed", t("Nothing was sent."), { cause: error });
      agreed?.add(error.message);
      return send({ confirmed: true });
    }
  }
}

/** An id to cancel a call by. */
export function newCallId(): string {
  return crypto.randomUUID();
}

async function encode(frame: CallFrame, index: number): Promise<Uint8Array> {
  const { encodeCallFrame } = await import("./onDemand.ts");
  const encoded = encodeCallFrame(frame);
  switch (encoded.kind) {
    case "bytes":
      return encoded.bytes;
    case "value":
      return packValue(encoded.value);
    case "problem":
      throw new UserError("bad-frame", t("Frame {0} cannot be sent: {1}", index, encoded.problem));
  }
}
