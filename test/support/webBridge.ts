import { once } from "node:events";
import { join } from "node:path";
import type { TestContext } from "node:test";
import WebSocket from "ws";
import * as zmq from "zeromq";
import { WebBridges } from "../../src/proxy/webBridges.ts";
import {
  readEndpointRule,
  type WebAccess,
  type WebBridgeConfig,
  type WebBridgeState,
} from "../../src/shared/webBridge.ts";
import { tappedEngine, type TappedEngine } from "./tappedEngine.ts";

export const TOKEN = "test-token-1234";

/** Everything on loopback, and a token. */
export const OPEN_ACCESS: WebAccess = {
  token: TOKEN,
  origins: [],
  endpoints: rules("REQ,SUB,REP=tcp://127.0.0.1:*"),
  functions: null,
  topics: null,
};

export function rules(...texts: string[]): WebAccess["endpoints"] {
  return texts.map((text) => {
    const rule = readEndpointRule(text);
    if ("problem" in rule) throw new Error(rule.problem);
    return rule;
  });
}

export type RunningWebBridge = TappedEngine & {
  readonly bridges: WebBridges;
  readonly url: string;
  readonly bridge: () => WebBridgeState;
};

/** A web bridge of an engine, which ends with the test. */
export async function startWebBridge(
  t: TestContext,
  { access = {}, ...config }: Partial<Omit<WebBridgeConfig, "access">> & { access?: Partial<WebAccess> } = {},
): Promise<RunningWebBridge> {
  const tapped = tappedEngine(t);
  const bridges = new WebBridges(tapped.engine, {
    clientFolder: join(import.meta.dirname, "../../dist/web"),
    onChange: () => undefined,
  });
  t.after(() => bridges.dispose());
  const { url } = await bridges.start({
    id: "web",
    name: "pages",
    port: 0,
    highWaterMark: 100,
    timeoutMs: 5_000,
    ...config,
    access: { ...OPEN_ACCESS, ...access },
  });
  return { ...tapped, bridges, url, bridge: () => bridges.list()[0]! };
}

export type PageMessage = {
  readonly identity: string | null;
  readonly content: string;
  readonly msg_type?: string;
  readonly frames?: readonly string[];
};

/** A page that speaks the envelope by hand, over a real WebSocket. */
export class Page {
  readonly socket: WebSocket;
  readonly messages: PageMessage[] = [];
  /** Of the close; resolves when there is one. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  #wake = (): void => undefined;
  #taken = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data) => {
      this.messages.push(JSON.parse((data as Buffer).toString("utf8")) as PageMessage);
      this.#wake();
    });
    this.closed = once(socket, "close").then(([code, reason]) => ({ code: code as number, reason: String(reason) }));
  }

  static async open(
    t: TestContext,
    url: string,
    { path = `/?token=${TOKEN}`, ...options }: WebSocket.ClientOptions & { path?: string } = {},
    protocols: string[] = [],
  ): Promise<Page> {
    const socket = new WebSocket(url.replace("http", "ws") + path, protocols, options);
    t.after(() => socket.terminate());
    const page = new Page(socket);
    await once(socket, "open");
    return page;
  }

  send(identity: string, content: string, type = "userlevel"): void {
    this.socket.send(JSON.stringify({ identity, content, msg_type: type }));
  }

  /** Sends a connect, and resolves with its answer. */
  async connect(identity: string, endpoint: string, number: number, more: object = {}): Promise<unknown> {
    const wish = { zmq_conn_string: endpoint, socket_type: number, username: "hugo", ...more };
    this.send(identity, JSON.stringify(wish), "connect");
    const { content } = await this.next();
    return JSON.parse(content);
  }

  /** The next message that has not been taken yet. */
  async next(): Promise<PageMessage> {
    while (this.#taken >= this.messages.length) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.messages[this.#taken++]!;
  }

  async ask(identity: string, content: string): Promise<string> {
    this.send(identity, content);
    return (await this.next()).content;
  }
}

export const SUB = 2;
export const REQ = 3;
export const REP = 4;
export const SUCCESS = { status: "success" };

/** What a ROUTER was asked, with its envelope. */
export type Asked = { readonly frames: Buffer[]; readonly answer: (...payload: (string | Buffer)[]) => Promise<void> };

/** A back end that sees whole envelopes and answers when it is told to, or with what `reply` gives. */
export async function startRouter(
  t: TestContext,
  reply?: (content: string) => (string | Buffer)[] | null,
  endpoint = "tcp://127.0.0.1:*",
): Promise<{ readonly endpoint: string; readonly asked: Asked[]; readonly next: (count?: number) => Promise<Asked> }> {
  const router = new zmq.Router({ linger: 0 });
  t.after(() => router.close());
  await router.bind(endpoint);
  const asked: Asked[] = [];
  let wake = (): void => undefined;
  const serve = async (): Promise<void> => {
    for await (const [id, ...frames] of router) {
      const envelope = frames.slice(0, frames.findIndex((frame) => frame.length === 0) + 1);
      const one: Asked = { frames, answer: (...payload) => router.send([id!, ...envelope, ...payload]) };
      asked.push(one);
      const payload = reply?.(String(frames.at(-1)));
      if (payload) await one.answer(...payload);
      wake();
    }
  };
  serve().catch((error: unknown) => {
    // Whatever is done with a socket that is closed fails; then the test is over.
    if (!router.closed) throw error;
  });
  return {
    endpoint: router.lastEndpoint!,
    asked,
    next: async (count = asked.length + 1) => {
      while (asked.length < count) await new Promise<void>((resolve) => (wake = resolve));
      return asked[count - 1]!;
    },
  };
}

/** A publisher that knows when somebody has subscribed. */
export async function startPublisher(t: TestContext): Promise<{
  readonly endpoint: string;
  readonly publisher: zmq.XPublisher;
  readonly subscribed: (count?: number) => Promise<void>;
}> {
  const publisher = new zmq.XPublisher({ linger: 0, sendHighWaterMark: 100_000, verbosity: "allSubs" });
  t.after(() => publisher.close());
  await publisher.bind("tcp://127.0.0.1:*");
  return {
    endpoint: publisher.lastEndpoint!,
    publisher,
    subscribed: async (count = 1) => {
      for (let at = 0; at < count; at++) await publisher.receive();
    },
  };
}
