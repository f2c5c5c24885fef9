import assert from "node:assert/strict";
import { test } from "node:test";
import { replyAfterReconnect } from "../../../src/proxy/findings/replyAfterReconnect.ts";
import { story } from "../../support/story.ts";

const REQ_ROUTER = { client: "REQ", server: "ROUTER" } as const;
const DEALER_ROUTER = { client: "DEALER", server: "ROUTER" } as const;
const call = (id: string): string => JSON.stringify({ jsonrpc: "2.0", id, method: "add", params: [1, 2] });
const result = (id: string): string => JSON.stringify({ jsonrpc: "2.0", id, result: 3 });

test("A reply that names a call of the connection before is told", async (t) => {
  const { link, findings } = story(t, [replyAfterReconnect]);
  const peer = { sockets: DEALER_ROUTER, identity: "worker-1" };
  const before = link({ ...peer, client: "10.0.0.1:1" });
  before.send([call("a")]);
  before.reply([result("a")]);
  const lost = before.send([call("b")]);
  before.close("client");
  const other = link({ ...peer, identity: "worker-2", client: "10.0.0.1:2" });
  other.reply([result("b")]);
  const after = link({ ...peer, client: "10.0.0.1:3" });
  after.send([call("c")]);
  const reply = after.reply([result("b")]);
  after.reply([result("c")]);
  const [found, ...others] = await findings();
  assert.deepEqual(
    [found!.id, found!.evidence, found!.link, others],
    ["reply-after-reconnect", [lost, reply], after.number, []],
  );
  assert.match(found!.text, /^A reply to DEALER at 10\.0\.0\.1:3 \(worker-1\) belongs to a request/);
});

test("Without an id a reply that comes before any request seems to be to the one before, where the identity is the same", async (t) => {
  const { link, findings } = story(t, [replyAfterReconnect]);
  const before = link({ sockets: REQ_ROUTER, identity: "gui" });
  const lost = before.send(["", "work"]);
  before.close("server");
  const anonymous = link({ sockets: REQ_ROUTER });
  anonymous.reply(["", "unasked"]);
  const after = link({ sockets: REQ_ROUTER, identity: "gui" });
  const reply = after.reply(["", "done"]);
  after.reply(["", "unasked again"]);
  const [found, ...others] = await findings();
  assert.deepEqual([found!.evidence, others], [[lost, reply], []]);
  assert.match(found!.text, /seems to belong/);
});

test("Replies to what was asked on their connection are nothing to tell, nor those that come much later", async (t) => {
  const { at, link, told } = story(t, [replyAfterReconnect]);
  const before = link({ sockets: REQ_ROUTER, identity: "gui" });
  before.send(["", "work"]);
  before.close("client");
  const after = link({ sockets: REQ_ROUTER, identity: "gui" });
  after.send(["", "work"]);
  after.reply(["", "done"]);
  after.reply(["", "unasked"]);
  after.close("client");
  at(1000);
  const late = link({ sockets: REQ_ROUTER, identity: "gui" });
  late.reply(["", "very late"]);
  assert.deepEqual(await told(), []);
});
