import assert from "node:assert/strict";
import { after, test } from "node:test";
import { text } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { startEngineTap } from "./support/engineTap.ts";
import { foundBy, onlyFound } from "./support/findings.ts";
import { SeedProgram } from "./support/seedProgram.ts";

const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
after(async () => {
  await python.stop();
  await javascript.stop();
});

const ANYWHERE = "tcp://127.0.0.1:*";
/** No reconnection within a test: a server that is gone is another finding. */
const STAYS_AWAY = { reconnectMs: 600_000 };
const call = (id: number): string => JSON.stringify({ jsonrpc: "2.0", id, method: "add", params: [1, 2] });
const result = (id: number): string => JSON.stringify({ jsonrpc: "2.0", id, result: 3 });

test("A REQ whose server died after it had taken the request is told that its peer is gone", async (t) => {
  const dying = new PythonPeer();
  t.after(() => dying.stop());
  const rep = await dying.open("REP");
  const tap = await startEngineTap(t, await rep.bind(ANYWHERE));
  const req = await javascript.open("REQ", STAYS_AWAY);
  await req.connect(tap.endpoint);
  await req.send(text("hello"));
  await rep.receive();
  await rep.send(text("hello"));
  await req.receive();
  await req.send(text("work"));
  await rep.receive();
  await dying.stop();
  await tap.untilRow(({ event }) => event === "link-closed");
  const { pending } = await foundBy(tap);
  const [gone] = await onlyFound(tap, ["request-peer-gone"]);
  const rows = tap.rows().filter(({ kind, event }) => kind === "message" || event === "link-closed");
  assert.deepEqual(
    gone!.evidence,
    rows.slice(2, 4).map(({ n }) => n),
  );
  assert.deepEqual(
    pending.map(({ n, cause }) => [n, cause]),
    [[rows[2]!.n, "its peer left before it replied"]],
  );
  assert.deepEqual(
    rows.map(({ finding }) => finding?.severity),
    [undefined, undefined, "error", "error"],
  );
  await req.close();
});

for (const [name, peer] of [
  ["pyzmq", python],
  ["zeromq.js", javascript],
] as const) {
  test(`A DEALER of ${name} that sends a REP no empty frame is told that it drops its requests`, async (t) => {
    const rep = await python.open("REP");
    const tap = await startEngineTap(t, await rep.bind(ANYWHERE));
    const dealer = await peer.open("DEALER");
    await dealer.connect(tap.endpoint);
    await dealer.send(text("work"), text("more work"), text("", "at last"));
    assert.deepEqual(await rep.receive(), [text("at last")]);
    await rep.send(text("done"));
    await dealer.receive();
    const [missing] = await onlyFound(tap, ["rep-missing-delimiter"]);
    const messages = tap.rows().filter(({ kind }) => kind === "message");
    assert.deepEqual([missing!.evidence, missing!.count], [messages.slice(0, 2).map(({ n }) => n), 2]);
    await dealer.close();
    await rep.close();
  });
}

test("A heartbeat over REQ that leaves a pyzmqrpc3 server stuck is told as that, and not as requests that wait", async (t) => {
  const server = new SeedProgram(t, "pyzmqrpc3", ["server", ANYWHERE]);
  const tap = await startEngineTap(t, (await server.bound())[0]!);
  const client = new SeedProgram(t, "pyzmqrpc3", ["client", tap.endpoint]);
  client.tell(["call", "MoveArm", { axis: "x", mm: 1 }, 20_000]);
  await client.said("reply");
  client.tell(["text", "zmq_sub_heartbeat", 200]);
  await client.said("timed_out");
  client.tell(["call", "MoveArm", { axis: "x", mm: 2 }, 200]);
  await client.said("timed_out", 2);
  const [wedged] = await onlyFound(tap, ["rep-wedged"]);
  const messages = tap.rows().filter(({ kind }) => kind === "message");
  assert.deepEqual(
    wedged!.evidence,
    messages.slice(2).map(({ n }) => n),
  );
  assert.match(wedged!.text, /since a heartbeat that it sent no reply to/);
});

test("A relaxed REQ that asks again gets the reply to what it asked before", async (t) => {
  const rep = await javascript.open("REP");
  const tap = await startEngineTap(t, await rep.bind(ANYWHERE));
  const req = await python.open("REQ", { relaxed: true });
  await req.connect(tap.endpoint);
  await req.send(text("one"));
  await rep.receive();
  await req.send(text("two"));
  await tap.until(() => tap.rows().filter(({ kind }) => kind === "message").length === 2);
  await rep.send(text("to one"));
  await rep.receive();
  assert.deepEqual(await req.receive(), [text("to one")]);
  await onlyFound(tap, ["reply-to-earlier-request", "request-sent-twice"]);
  await req.close();
  await rep.close();
});

test("A client that gives up and asks the same again on a new connection is told to ask twice", async (t) => {
  const rep = await javascript.open("REP");
  const tap = await startEngineTap(t, await rep.bind(ANYWHERE));
  const first = await python.open("REQ");
  await first.connect(tap.endpoint);
  await first.send(text("order 7"));
  await rep.receive();
  await first.close();
  await tap.untilRow(({ event }) => event === "link-closed");
  const second = await python.open("REQ");
  await second.connect(tap.endpoint);
  await second.send(text("order 7"));
  const [twice] = await onlyFound(tap, ["request-sent-twice"]);
  const messages = tap.rows().filter(({ kind }) => kind === "message");
  assert.deepEqual(
    twice!.evidence,
    messages.map(({ n }) => n),
  );
  await second.close();
  await rep.close();
});

test("A reply that a ROUTER sends to a client which has reconnected meanwhile is told", async (t) => {
  const router = await javascript.open("ROUTER");
  const tap = await startEngineTap(t, await router.bind(ANYWHERE));
  const ask = async (id: number) => {
    const dealer = await python.open("DEALER", { identity: "gui" });
    await dealer.connect(tap.endpoint);
    await dealer.send(text(call(id)));
    assert.deepEqual(await router.receive(), [text("gui", call(id))]);
    return dealer;
  };
  const first = await ask(1);
  await first.close();
  await tap.untilRow(({ event }) => event === "link-closed");
  const second = await ask(2);
  await router.send(text("gui", result(1)), text("gui", result(2)));
  await second.receive(2);
  const [found] = await onlyFound(tap, ["reply-after-reconnect"]);
  const messages = tap.rows().filter(({ kind }) => kind === "message");
  assert.deepEqual(found!.evidence, [messages[0]!.n, messages[2]!.n]);
  await second.close();
  await router.close();
});

test("A REP that takes a request and is silent leaves it waiting, which is told while it lasts", async (t) => {
  const rep = await python.open("REP");
  const tap = await startEngineTap(t, await rep.bind(ANYWHERE));
  const req = await javascript.open("REQ");
  await req.connect(tap.endpoint);
  await req.send(text("work"));
  await rep.receive();
  const watch = await tap.engine.watch;
  const open = await tap.until(() => watch.state().findings.find(({ isOpen }) => isOpen));
  assert.equal(open.id, "request-unanswered");
  await rep.send(text("done"));
  await req.receive();
  await tap.until(() => watch.state().findings.find(({ isOpen }) => !isOpen));
  await onlyFound(tap, ["request-unanswered"]);
  await req.close();
  await rep.close();
});
