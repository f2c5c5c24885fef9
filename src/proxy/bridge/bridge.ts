import {
  type BridgeConfig,
  bridgeSockets,
  type BridgeSecurity,
  type BridgeState,
  type BridgeStatus,
  noCounts,
} from "../../shared/bridges.ts";
import { type OpenSocketLog, SocketLink } from "../socketLink.ts";
import type { Context, ZeroMq } from "../zeromq.ts";
import { AskingAll } from "./askingAll.ts";
import { Callers, type CallerRequest } from "./callers.ts";
import type { Counters } from "./counters.ts";
import { Delivery } from "./delivery.ts";
import { type LegOptions, legSecurity } from "./legSecurity.ts";
import { PublishingLeg } from "./publisher.ts";
import { BridgeQueue, type QueueReport } from "./queue.ts";
import { type AskingEvents, Remote } from "./remote.ts";
import { PAUSE_MS, Remotes } from "./remotes.ts";
import type { SharedContext } from "./sharedContext.ts";
import { failureReply, isHeartbeat, TAKEN } from "./status.ts";
import { Subscription } from "./subscription.ts";
import { bindSocket, shownAddress } from "./zeromq.ts";

/** How long replies and publications that are on their way may take to leave when the bridge stops. */
const LINGER_MS = 500;
/** Of a PUB for each subscriber; then it drops, as pyzmqrpc3 has it. */
const SEND_HIGH_WATER_MARK = 100_000;
const OWN = "ZMQ Tap";

export type BridgeOptions = {
  readonly config: BridgeConfig;
  readonly security: BridgeSecurity;
  /** Where the queue of a bridge that persists lies. */
  readonly folder: string | null;
  readonly openLog: OpenSocketLog;
  /** Where its sockets are. */
  readonly sockets: () => Promise<SharedContext>;
  /** Its state has changed; called for each message, so it must be cheap. */
  readonly onChange: () => void;
};

/** What a leg is made with. */
type Leg = { readonly zmq: ZeroMq; readonly context: Context; readonly options: LegOptions };

/**
 * A proxy that changes the pattern: what comes in by SUB or REP goes out by PUB or REQ. It is `zeromq` sockets, whose
 * exchanges are links in the log. Every caller of a REP leg gets an answer: the remote's own, or a status
 * reply when there is none.
 */
export class Bridge {
  readonly config: BridgeConfig;
  readonly counters: Counters = noCounts();
  readonly #options: BridgeOptions;
  #status: BridgeStatus = "starting";
  #problem: string | null = null;
  #inEndpoints: readonly string[] = [];
  #outEndpoints: readonly string[] = [];
  #callers: Callers | null = null;
  #queue: BridgeQueue | null = null;
  /** What stop() closes, in order. */
  readonly #closers: (() => void | Promise<void>)[] = [];

  constructor(options: BridgeOptions) {
    this.config = options.config;
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#status === "running" || this.#status === "starting";
  }

  state(messagesPerSecond: number): BridgeState {
    const isOpen = this.#status === "running";
    const counts = this.#queue?.counts();
    return {
      config: this.config,
      status: this.#status,
      problem: this.#problem,
      in: isOpen ? this.#inEndpoints : [],
      out: isOpen ? this.#outEndpoints : [],
      queue: {
        messages: counts?.queued ?? this.#callers?.pending ?? 0,
        bytes: counts?.queuedBytes ?? this.#callers?.pendingBytes ?? 0,
        oldestMs: counts?.oldestMs ?? 0,
      },
      counters: { ...this.counters },
      messagesPerSecond,
    };
  }

  /** Rejects with a UserError when it cannot start; what was opened is closed then. */
  async start(): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
      await this.#close("failed");
      throw error;
    }
    // Stopped meanwhile.
    if (this.#status !== "starting") return this.#close("stopped");
    this.#status = "running";
    this.#options.onChange();
  }

  /** Callers that wait are told; what a queue on disk holds stays there. */
  async stop(): Promise<void> {
    if (!this.isRunning) return;
    await this.#close("stopped");
  }

  async #start(): Promise<void> {
    const { config } = this.#options;
    const to = await this.#secured("out");
    const from = await this.#secured("in");
    const sockets = bridgeSockets(config.kind);
    // The way out is there before anything comes in.
    if (sockets.out === "PUB") {
      const publish = await this.#openPublisher(to);
      if (sockets.in === "SUB") await this.#openSubscriptions(from, publish);
      else
        await this.#openCallers(from, (request) => {
          if (isHeartbeat(request.frames)) this.counters.heartbeats++;
          publish(request.frames).catch((error: unknown) => this.#fail(error));
          request.answer(TAKEN);
        });
      return;
    }
    const remotes = await this.#openRemotes(to);
    if (config.kind === "rep-req") {
      const retries = config.retries ?? 0;
      const timeMs = config.timeoutMs * (retries + 1) + PAUSE_MS * retries;
      await this.#openCallers(from, (request) => {
        // A REP that was asked this would answer nothing, and nothing any more.
        if (this.#answersHeartbeat(request)) return;
        remotes.ask(new Forwarded(request, timeMs, this.counters));
      });
      return;
    }
    const { queue, delivery } = await this.#openQueue(remotes);
    if (sockets.in === "SUB") {
      await this.#openSubscriptions(from, async (frames, isBeat) => {
        if (isBeat) return;
        if ((await this.#put(queue, frames)) === null) delivery.wake();
      });
    } else {
      let lastAnswer: Promise<void> | null = null;
      // Who was let into the queue at the last moment is told so.
      this.#closers.push(async () => {
        await lastAnswer;
      });
      await this.#openCallers(from, (request) => {
        lastAnswer = this.#putAndAnswer(queue, request, lastAnswer, delivery);
      });
    }
    delivery.wake();
  }

  /** What the sockets of a leg are made with; who may connect to them is known before they bind. */
  async #secured(name: "in" | "out"): Promise<Leg> {
    const { config, security } = this.#options;
    const sockets = await this.#options.sockets();
    const { zmq, context } = sockets;
    const domain = `${config.id} ${name}`;
    const { options, rule } = legSecurity(zmq, name, config[name].attach, security[name], domain);
    if (rule !== null) {
      const zap = await sockets.zap();
      zap.setRule(domain, rule);
      this.#closers.push(() => zap.setRule(domain, null));
    }
    return { zmq, context, options };
  }

  async #put(queue: BridgeQueue, frames: readonly Buffer[]): Promise<string | null> {
    const refused = await queue.put(frames);
    if (refused === null) {
      this.counters.queued++;
      this.#options.onChange();
      return null;
    }
    this.counters.refused++;
    this.#tell(refused.message);
    return refused.message;
  }

  /** Answers behind the answer to what came before. */
  async #putAndAnswer(
    queue: BridgeQueue,
    request: CallerRequest,
    before: Promise<void> | null,
    delivery: Delivery,
  ): Promise<void> {
    const isBeat = isHeartbeat(request.frames);
    if (isBeat) this.counters.heartbeats++;
    const refused = isBeat ? null : await this.#put(queue, request.frames);
    if (refused === null && !isBeat) delivery.wake();
    await before;
    request.answer(refused === null ? TAKEN : failureReply(refused));
  }

  #answersHeartbeat(request: CallerRequest): boolean {
    if (!isHeartbeat(request.frames)) return false;
    this.counters.heartbeats++;
    request.answer(TAKEN);
    return true;
  }

  async #openPublisher({
    zmq,
    context,
    options,
  }: Leg): Promise<(frames: readonly Buffer[], isBeat?: boolean) => Promise<void>> {
    const { attach, endpoints } = this.config.out;
    const socket = new zmq.Publisher({
      ...options,
      context,
      linger: LINGER_MS,
      sendTimeout: 0,
      maxMessageSize: this.config.limits.maxBytes,
      sendHighWaterMark: SEND_HIGH_WATER_MARK,
    });
    this.#closers.push(() => socket.close());
    this.#outEndpoints = await attachAll(socket, attach, endpoints);
    const link =
      attach === "bind"
        ? this.#openLink({ client: "SUB", server: "PUB" }, "subscribers", several(this.#outEndpoints))
        : this.#openLink({ client: "PUB", server: "SUB" }, OWN, several(this.#outEndpoints));
    const leg = new PublishingLeg(socket, link, attach === "bind" ? 1 : 0, this.counters);
    this.#closers.push(() => link.closed());
    const { onChange } = this.#options;
    return (frames) => {
      onChange();
      return leg.publish(frames);
    };
  }

  async #openSubscriptions(
    { zmq, context, options }: Leg,
    onMessage: (frames: Buffer[], isBeat: boolean) => Promise<void>,
  ): Promise<void> {
    const { attach, endpoints } = this.config.in;
    const opened: string[] = [];
    for (const { endpoint, recreateTimeoutMs = this.config.recreateTimeoutMs } of endpoints) {
      const subscription = new Subscription(endpoint, {
        zmq,
        context,
        attach,
        security: options,
        recreateTimeoutMs,
        maxMessageBytes: this.config.limits.maxBytes,
        counters: this.counters,
        openLink: (at) =>
          attach === "connect"
            ? this.#openLink({ client: "SUB", server: "PUB" }, OWN, shownAddress(at))
            : this.#openLink({ client: "PUB", server: "SUB" }, "publishers", shownAddress(at)),
        onMessage,
        onFailure: (error) => this.#fail(error),
      });
      this.#closers.unshift(() => subscription.close());
      await subscription.open();
      opened.push(subscription.endpoint);
    }
    this.#inEndpoints = opened;
  }

  async #openCallers({ zmq, context, options }: Leg, onRequest: (request: CallerRequest) => void): Promise<void> {
    const { attach, endpoints } = this.config.in;
    const socket = new zmq.Router({
      ...options,
      context,
      linger: LINGER_MS,
      mandatory: true,
      sendTimeout: 0,
      // Answers of a batch come all at once, and a caller that does not take its own may not hold up the others.
      sendHighWaterMark: this.config.limits.maxMessages,
      maxMessageSize: this.config.limits.maxBytes,
    });
    const callers = new Callers(socket, {
      counters: this.counters,
      maxMessages: this.config.limits.maxMessages,
      maxBytes: this.config.limits.maxBytes,
      openLink: (client, identity) =>
        attach === "bind"
          ? this.#openLink({ client: "REQ", server: "REP" }, client, several(this.#inEndpoints), identity)
          : this.#openLink({ client: "REQ", server: "REP" }, client, OWN, identity),
      answersInOrder: this.config.kind !== "rep-req",
      onRequest: (request) => {
        onRequest(request);
        this.#options.onChange();
      },
    });
    this.#callers = callers;
    this.#closers.push(() => {
      socket.close();
      callers.closeLinks();
    });
    this.#inEndpoints = await attachAll(socket, attach, endpoints);
    callers.run().catch((error: unknown) => {
      if (!socket.closed) this.#fail(error);
    });
  }

  async #openRemotes({ zmq, context, options }: Leg): Promise<Remotes> {
    const { fanOut, timeoutMs, retries, out } = this.config;
    const remotes = new Remotes({
      timeoutMs,
      retries: retries ?? Infinity,
      counters: this.counters,
      onProblem: (problem) => {
        this.#problem = problem;
        this.#options.onChange();
      },
    });
    const opened: Remote[] = [];
    const make = (endpoint: string, events: AskingEvents): Remote => {
      const remote = new Remote(
        endpoint,
        {
          zmq,
          context,
          attach: out.attach,
          security: options,
          maxMessageBytes: this.config.limits.maxBytes,
          counters: this.counters,
          onRefused: (why) => this.#tell(why),
          openLink: (at) =>
            out.attach === "connect"
              ? this.#openLink({ client: "REQ", server: "REP" }, OWN, shownAddress(at))
              : this.#openLink({ client: "REP", server: "REQ" }, "remotes", shownAddress(at)),
        },
        events,
      );
      opened.push(remote);
      return remote;
    };
    const askings =
      fanOut === "all" && out.endpoints.length > 1
        ? [
            new AskingAll(
              out.endpoints.length,
              (index, events) => make(out.endpoints[index]!.endpoint, events),
              remotes.events,
            ),
          ]
        : out.endpoints.map(({ endpoint }) => make(endpoint, remotes.events));
    remotes.use(askings);
    this.#closers.unshift(() => remotes.close("The bridge was stopped."));
    for (const remote of opened) await remote.open();
    this.#outEndpoints = opened.map(({ endpoint }) => endpoint);
    return remotes;
  }

  async #openQueue(remotes: Remotes): Promise<{ queue: BridgeQueue; delivery: Delivery }> {
    const { limits, persist } = this.config;
    const queue = await BridgeQueue.open({
      limits,
      folder: persist ? this.#options.folder : null,
      report: (report) => this.#reported(report),
    });
    this.#queue = queue;
    const delivery = new Delivery({
      queue,
      remotes,
      counters: this.counters,
      maxAgeMs: limits.maxAgeMs,
      onProblem: (problem) => this.#tell(problem),
      onDelivered: this.#options.onChange,
    });
    this.#closers.unshift(() => delivery.end());
    this.#closers.push(() => queue.close());
    return { queue, delivery };
  }

  #reported(report: QueueReport): void {
    switch (report.kind) {
      case "expired":
        this.counters.expired += report.count;
        this.#tell(`Given up, since no remote took them in time: ${counted(report.count)}.`);
        return;
      case "dropped":
        this.counters.failed += report.count;
        this.#tell(`Given up: ${counted(report.count)}. ${report.why}.`);
        return;
      case "problem":
        this.#tell(report.message);
        return;
    }
  }

  #openLink(
    sockets: ConstructorParameters<typeof SocketLink>[0]["sockets"],
    client: string,
    server: string,
    identity?: Uint8Array,
  ): SocketLink {
    const { id, name } = this.config;
    return new SocketLink(
      {
        tap: { id, name },
        origin: "bridge",
        sockets,
        addresses: { client, server },
        ...(identity === undefined ? {} : { identity: { client: identity } }),
      },
      this.#options.openLog,
    );
  }

  #tell(problem: string): void {
    this.#problem = problem;
    this.#options.onChange();
  }

  /** A socket failed, which the bridge cannot do without. */
  #fail(error: unknown): void {
    if (this.#status !== "running") return;
    this.#problem = `It stopped: ${error instanceof Error ? error.message : String(error)}. Start it again.`;
    void this.#close("failed");
  }

  async #close(status: "stopped" | "failed"): Promise<void> {
    this.#status = status;
    for (const close of this.#closers.splice(0)) await close();
    this.#options.onChange();
  }
}

/** A caller's request on its way to a remote. */
class Forwarded {
  readonly deadlineMs: number;
  readonly #request: CallerRequest;
  readonly #counters: Counters;

  constructor(request: CallerRequest, timeMs: number, counters: Counters) {
    this.#request = request;
    this.#counters = counters;
    this.deadlineMs = request.takenMs + timeMs;
  }

  get frames(): readonly Buffer[] {
    return this.#request.frames;
  }

  answered(reply: Buffer[]): void {
    this.#counters.delivered++;
    this.#request.answer(reply);
  }

  failed(why: string, isLate: boolean): void {
    if (isLate) this.#counters.expired++;
    else this.#counters.failed++;
    this.#request.answer(failureReply(why));
  }
}

type Attaching = {
  readonly lastEndpoint: string | null;
  bind(endpoint: string): Promise<void>;
  connect(endpoint: string): void;
};

/** Where the socket really is, by endpoint. */
async function attachAll(
  socket: Attaching,
  attach: "bind" | "connect",
  endpoints: BridgeConfig["in"]["endpoints"],
): Promise<readonly string[]> {
  const opened: string[] = [];
  for (const { endpoint } of endpoints) {
    if (attach === "bind") opened.push(await bindSocket(socket, endpoint));
    else {
      socket.connect(endpoint);
      opened.push(endpoint);
    }
  }
  return opened;
}

function several([first = "", ...others]: readonly string[]): string {
  return others.length === 0 ? shownAddress(first) : `${shownAddress(first)} and ${others.length} more`;
}

function counted(messages: number): string {
  return messages === 1 ? "1 message" : `${messages} messages`;
}
