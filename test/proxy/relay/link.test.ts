import assert from "node:assert/strict";
import { connect } from "node:net";
import { duplexPair } from "node:stream";
import { test, type TestContext } from "node:test";
import { AddedLatency } from "../../../src/proxy/relay/addedLatency.ts";
import { type Detour, type DetourSink, Link, type LinkEnd } from "../../../src/proxy/relay/link.ts";
import { SteadySocket } from "../../../src/proxy/relay/steadySocket.ts";
import { WaitingSocket } from "../../../src/proxy/relay/waitingSocket.ts";
import { loopbackServer } from "../../support/loopback.ts";
import { until } from "../../support/until.ts";

/** A link between two in-memory streams, with the programs' ends of them. */
function linked(t: TestContext, gapIn: (bytes: Uint8Array) => number = () => 0) {
  const [clientLeg, client] = duplexPair({ allowHalfOpen: true });
  const [serverLeg, server] = duplexPair({ allowHalfOpen: true });
  const seen: string[] = [];
  const ends: LinkEnd[] = [];
  let wake = (): void => undefined;
  const observer = {
    received: (_direction: number, bytes: Uint8Array) => void seen.push(Buffer.from(bytes).toString()),
    injected: (_direction: number, bytes: Uint8Array) => void seen.push(`+${Buffer.from(bytes).toString()}`),
    gapIn: (_direction: number, bytes: Uint8Array) => gapIn(bytes),
    stepIn: (_direction: number, bytes: Uint8Array) => bytes.length,
  };
  const latency = new AddedLatency();
  const onEnd = (end: LinkEnd): void => {
    ends.push(end);
    wake();
  };
  const link = new Link(1, "wire", { client: clientLeg, server: serverLeg }, observer, null, onEnd, latency);
  const start = (): void =>
    link.start({
      client: new WaitingSocket(clientLeg, () => undefined),
      server: new WaitingSocket(serverLeg, () => undefined),
    });
  const ended = async (): Promise<LinkEnd> => {
    while (ends.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return ends[0]!;
  };
  t.after(() => link.dispose());
  return { link, latency, client, server, clientLeg, serverLeg, observer, seen, start, ended };
}

test("Link gives up on a side that takes nothing for 10 s after its partner has gone, and counts what was lost", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { client, clientLeg, serverLeg, start, ended, seen } = linked(t);
  start();
  client.write(Buffer.alloc(100_000));
  await new Promise((resolve) => setImmediate(resolve));
  const taken = seen.reduce((sum, text) => sum + text.length, 0);
  clientLeg.destroy(new Error("reset"));
  await new Promise((resolve) => setImmediate(resolve));
  const owed = serverLeg.writableLength;
  assert.ok(owed > 0 && owed <= taken);
  t.mock.timers.tick(10_000);
  assert.deepEqual(await ended(), { by: "client", reset: true, bytesLost: owed });
});

test("Link refuses an injection when the message under way does not end within 5 s", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { link, start } = linked(t, () => -1);
  start();
  const refused = assert.rejects(link.inject(0, Buffer.from("x"), "replay"), { code: "injection-refused" });
  t.mock.timers.tick(5_000);
  await refused;
});

test("Link injects at once between messages, and not into a side that has ended", async (t) => {
  const { link, client, server, seen, start } = linked(t);
  start();
  server.resume();
  await link.inject(0, Buffer.from("x"), "call");
  assert.deepEqual(seen, ["+x"]);
  client.end();
  client.resume();
  await new Promise((resolve) => server.once("end", resolve));
  await assert.rejects(link.inject(0, Buffer.from("y"), "call"), /closing/);
});

test("Link tells whether a receiver takes more, and when it does again or is gone", async (t) => {
  const { link, client, server, clientLeg, start } = linked(t);
  start();
  assert.equal(link.isFull(0), false);
  await link.drained(0);
  await link.inject(0, Buffer.alloc(100_000), "replay");
  await link.inject(1, Buffer.alloc(100_000), "replay");
  assert.deepEqual([link.isFull(0), link.isFull(1)], [true, true]);
  server.resume();
  await link.drained(0);
  assert.equal(link.isFull(0), false);
  const gone = link.drained(1);
  clientLeg.destroy();
  await gone;
  assert.equal(link.isFull(1), false);
  client.destroy();
});

test("Link counts what each direction carries, and for how long a sender is held because of its receiver", async (t) => {
  const { link, client, server, start, latency } = linked(t);
  start();
  assert.equal(link.ends("client"), null);
  client.write(Buffer.alloc(100_000));
  await until(() => link.heldUpMs(0) > 1);
  assert.equal(link.heldUpMs(1), 0);
  const { received, sent, queued } = link.carried(0);
  assert.deepEqual([received, sent, queued, link.queued(0)], [100_000, 0, 100_000, 100_000]);
  assert.deepEqual([latency.samples, latency.waited], [0, 1]);
  server.resume();
  await until(() => link.carried(0).sent === 100_000);
  const heldMs = link.heldUpMs(0);
  await link.inject(0, Buffer.from("x"), "replay");
  await until(() => link.queued(0) === 0);
  const { added, undelivered } = link.carried(0);
  assert.deepEqual([added, undelivered, link.carried(0).received, link.carried(0).sent], [1, 0, 100_000, 100_001]);
  assert.equal(link.heldUpMs(0), heldMs);
  server.write("answer");
  client.resume();
  await until(() => link.carried(1).sent === 6);
  assert.equal(link.isRekeyed, false);
});

test("Link hands on an end that came before it was started", async (t) => {
  const { client, server, start, ended, seen } = linked(t);
  start();
  client.end("bye");
  server.resume();
  server.once("end", () => server.end());
  client.resume();
  assert.deepEqual(await ended(), { by: "client", reset: false, bytesLost: 0 });
  assert.deepEqual(seen, ["bye"]);
});

/** A detour that keeps what comes until it is told. */
class Store implements Detour {
  readonly taken: string[] = [];
  readonly calls: string[] = [];
  isFull = false;
  isOpen = true;
  sink: DetourSink | undefined;
  readonly make = (sink: DetourSink): this => {
    this.sink = sink;
    return this;
  };

  get isEmpty(): boolean {
    return this.taken.length === 0;
  }

  take(bytes: Uint8Array): void {
    this.taken.push(Buffer.from(bytes).toString());
  }

  flush(): void {
    this.calls.push("flush");
    for (const text of this.taken.splice(0)) this.sink!.send(Buffer.from(text));
  }

  dispose(): void {
    this.calls.push("dispose");
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("Link hands on only what a detour sends, from the first point outside a message, until it is left", async (t) => {
  const { link, client, server, seen, start } = linked(t, (bytes) => Buffer.from(bytes).indexOf("|") + 1 || -1);
  server.resume();
  start();
  const store = new Store();
  link.divert(0, store.make);
  client.write("inside");
  await turn();
  client.write("end|next");
  await turn();
  client.write("more");
  await turn();
  assert.deepEqual(
    [seen, store.taken],
    [
      ["inside", "end|"],
      ["next", "more"],
    ],
  );
  store.sink!.send(Buffer.from("sent"));
  assert.deepEqual(seen, ["inside", "end|", "sent"]);
  link.straighten(0);
  assert.deepEqual(seen, ["inside", "end|", "sent", "next", "more"]);
  client.write("as before");
  await turn();
  assert.deepEqual([seen.at(-1), store.taken, store.calls], ["as before", [], ["flush"]]);
  client.destroy();
});

test("Link forgets a detour that has not begun", async (t) => {
  const { link, client, server, seen, start } = linked(t, () => -1);
  server.resume();
  start();
  const store = new Store();
  link.divert(0, store.make);
  link.divert(0, null);
  link.divert(0, store.make);
  link.straighten(0);
  client.write("x");
  await turn();
  assert.deepEqual([seen, store.sink], [["x"], undefined]);
  client.destroy();
});

test("Link begins a detour with what comes behind the handshake in the same octets", async (t) => {
  let isDone = false;
  const { link, client, server, seen, observer, start } = linked(t, () => (isDone ? 0 : -1));
  observer.stepIn = (_direction, bytes) => {
    isDone = true;
    return Math.min(5, bytes.length);
  };
  server.resume();
  start();
  const store = new Store();
  link.divert(0, store.make);
  client.write("readyfirst");
  await turn();
  assert.deepEqual([seen, store.taken], [["ready"], ["first"]]);
  client.destroy();
});

test("Link makes no detour where there is none to be made, and goes on", async (t) => {
  const { link, client, server, seen, start } = linked(t);
  server.resume();
  start();
  link.divert(0, () => null);
  client.write("x");
  await turn();
  assert.deepEqual(seen, ["x"]);
  client.destroy();
});

test("Link does not read the sender of a detour that is full until it says so", async (t) => {
  const { link, client, server, clientLeg, start } = linked(t);
  server.resume();
  start();
  const store = new Store();
  link.divert(0, store.make);
  store.isFull = true;
  client.write("a");
  await turn();
  assert.equal(clientLeg.isPaused(), true);
  client.write("b");
  await turn();
  assert.deepEqual(store.taken, ["a"]);
  store.isFull = false;
  store.sink!.moved();
  await turn();
  assert.deepEqual(store.taken, ["a", "b"]);
  client.destroy();
});

test("Link puts injections between what a detour sends, where that is open", async (t) => {
  const { link, client, server, seen, start } = linked(t);
  server.resume();
  start();
  const store = new Store();
  link.divert(0, store.make);
  store.isOpen = false;
  const injected = link.inject(0, Buffer.from("ours"), "replay");
  store.sink!.send(Buffer.from("long"));
  assert.deepEqual(seen, ["long"]);
  store.isOpen = true;
  store.sink!.send(Buffer.from("end"));
  await injected;
  await link.inject(0, Buffer.from("at once"), "replay");
  assert.deepEqual(seen, ["long", "end", "+ours", "+at once"]);
  client.destroy();
});

test("Link ends a side only once the detour of its partner, which has ended, is empty", async (t) => {
  const { link, client, server, start, ended } = linked(t);
  let hasEnded = false;
  server.resume();
  server.once("end", () => {
    hasEnded = true;
    server.end();
  });
  client.resume();
  start();
  const store = new Store();
  link.divert(0, store.make);
  client.end("last words");
  await turn();
  await turn();
  assert.equal(hasEnded, false);
  store.sink!.moved();
  assert.equal(hasEnded, false);
  store.sink!.send(Buffer.from(store.taken.pop()!));
  store.sink!.moved();
  assert.deepEqual(await ended(), { by: "client", reset: false, bytesLost: 0 });
  assert.deepEqual(store.calls, ["flush", "dispose"]);
});

test("Link hands on what a detour has of a side that is reset, and gives up on nothing before", async (t) => {
  const { link, client, server, clientLeg, start, ended, seen } = linked(t);
  server.resume();
  server.once("end", () => server.end());
  start();
  const store = new Store();
  link.divert(0, store.make);
  client.write("last words");
  await turn();
  clientLeg.destroy(new Error("reset"));
  await turn();
  assert.deepEqual(seen, []);
  store.sink!.send(Buffer.from(store.taken.pop()!));
  store.sink!.moved();
  assert.deepEqual(await ended(), { by: "client", reset: true, bytesLost: 0 });
  assert.deepEqual(seen, ["last words"]);
});

test("Link hands on what detours have when the tap ends it, and nothing when it is cut", async (t) => {
  for (const how of ["dispose", "cut", "reset"] as const) {
    const { link, client, server, start, ended, seen } = linked(t);
    const got: string[] = [];
    server.on("data", (bytes: Buffer) => got.push(bytes.toString()));
    for (const peer of [client, server]) peer.once("end", () => peer.end()).on("error", () => undefined);
    client.resume();
    start();
    const store = new Store();
    link.divert(0, store.make);
    client.write("held");
    await turn();
    if (how === "dispose") link.dispose();
    else link.cut(how === "reset");
    assert.equal(link.isEnding, true);
    // In memory no reset reaches the other end.
    if (how === "reset") for (const peer of [client, server]) peer.destroy();
    const end = await ended();
    assert.deepEqual([end.by, end.reset], ["tap", how === "reset"]);
    assert.deepEqual([got, seen], how === "dispose" ? [["held"], ["held"]] : [[], []]);
    link.divertRaw(0, store.make);
  }
});

test("Link reads nothing of a side that is frozen, neither what came early, and all of it later", async (t) => {
  const { link, client, server, clientLeg, serverLeg, seen } = linked(t);
  server.resume();
  const waiting = {
    client: new WaitingSocket(clientLeg, () => undefined),
    server: new WaitingSocket(serverLeg, () => undefined),
  };
  client.write("early");
  await turn();
  link.setFrozen("client", true);
  link.setFrozen("client", true);
  link.start(waiting);
  client.write("later");
  server.write("other way");
  client.resume();
  await turn();
  serverLeg.emit("drain");
  await turn();
  assert.deepEqual(seen, ["other way"]);
  link.setFrozen("client", false);
  await turn();
  assert.equal(seen.slice(1).join(""), "earlylater");
  link.setFrozen("client", true);
  client.end();
  server.end();
  await turn();
  await turn();
  // Its partner has gone, so its own end is looked for.
  assert.equal(clientLeg.readableEnded, true);
});

test("Link begins a raw detour at once, in the middle of whatever there is", async (t) => {
  const { link, client, server, seen, start } = linked(t, () => -1);
  server.resume();
  start();
  const store = new Store();
  link.divertRaw(0, store.make);
  client.write("half a mes");
  await turn();
  assert.deepEqual([seen, store.taken], [[], ["half a mes"]]);
  link.straighten(0);
  assert.deepEqual(seen, ["half a mes"]);
  client.destroy();
});

test("Link writes nothing from memory that is read into again while the receiver is behind", async (t) => {
  const program = await loopbackServer(t);
  const far = connect({ port: program.port, host: "127.0.0.1" });
  t.after(() => far.destroy());
  const clientLeg = SteadySocket.over((await program.next()).pause());
  // Takes one write; what comes behind that waits, but does not hold the sender back yet.
  const marks = { readableHighWaterMark: 1, writableHighWaterMark: 65_536 };
  const [serverLeg, server] = duplexPair({ allowHalfOpen: true, ...marks });
  let seen = 0;
  let wake = (): void => undefined;
  const observer = {
    received: (_direction: number, bytes: Uint8Array) => {
      seen += bytes.length;
      wake();
    },
    injected: () => undefined,
    gapIn: () => 0,
    stepIn: (_direction: number, bytes: Uint8Array) => bytes.length,
  };
  const link = new Link(1, "wire", { client: clientLeg, server: serverLeg }, observer, null, () => undefined);
  t.after(() => link.dispose());
  link.start({
    client: new WaitingSocket(clientLeg, () => undefined),
    server: new WaitingSocket(serverLeg, () => undefined),
  });
  const said = Array.from({ length: 9 }, (_, at) => String(at).repeat(700)).join("");
  for (let at = 0; at < said.length; at += 700) {
    far.write(said.slice(at, at + 700));
    while (seen < at + 700) await new Promise<void>((resolve) => (wake = resolve));
  }
  assert.ok(serverLeg.writableLength > 0);
  const chunks: Buffer[] = [];
  server.on("data", (chunk: Buffer) => chunks.push(chunk));
  while (Buffer.concat(chunks).length < said.length) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(Buffer.concat(chunks).toString(), said);
});
