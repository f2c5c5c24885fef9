import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { curveKeyPair, Pull, Reply, Subscriber } from "zeromq";
import type { AttemptEvents } from "../../../src/proxy/rpc/attempt.ts";
import { endpointAttempt, type EndpointMessage } from "../../../src/proxy/rpc/endpointAttempt.ts";
import { loadZeroMq } from "../../../src/proxy/zeromq.ts";
import type { TapSecurity } from "../../../src/shared/security.ts";
import { NO_SECURITY } from "../../support/security.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const zmq = await loadZeroMq("A call to an endpoint");

/** What an attempt tells, in order, as a text each. */
function listening(): { events: AttemptEvents; next: () => Promise<string> } {
  const told: string[] = [];
  let wake = (): void => undefined;
  const tell = (text: string): void => {
    told.push(text);
    wake();
  };
  return {
    events: {
      sent: () => tell("sent"),
      message: (frames) => tell(`message ${frames.map((frame) => Buffer.from(frame).toString()).join("|")}`),
      done: () => tell("done"),
      failed: (error, mayPass) => tell(`failed ${mayPass} ${error.message}`),
    },
    next: async () => {
      while (told.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return told.shift()!;
    },
  };
}

async function reply(t: TestContext, options: ConstructorParameters<typeof Reply>[0] = {}): Promise<Reply> {
  const server = new Reply(options);
  t.after(() => server.close());
  await server.bind("tcp://127.0.0.1:*");
  return server;
}

const message = (endpoint: string, change: Partial<EndpointMessage> = {}): EndpointMessage => ({
  endpoint,
  security: null,
  socket: "REQ",
  frames: [bytes("q")],
  ...change,
});

test("endpointAttempt tells when it has sent, and of the reply", async (t) => {
  const server = await reply(t);
  const { events, next } = listening();
  const attempt = endpointAttempt(zmq, message(server.lastEndpoint ?? ""), events);
  assert.equal(await next(), "sent");
  await server.receive();
  await server.send(["a", "b"]);
  assert.equal(await next(), "message a|b");
  assert.deepEqual(attempt.rows(), [null, null]);
  attempt.close();
  attempt.close();
});

for (const [what, security, server] of [
  [
    "CURVE with a pair of its own",
    (serverKey: string) => ({ ...NO_SECURITY, serverKey, clientPair: curveKeyPair() }),
    true,
  ],
  ["CURVE with a fresh pair", (serverKey: string) => ({ ...NO_SECURITY, serverKey }), true],
  [
    "CURVE of which only the server's pair is known",
    (_key: string, serverPair: TapSecurity["serverPair"]) => ({ ...NO_SECURITY, serverPair }),
    true,
  ],
  ["no credentials where none are asked for", () => ({ ...NO_SECURITY, serverLeg: "NULL" as const }), false],
] as const) {
  test(`endpointAttempt shows ${what}`, async (t) => {
    const keys = curveKeyPair();
    const peer = await reply(t, server ? { curveServer: true, curveSecretKey: keys.secretKey } : {});
    const { events, next } = listening();
    const attempt = endpointAttempt(
      zmq,
      message(peer.lastEndpoint ?? "", { security: security(keys.publicKey, keys) }),
      events,
    );
    assert.equal(await next(), "sent");
    attempt.close();
  });
}

test("endpointAttempt tells a reply whose sender leaves at once", async (t) => {
  for (let round = 0; round < 40; round++) {
    const server = await reply(t, { linger: 1_000 });
    const { events, next } = listening();
    const attempt = endpointAttempt(zmq, message(server.lastEndpoint ?? ""), events);
    await server.receive();
    await server.send("and away");
    server.close();
    assert.equal(await next(), "sent");
    assert.equal(await next(), "message and away");
    attempt.close();
  }
});

test("endpointAttempt says how far it came", async (t) => {
  const server = await reply(t, { curveServer: true, curveSecretKey: curveKeyPair().secretKey });
  const { events } = listening();
  const refused = endpointAttempt(zmq, message(server.lastEndpoint ?? ""), events);
  const nobody = endpointAttempt(zmq, message("tcp://127.0.0.1:1"), events);
  while (!refused.progress().includes("handshake")) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(nobody.progress(), "Nothing accepted a connection there.");
  refused.close();
  nobody.close();
});

test("endpointAttempt hands over jobs and publications", async (t) => {
  const pull = new Pull();
  const subscriber = new Subscriber();
  t.after(() => [pull, subscriber].forEach((socket) => socket.close()));
  await pull.bind("tcp://127.0.0.1:*");
  await subscriber.bind("tcp://127.0.0.1:*");
  subscriber.subscribe("to");
  const pushing = listening();
  endpointAttempt(zmq, message(pull.lastEndpoint ?? "", { socket: "PUSH" }), pushing.events);
  assert.deepEqual([await pushing.next(), await pushing.next()], ["sent", "done"]);
  assert.equal(String(await pull.receive()), "q");
  const publishing = listening();
  const received = subscriber.receive();
  const topic = { socket: "PUB", frames: [bytes("topic")] } as const;
  endpointAttempt(zmq, message(subscriber.lastEndpoint ?? "", topic), publishing.events);
  assert.deepEqual([await publishing.next(), await publishing.next()], ["sent", "done"]);
  assert.equal(String(await received), "topic");
});

test("endpointAttempt fails for good with an endpoint that is none, and tells nothing once it is closed", async () => {
  const { events, next } = listening();
  endpointAttempt(zmq, message("nonsense"), events);
  assert.match(await next(), /^failed false The call to nonsense failed: .* Check the endpoint[.]$/);
  const closed = listening();
  endpointAttempt(zmq, message("tcp://127.0.0.1:1"), closed.events).close();
  closed.events.done();
  assert.equal(await closed.next(), "done");
});
