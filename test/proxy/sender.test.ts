import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { Dealer, Publisher, Pull, Push, Reply, Request, Router, Subscriber } from "zeromq";
import { dialectTools } from "../../src/proxy/dialectTools.ts";
import { jupyter } from "../../src/proxy/dialects/jupyter.ts";
import { Sender } from "../../src/proxy/sender.ts";
import { encodeCommand, encodeGreeting } from "../../src/proxy/wire/writer.ts";
import type { Said } from "../../src/shared/dialects.ts";
import { tappedEngine } from "../support/tappedEngine.ts";
import { NO_SECURITY } from "../support/security.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (frames: readonly Uint8Array[]): string[] => frames.map((frame) => Buffer.from(frame).toString());
type Closable = { close(): void };

function closing<T extends Closable>(t: TestContext, socket: T): T {
  t.after(() => socket.close());
  return socket;
}

type Bindable = Closable & { bind(endpoint: string): Promise<void>; readonly lastEndpoint: string | null };

async function bound<T extends Bindable>(t: TestContext, socket: T): Promise<T> {
  closing(t, socket);
  await socket.bind("tcp://127.0.0.1:*");
  return socket;
}

const endpointOf = (socket: Bindable): string => socket.lastEndpoint ?? "";

async function echo(server: Reply): Promise<void> {
  for await (const frames of server) await server.send([Buffer.from("re"), ...frames]);
}

test("Sender replays a request on a link of its own, so that the client's own exchange is not shifted", async (t) => {
  const server = await bound(t, new Reply());
  void echo(server);
  const { engine, attach, rows } = tappedEngine(t);
  const client = closing(t, new Request());
  client.connect(await attach(endpointOf(server)));
  await client.send("first");
  assert.deepEqual(text(await client.receive()), ["re", "first"]);
  const request = rows().find((row) => row.kind === "message");
  assert.ok(request);
  const sender = new Sender(engine);
  const { summary, answer } = await sender.replay({ n: request.n });
  assert.match(summary, /answer came after/);
  assert.deepEqual(answer?.kind === "answer" ? text(answer.frames) : [], ["re", "first"]);
  const edited = await sender.replay({ n: request.n, frames: [bytes(""), bytes("other")] });
  assert.deepEqual(edited.answer?.kind === "answer" ? text(edited.answer.frames) : [], ["re", "other"]);
  await client.send("second");
  assert.deepEqual(text(await client.receive()), ["re", "second"]);
  const replays = rows().filter((row) => row.origin === "replay" && row.kind === "message");
  assert.equal(replays.length, 4);
  await engine.removeTap("tap");
  await assert.rejects(sender.replay({ n: request.n }), { code: "no-such-tap" });
});

test("Sender gives a request a fresh id and signature where its dialect needs them, and an edited one a signature", async (t) => {
  const server = await bound(t, new Router());
  const { engine, rows, until } = tappedEngine(t);
  const config = { id: "tap", name: "tap", server: endpointOf(server), listen: "tcp://127.0.0.1:*" };
  const { listening } = await engine.startTap(config, null, "the key");
  const key = bytes("the key");
  const client = closing(t, new Dealer());
  client.connect(listening);
  const signed = jupyter.encode(
    { method: "execute_request", args: [], kwargs: { code: "1" }, fields: {} },
    key,
    dialectTools,
  );
  assert.ok("frames" in signed);
  const rpc = bytes('{"jsonrpc":"2.0","id":"a","method":"add","params":[]}');
  await client.send(signed.frames.map((frame) => Buffer.from(frame)));
  await client.send([Buffer.from(rpc)]);
  await server.receive();
  await server.receive();
  const [first, second] = await until(() => {
    const found = rows().filter(({ kind }) => kind === "message");
    return found.length === 2 && found;
  });
  const sender = new Sender(engine);
  const sent = async (n: number, frames?: readonly Uint8Array[]): Promise<Uint8Array[]> => {
    const replaying = sender.replay({ n, ...(frames && { frames }), timeoutMs: 500 });
    const [, ...came] = await server.receive();
    await replaying;
    return came;
  };
  const heard = (frames: readonly Uint8Array[]): Said => {
    const read = jupyter.decode({ frames, sender: "DEALER", receiver: "ROUTER" }, key, dialectTools);
    assert.ok("said" in read);
    return read.said;
  };
  const again = heard(await sent(first!.n));
  assert.deepEqual([again.kind, again.facts[0]!.value, again.kwargs], ["call", "right", { code: "1" }]);
  assert.notEqual(again.id, heard(signed.frames).id);
  const edited = [...signed.frames.slice(0, 5), bytes('{"code":"2"}')];
  const signedAnew = heard(await sent(first!.n, edited));
  assert.deepEqual([signedAnew.kind, signedAnew.kwargs], ["call", { code: "2" }]);
  assert.notDeepEqual(await sent(second!.n), [Buffer.from(rpc)]);
  assert.deepEqual(await sent(second!.n, [rpc]), [Buffer.from(rpc)]);
});

test("Sender does not send a signed request again without the key, since its receiver would drop it", async (t) => {
  const server = await bound(t, new Router());
  const { engine, attach, rows, until } = tappedEngine(t);
  const client = closing(t, new Dealer());
  client.connect(await attach(endpointOf(server)));
  const call = { method: "execute_request", args: [], kwargs: {}, fields: {} };
  const signed = jupyter.encode(call, bytes("the key"), dialectTools);
  assert.ok("frames" in signed);
  await client.send(signed.frames.map((frame) => Buffer.from(frame)));
  const { n } = await until(() => rows().find(({ kind }) => kind === "message"));
  await assert.rejects(new Sender(engine).replay({ n }), { code: "cannot-replay", message: /connection file/ });
});

test("Sender replays a publication to the subscribers of its topic only", async (t) => {
  const publisher = await bound(t, new Publisher());
  const { engine, attach, rows, until, state } = tappedEngine(t);
  const endpoint = await attach(endpointOf(publisher));
  const [one, other] = [closing(t, new Subscriber()), closing(t, new Subscriber())];
  one.subscribe("a");
  other.subscribe("b");
  one.connect(endpoint);
  other.connect(endpoint);
  await until(() => state().links.filter((link) => link.subscriptionCount > 0).length === 2);
  await publisher.send(["a", "1"]);
  await one.receive();
  const row = await until(() => rows().find((each) => each.kind === "message"));
  const { summary, rows: made } = await new Sender(engine).replay({ n: row.n });
  assert.match(summary, /SUB at 127/);
  assert.deepEqual(text(await one.receive()), ["a", "1"]);
  assert.equal(rows().find((each) => each.n === made[0])?.origin, "replay");
  await publisher.send(["b", "2"]);
  assert.deepEqual(text(await other.receive()), ["b", "2"]);
});

test("Sender replays what a ROUTER sent into the live link, and a job to a PULL", async (t) => {
  const router = await bound(t, new Router());
  const pull = await bound(t, new Pull());
  const { engine, attach, rows, until } = tappedEngine(t);
  const dealer = closing(t, new Dealer({ routingId: "worker" }));
  dealer.connect(await attach(endpointOf(router), "router"));
  await dealer.send("hi");
  await router.receive();
  await router.send(["worker", "task"]);
  assert.deepEqual(text(await dealer.receive()), ["task"]);
  const task = await until(() => rows().find((row) => row.from === "server" && row.kind === "message"));
  const sender = new Sender(engine);
  await sender.replay({ n: task.n });
  assert.deepEqual(text(await dealer.receive()), ["task"]);
  const push = closing(t, new Push());
  push.connect(await attach(endpointOf(pull), "pull"));
  await push.send(["job", "1"]);
  assert.deepEqual(text(await pull.receive()), ["job", "1"]);
  const job = await until(() => rows().find((row) => row.tap === "pull" && row.kind === "message"));
  const replayed = await sender.replay({ n: job.n });
  assert.match(replayed.summary, /as a new PUSH/);
  assert.deepEqual(text(await pull.receive()), ["job", "1"]);
});

test("Sender refuses to replay rows that are gone or events", async (t) => {
  const server = await bound(t, new Reply());
  const { engine, attach, rows, until } = tappedEngine(t);
  const client = closing(t, new Request());
  client.connect(await attach(endpointOf(server)));
  const event = await until(() => rows()[0]);
  const sender = new Sender(engine);
  await assert.rejects(sender.replay({ n: 10_000 }), { code: "row-gone" });
  await assert.rejects(sender.replay({ n: event.n }), /nothing to send|Only messages/);
  assert.throws(() => sender.wholeFrames(10_000), { code: "row-gone" });
});

test("Sender probes a server with the password of the tap that is named", async (t) => {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.write(encodeGreeting("PLAIN"));
    socket.on("data", (chunk: Buffer) => {
      if (chunk.includes("\x05admin\x06secret")) socket.write(encodeCommand("ERROR", bytes("\x03400")));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const endpoint = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { engine, attach } = tappedEngine(t);
  await attach(endpoint);
  await engine.secureTap("tap", {
    ...NO_SECURITY,
    plain: { user: "admin", password: "secret" },
  });
  const sender = new Sender(engine);
  assert.equal((await sender.probe({ endpoint, tap: null, security: null })).access, "not-tried");
  const { access, refusal } = await sender.probe({ endpoint, tap: "tap", security: null });
  assert.deepEqual([access, refusal], ["refused", "400"]);
});

test("Sender probes no HTTP server", async (t) => {
  const { engine } = tappedEngine(t);
  const request = { endpoint: "http://127.0.0.1:1", tap: null, security: null, confirmed: true };
  await assert.rejects(new Sender(engine).probe(request), { code: "not-zeromq" });
});

test("Sender probes nothing that is no endpoint, and nothing beyond this machine unconfirmed", async (t) => {
  const sender = new Sender(tappedEngine(t).engine);
  const bare = { tap: null, security: null };
  await assert.rejects(sender.probe({ endpoint: "inproc://a", ...bare }), { code: "bad-endpoint" });
  await assert.rejects(sender.probe({ endpoint: "tcp://192.0.2.1:5556", ...bare }), { code: "confirm-not-loopback" });
});
