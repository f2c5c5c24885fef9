import assert from "node:assert/strict";
import { test } from "node:test";
import { Push, Request } from "zeromq";
import { dialectTools } from "../../../src/proxy/dialectTools.ts";
import { FixedBook } from "../../../src/proxy/rpc/answerBook.ts";
import { Answerer } from "../../../src/proxy/rpc/answerer.ts";
import { openStandIn } from "../../../src/proxy/rpc/standInSocket.ts";

const NOTHING_KNOWN = { known: 0, leftOut: 0 };

test("openStandIn answers on a loopback port until it is stopped", async (t) => {
  const answerer = new Answerer(
    new FixedBook(new Map([["a", [{ kind: "value", value: 1 }]]])),
    null,
    null,
    dialectTools,
  );
  const answered: unknown[] = [];
  const standIn = await openStandIn(
    { kind: "answers", socket: "REP", from: { kind: "replies", path: "" }, dialect: null, delayMs: 0 },
    answerer,
    { known: 1, leftOut: 2 },
    dialectTools,
    { onAnswered: (what) => answered.push(what.method), onSignal: () => undefined },
  );
  t.after(() => standIn.stop());
  assert.match(standIn.endpoint, /^tcp:\/\/127[.]0[.]0[.]1:\d+$/);
  const client = new Request({ linger: 0 });
  t.after(() => client.close());
  client.connect(standIn.endpoint);
  await client.send("a");
  assert.equal(String((await client.receive())[0]), "1");
  assert.deepEqual(answered, ["a"]);
  assert.deepEqual([standIn.state.known, standIn.state.leftOut, standIn.state.answered], [1, 2, 1]);
});

test("openStandIn tells signals in a few words: method and what it brings", async (t) => {
  let heard = (_text: string): void => undefined;
  const standIn = await openStandIn(
    { kind: "signals", socket: "PULL", topics: [], connects: false },
    null,
    NOTHING_KNOWN,
    dialectTools,
    { onAnswered: () => undefined, onSignal: (text) => heard(text) },
  );
  t.after(() => standIn.stop());
  const sender = new Push({ linger: 0 });
  t.after(() => sender.close());
  sender.connect(standIn.endpoint);
  const send = async (text: string): Promise<string> => {
    const told = new Promise<string>((resolve) => (heard = resolve));
    await sender.send(text);
    return told;
  };
  assert.equal(await send('{"jsonrpc":"2.0","method":"moved","params":[1,"x"]}'), 'moved [1,"x"]');
  assert.equal(await send('{"jsonrpc":"2.0","method":"stopped"}'), "stopped");
  assert.equal(await send("plain \n text"), "plain text");
  assert.equal((await send("x".repeat(1000))).length, 80);
});
