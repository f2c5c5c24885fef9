import assert from "node:assert/strict";
import { test } from "node:test";
import { replyToEarlierRequest } from "../../../src/proxy/findings/replyToEarlierRequest.ts";
import { story } from "../../support/story.ts";

const REQ_REP = { client: "REQ", server: "REP" } as const;
const REQ_ROUTER = { client: "REQ", server: "ROUTER" } as const;
const id = (number: number): Buffer => Buffer.from([0, 0, 0, number]);

test("A REP's reply to the request before the latest one is told", async (t) => {
  const { link, findings, state } = story(t, [replyToEarlierRequest]);
  const asking = link({ sockets: REQ_REP });
  const first = asking.send(["", "one"]);
  const second = asking.send(["", "two"]);
  const reply = asking.reply(["", "to one"]);
  const [found] = await findings();
  assert.deepEqual(
    [found!.id, found!.severity, found!.evidence],
    ["reply-to-earlier-request", "warning", [first, second, reply]],
  );
  assert.match(found!.text, /without a request id the REQ takes it for the reply to the later one/);
  assert.deepEqual(
    (await state()).pending.map(({ n, cause }) => [n, cause]),
    [[second, "a reply to an earlier request came instead"]],
  );
  asking.reply(["", "to two"]);
  assert.equal((await findings())[0]!.count, 1);
});

test("A late reply that names its request does no harm, and is a note", async (t) => {
  const { link, findings } = story(t, [replyToEarlierRequest]);
  const asking = link({ sockets: REQ_ROUTER });
  const first = asking.send([id(1), "", "one"]);
  const second = asking.send([id(2), "", "two"]);
  const late = asking.reply([id(1), "", "to one"]);
  asking.reply([id(2), "", "to two"]);
  const [found, ...others] = await findings();
  assert.deepEqual([found!.severity, found!.evidence, others], ["note", [first, second, late], []]);
  assert.match(found!.text, /the REQ drops it/);
});

test("A ROUTER's reply without an id after two requests may be to either", async (t) => {
  const { link, findings } = story(t, [replyToEarlierRequest]);
  const asking = link({ sockets: REQ_ROUTER });
  const first = asking.send(["", "one"]);
  const second = asking.send(["", "two"]);
  const reply = asking.reply(["", "to one or two"]);
  const [found] = await findings();
  assert.deepEqual(found!.evidence, [first, second, reply]);
  assert.match(found!.text, /no request id tells which of the two/);
});

test("Replies in turn are nothing to tell", async (t) => {
  const { link, told } = story(t, [replyToEarlierRequest]);
  for (const sockets of [REQ_REP, REQ_ROUTER, { client: "DEALER", server: "REP" } as const]) {
    const asking = link({ sockets });
    for (let turn = 0; turn < 3; turn++) {
      asking.send(["", "work"]);
      asking.reply(["", "done"]);
    }
    if (sockets.client !== "DEALER") continue;
    // A DEALER may ask many at once.
    asking.send(["", "one"]);
    asking.send(["", "two"]);
    asking.reply(["", "to one"]);
    asking.reply(["", "to two"]);
    asking.close("client");
  }
  assert.deepEqual(await told(), []);
});
