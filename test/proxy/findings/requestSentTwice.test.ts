import assert from "node:assert/strict";
import { test } from "node:test";
import { replyToEarlierRequest } from "../../../src/proxy/findings/replyToEarlierRequest.ts";
import { requestSentTwice } from "../../../src/proxy/findings/requestSentTwice.ts";
import { story } from "../../support/story.ts";

const REQ_REP = { client: "REQ", server: "REP" } as const;

test("A REQ that asks again before the reply is told", async (t) => {
  const { link, findings } = story(t, [requestSentTwice]);
  const asking = link({ sockets: REQ_REP });
  const rows = ["one", "two", "three"].map((text) => asking.send(["", text]));
  const [found, ...others] = await findings();
  assert.deepEqual([found!.id, found!.evidence, found!.count, others], ["request-sent-twice", rows, 2, []]);
  assert.match(found!.text, /^REQ at 127\.0\.0\.1:40001 sent another request before the reply/);
});

test("The same request on a new connection, after the client closed the one before, is told", async (t) => {
  const { at, link, findings } = story(t, [requestSentTwice]);
  const pirate = { sockets: REQ_REP, server: "127.0.0.1:5556" };
  const first = link({ ...pirate, client: "10.0.0.7:40001" });
  const asked = first.send(["", "work", "order 7"]);
  first.close("client");
  at(2);
  const other = link({ ...pirate, client: "10.0.0.8:40001" });
  other.send(["", "work", "order 7"]);
  const second = link({ ...pirate, client: "10.0.0.7:40002" });
  const again = second.send(["", "work", "order 7"]);
  second.reply(["", "done"]);
  const [found, ...others] = await findings();
  assert.deepEqual([found!.evidence, found!.link, others], [[asked, again], null, []]);
  assert.match(found!.text, /^A client at 10\.0\.0\.7 closed its connection before the reply came/);
});

test("Another request, one after a server that left, and one much later are nothing to tell", async (t) => {
  const { at, link, told } = story(t, [requestSentTwice]);
  const ask = (client: string, text: string, by: "client" | "server"): void => {
    const asking = link({ sockets: REQ_REP, client });
    asking.send([Buffer.from([1, 2, 3, 4]), "", text]);
    asking.close(by);
  };
  ask("10.0.0.1:1", "one", "client");
  ask("10.0.0.1:2", "two", "client");
  ask("10.0.0.2:1", "one", "server");
  ask("10.0.0.2:2", "one", "client");
  at(100);
  ask("10.0.0.2:3", "one", "client");
  const answered = link({ sockets: REQ_REP, client: "10.0.0.3:1" });
  for (let turn = 0; turn < 3; turn++) {
    answered.send(["", "same"]);
    answered.reply(["", "done"]);
  }
  answered.close("client");
  const next = link({ sockets: REQ_REP, client: "10.0.0.3:2" });
  next.send(["", "same"]);
  assert.deepEqual(await told(), []);
});

test("HTTP may ask again before the reply, and on new connections", async (t) => {
  const { link, told } = story(t, [requestSentTwice, replyToEarlierRequest]);
  const http = { sockets: REQ_REP, mechanism: "HTTP", client: "10.0.0.1:1" };
  const pipelining = link(http);
  for (const path of ["/1", "/2"]) pipelining.send(["", path]);
  for (const path of ["/1", "/2"]) pipelining.reply(["", path]);
  pipelining.send(["", "/3"]);
  pipelining.close("client");
  link({ ...http, client: "10.0.0.1:2" }).send(["", "/3"]);
  assert.deepEqual(await told(), []);
});
