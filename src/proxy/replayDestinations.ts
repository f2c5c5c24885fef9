import { connect } from "node:net";
import { type Endpoint, formatEndpoint } from "../shared/endpoint.ts";
import type { Direction, SocketType } from "../shared/model.ts";
import { BINDING_SOCKETS } from "../shared/replaySession.ts";
import type { TapSecurity } from "../shared/security.ts";
import { UserError } from "../shared/userError.ts";
import type { Engine, EngineTap } from "./engine.ts";
import type { LinkLog } from "./linkLog.ts";
import { httpStream, httpTarget } from "./httpEndpoint.ts";
import { liveLink } from "./liveLink.ts";
import { ownStream } from "./ownLink.ts";
import { connectOptions } from "./relay/addresses.ts";
import { Listener } from "./relay/listener.ts";
import { ReplayConversations } from "./replayConversations.ts";
import type { ReplayDestination, SessionSide } from "./replaySession.ts";
import type { ReplaySource } from "./replaySource.ts";
import { planReplay } from "./rpc/replay.ts";
import type { OpenedStream } from "./rpc/replayConversation.ts";
import { ReplayPublisher } from "./rpc/replayPublisher.ts";
import type { TapKeys } from "./tapKeys.ts";
import { serverUnreachable } from "./unreachable.ts";
import { encodeMessage } from "./wire/writer.ts";
import { type ClientSecurity, ZmtpClient } from "./wire/zmtpClient.ts";

const CONNECT_MS = 10_000;
/** Messages on their way into live links at once. */
const MAX_INJECTIONS = 64;

/** Sends to whoever listens on an endpoint. `keys` are what a server that asks for some is shown. */
export function connectingDestination(side: SessionSide, endpoint: Endpoint, keys: TapKeys | null): ReplayDestination {
  const conversations = new ReplayConversations(side);
  const { as } = side.options;
  const isHttp = endpoint.transport === "http";
  return {
    begin: () => Promise.resolve(),
    send: (source) => {
      const socket = as ?? source.sender;
      if (socket === null) {
        side.tally.skip("unknown");
        return;
      }
      const open = (): Promise<OpenedStream> =>
        connectTo(endpoint, socket, isHttp ? null : (keys?.clientSecurity() ?? null), keys?.plain ?? null);
      conversations.send(source, socket, open, side.keyOf(source.link?.info.tapName ?? ""));
    },
    get isFull() {
      return conversations.isFull;
    },
    get isIdle() {
      return conversations.isIdle;
    },
    flush: () => conversations.flush(),
    close: () => conversations.close(),
    destroy: () => conversations.destroy(),
  };
}

async function connectTo(
  endpoint: Endpoint,
  socket: SocketType,
  security: ClientSecurity | null,
  plain: TapSecurity["plain"],
): Promise<OpenedStream> {
  if (endpoint.transport === "http") {
    const { stream, link } = httpStream(endpoint, httpTarget(endpoint, plain));
    return { stream: stream.near, client: new ZmtpClient({ socket }), whyNot: link };
  }
  const options = await connectOptions(endpoint).catch((error: unknown) => {
    throw serverUnreachable(endpoint, error);
  });
  const stream = connect({ ...options, timeout: CONNECT_MS });
  const client = new ZmtpClient({ socket, ...(security === null ? {} : { security }) });
  const whyNot = new Promise((_resolve, reject) => {
    stream.once("error", (error) => reject(serverUnreachable(endpoint, error)));
    stream.once("timeout", () => {
      if (!stream.connecting) return;
      const late = Object.assign(new Error("no answer to the connect"), { code: "ETIMEDOUT" });
      reject(serverUnreachable(endpoint, late));
    });
    stream.once("connect", () => stream.setTimeout(0));
  });
  return { stream, client, whyNot };
}

/** Lets others connect to a PUB, XPUB or PUSH of our own. */
export class ListeningDestination implements ReplayDestination {
  readonly isIdle = true;
  readonly #side: SessionSide;
  readonly #listener: Listener;
  #publisher: ReplayPublisher | null = null;

  constructor(side: SessionSide, endpoint: Endpoint) {
    this.#side = side;
    this.#listener = new Listener(
      endpoint,
      (stream) => this.#publisher?.accept(stream),
      () => side.failed(new UserError("taken-over", `Another program has taken over ${formatEndpoint(endpoint)}.`)),
    );
  }

  async begin({ sender }: ReplaySource): Promise<void> {
    const { tally, options } = this.#side;
    const socket = options.as ?? BINDING_SOCKETS.find((one) => one === sender);
    if (socket === undefined) {
      throw new UserError(
        "cannot-listen",
        `What a ${sender ?? "socket of an unknown type"} sends needs somebody who listens. Choose ${BINDING_SOCKETS.join(", ")} as the socket that sends it, or connect instead.`,
      );
    }
    this.#publisher = new ReplayPublisher(socket, {
      sent: () => {
        tally.sent++;
      },
      unsubscribed: () => tally.skip("unsubscribed"),
      changed: () => this.#side.changed(),
    });
    await this.#listener.open();
    this.#side.listening(formatEndpoint(this.#listener.endpoint));
  }

  get isFull(): boolean {
    return this.#publisher?.isFull === true;
  }

  send(source: ReplaySource): void {
    this.#publisher?.send(source.octets, source.size);
  }

  flush(): void {
    this.#publisher?.flush();
  }

  async close(): Promise<void> {
    await this.#publisher?.close();
    await this.#listener.dispose();
  }

  destroy(): void {
    this.#publisher?.destroy();
    void this.#listener.dispose();
  }
}

/** Sends to the live peers of a tap as the rules of replay allow: on links of our own, or into live ones. */
export class TapDestination implements ReplayDestination {
  readonly #side: SessionSide;
  readonly #engine: Engine;
  /** The capture is what the engine's taps see just now. */
  readonly #isLive: boolean;
  readonly #conversations: ReplayConversations;
  #injecting = 0;
  /** Receivers that take nothing more for now. */
  readonly #stalled = new Set<LinkLog>();

  constructor(side: SessionSide, engine: Engine) {
    this.#side = side;
    this.#engine = engine;
    this.#isLive = side.capture === engine.capture;
    this.#conversations = new ReplayConversations(side);
  }

  begin(): Promise<void> {
    return Promise.resolve();
  }

  get isFull(): boolean {
    return this.#injecting >= MAX_INJECTIONS || this.#stalled.size > 0 || this.#conversations.isFull;
  }

  get isIdle(): boolean {
    return this.#injecting === 0 && this.#conversations.isIdle;
  }

  send(source: ReplaySource): void {
    try {
      const { target } = this.#side.options;
      const recordedTap = source.link?.info.tap ?? "";
      const id = target.kind === "tap" ? (target.tap ?? recordedTap) : recordedTap;
      const tap = this.#engine.tap(id, source.link?.info.tapName);
      const fresh = freshSocket(source);
      if (fresh !== null) this.#converse(source, tap, fresh);
      else this.#plan(source, tap, this.#isLive && id === recordedTap);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#side.tally.skip("receiver", error.message);
    }
  }

  flush(): void {
    this.#conversations.flush();
  }

  close(): Promise<void> {
    return this.#conversations.close();
  }

  destroy(): void {
    this.#conversations.destroy();
  }

  #plan(source: ReplaySource, tap: EngineTap, isSameTap: boolean): void {
    const { n, link, from } = source;
    const frames = source.frames();
    const exchange = this.#side.capture.row(n)?.exchange ?? "none";
    // The number of a link means something only where it was recorded.
    const number = isSameTap ? (link?.info.link ?? -1) : -1;
    const sockets = link?.sockets ?? { client: null, server: null };
    const logs = [...tap.logs.values()].filter((log) => log.origin === "wire");
    const plan = planReplay({ kind: "message", from, sockets, link: number, exchange }, frames, {
      links: logs.map(liveLink),
      receiverIdentity: link?.identity[from === "client" ? "server" : "client"] ?? "",
    });
    if (plan.kind === "fresh") {
      this.#converse(source, tap, plan.socket);
      return;
    }
    const targets = plan.links.flatMap((one) => tap.logs.get(one) ?? []);
    if (targets.length === 0) this.#side.tally.skip("receiver");
    else this.#inject(tap, targets, plan.direction, frames);
  }

  /** The key of the kernel behind the tap counts, which may be another one than was recorded. */
  #converse(source: ReplaySource, tap: EngineTap, socket: SocketType): void {
    const key = this.#side.keyOf(tap.config.name) ?? this.#side.keyOf(source.link?.info.tapName ?? "");
    this.#conversations.send(source, socket, () => openThrough(tap, socket), key);
  }

  #inject(tap: EngineTap, targets: readonly LinkLog[], direction: Direction, frames: readonly Uint8Array[]): void {
    const { tally } = this.#side;
    this.#injecting++;
    const injected = targets.map(async (log) => {
      const link = tap.tap.link(log.number);
      if (link === undefined) return;
      await link.inject(direction, encodeMessage(frames, log.reader.framing), "replay");
      if (!link.isFull(direction)) return;
      this.#stalled.add(log);
      void link.drained(direction).then(() => {
        this.#stalled.delete(log);
        this.#side.changed();
      });
    });
    void Promise.allSettled(injected).then((results) => {
      this.#injecting--;
      const refused = results.find((result) => result.status === "rejected");
      if (results.every(({ status }) => status === "rejected")) {
        tally.skip("closed", refused?.reason instanceof Error ? refused.reason.message : "");
      } else {
        tally.sent++;
      }
      this.#side.changed();
    });
  }
}

/** The socket of a link of our own on which a message goes whatever links there are; `null` where that depends on them. */
function freshSocket({ from, sender, receiver }: ReplaySource): SocketType | null {
  if (from === "server") return null;
  if (sender === "REQ" || sender === "PUSH") return sender;
  return sender === "DEALER" && receiver !== "DEALER" ? sender : null;
}

function openThrough(tap: EngineTap, socket: SocketType): Promise<OpenedStream> {
  const { stream, link } = ownStream(tap, "replay");
  return Promise.resolve({ stream, client: new ZmtpClient({ socket }), whyNot: link });
}
