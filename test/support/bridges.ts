import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { Dealer, Publisher, Reply, Request, Subscriber } from "zeromq";
import { Bridge } from "../../src/proxy/bridge/bridge.ts";
import { openContext } from "../../src/proxy/bridge/sharedContext.ts";
import { Engine } from "../../src/proxy/engine.ts";
import { toRow } from "../../src/proxy/rows.ts";
import { type BridgeSecurity, type BridgeState, readBridge } from "../../src/shared/bridges.ts";
import type { Row } from "../../src/shared/model.ts";
import type { TapSecurity } from "../../src/shared/security.ts";
import { until } from "./until.ts";

export const LOOPBACK = "tcp://127.0.0.1:*";

/** A bridge over an engine of its own, stopped after the test. */
export async function startBridge(
  t: TestContext,
  draft: object,
  { security = { in: null, out: null }, folder = null }: { security?: BridgeSecurity; folder?: string | null } = {},
) {
  const bugs: unknown[] = [];
  const engine = new Engine({
    maxBytes: 32 * 1024 * 1024,
    onNotice: () => undefined,
    onBug: (error) => bugs.push(error),
  });
  const config = readBridge({ name: "bridged", in: LOOPBACK, ...draft }, "b1");
  if ("problem" in config) throw new Error(config.problem);
  let told = (): void => undefined;
  const sockets = openContext();
  const bridge = new Bridge({
    config,
    security,
    folder,
    sockets: () => sockets,
    openLog: engine.openSocketLog,
    onChange: () => told(),
  });
  t.after(async () => {
    await bridge.stop();
    await (await sockets).close();
    await engine.stop();
    assert.deepEqual(bugs, []);
  });
  await bridge.start();
  const state = (): BridgeState => bridge.state(0);
  return {
    bridge,
    engine,
    state,
    in: state().in[0]!,
    out: state().out[0]!,
    rows: (): Row[] => Array.from({ length: engine.capture.lastN }, (_, at) => toRow(engine.capture, at + 1)!),
    /** Resolves when what the bridge tells of itself fits. */
    becomes: (fits: (state: BridgeState) => boolean): Promise<true> =>
      new Promise((resolve) => {
        told = () => {
          if (fits(state())) resolve(true);
        };
        told();
      }),
  };
}

type Options = Record<string, unknown>;

/** Sockets of other programs, closed after the test. */
export function peersOf(t: TestContext) {
  const own = <S extends { close(): void }>(socket: S): S => {
    t.after(() => socket.close());
    return socket;
  };
  return {
    request: (endpoint: string, options: Options = {}): Request => {
      const socket = own(new Request({ linger: 0, ...options }));
      socket.connect(endpoint);
      return socket;
    },
    dealer: (endpoint: string, options: Options = {}): Dealer => {
      const socket = own(new Dealer({ linger: 0, ...options }));
      socket.connect(endpoint);
      return socket;
    },
    reply: async (options: Options = {}, endpoint = LOOPBACK): Promise<Reply & { lastEndpoint: string }> => {
      const socket = own(new Reply({ linger: 0, ...options }));
      // The port of a server that was just closed is free a moment later.
      await until(() =>
        socket.bind(endpoint).then(
          () => true,
          () => false,
        ),
      );
      return socket as Reply & { lastEndpoint: string };
    },
    publisher: async (options: Options = {}): Promise<Publisher & { lastEndpoint: string }> => {
      const socket = own(new Publisher({ linger: 0, ...options }));
      await socket.bind(LOOPBACK);
      return socket as Publisher & { lastEndpoint: string };
    },
    subscriber: (endpoint: string, options: Options = {}): Subscriber => {
      const socket = own(new Subscriber({ linger: 0, ...options }));
      socket.subscribe("");
      socket.connect(endpoint);
      return socket;
    },
  };
}

/** Answers every request with what `reply` makes of it, until the socket is closed. */
export function serve(
  socket: Reply,
  reply: (frames: Buffer[]) => (string | Buffer)[] | Promise<(string | Buffer)[]>,
): Buffer[][] {
  const received: Buffer[][] = [];
  const run = async (): Promise<void> => {
    for await (const frames of socket) {
      received.push(frames);
      await socket.send(await reply(frames));
    }
  };
  run().catch((error: unknown) => {
    if (!socket.closed) throw error;
  });
  return received;
}

export async function ask(socket: Request, ...frames: (string | Buffer)[]): Promise<string[]> {
  await socket.send(frames);
  return (await socket.receive()).map(String);
}

/** Publishes until one message has come through to the subscriber, so that the whole way is there. */
export async function joined(publish: (text: string) => Promise<void>, subscriber: Subscriber): Promise<void> {
  subscriber.receiveTimeout = 50;
  await until(async () => {
    await publish("join");
    return subscriber.receive().then(
      () => true,
      () => false,
    );
  });
  // What else of these is under way.
  for (;;) {
    try {
      await subscriber.receive();
    } catch {
      break;
    }
  }
  subscriber.receiveTimeout = -1;
}

export const NO_KEYS: TapSecurity = {
  clientLeg: null,
  serverLeg: null,
  serverPair: null,
  serverKey: null,
  clientPair: null,
  clientPairs: [],
  allow: null,
  plain: null,
};
