import assert from "node:assert/strict";
import { test } from "node:test";
import { requestUnanswered } from "../../../src/proxy/findings/requestUnanswered.ts";
import { story } from "../../support/story.ts";

const REQ_REP = { client: "REQ", server: "REP" } as const;
const DEALER_REP = { client: "DEALER", server: "REP" } as const;

test("A request is told when it has waited for more than 5 s, and that ends with its reply", async (t) => {
  const { at, link, findings, state } = story(t, [requestUnanswered]);
  const asking = link({ sockets: REQ_REP, client: "127.0.0.1:40001", server: "127.0.0.1:5556", identity: "gui" });
  const other = link({ sockets: REQ_REP });
  const request = asking.send(["", "work"]);
  at(4.9);
  other.send(["", "other"]);
  assert.deepEqual(await findings(), []);
  at(5.5);
  other.reply(["", "done"]);
  const [found] = await findings();
  assert.deepEqual(
    [found!.text, found!.evidence, found!.isOpen, found!.link, found!.severity],
    [
      "A request of REQ at 127.0.0.1:40001 (gui) to REP at 127.0.0.1:5556 has waited for a reply for more than 5 s.",
      [request],
      true,
      asking.number,
      "warning",
    ],
  );
  assert.deepEqual(
    (await state()).pending.map(({ n, method, cause, peer }) => [n, method, cause, peer]),
    [[request, "work", "no reply yet", "127.0.0.1:40001"]],
  );
  at(9);
  asking.reply(["", "late"]);
  at(11);
  other.send(["", "next"]);
  const [over] = await findings();
  assert.deepEqual([over!.isOpen, over!.count], [false, 1]);
  assert.deepEqual((await state()).pendingCount, 1);
});

test("A reply that is looked at together with its request says how long that had waited", async (t) => {
  const { at, link, findings } = story(t, [requestUnanswered]);
  const asking = link({ sockets: REQ_REP });
  const request = asking.send(["", "work"]);
  at(60);
  asking.reply(["", "done"]);
  const [found] = await findings();
  assert.deepEqual([found!.id, found!.evidence, found!.isOpen], ["request-unanswered", [request], false]);
  assert.match(found!.text, /had waited for a reply for more than 60 s/);
  // A file and the live capture find the same.
  const again = asking.send(["", "work"]);
  await findings();
  at(120);
  asking.reply(["", "done"]);
  const [both] = await findings();
  assert.deepEqual([both!.evidence, both!.count], [[request, again], 2]);
});

test("Many requests of one link are one finding, and the closed link ends it", async (t) => {
  const { at, link, findings } = story(t, [requestUnanswered]);
  const asking = link({ sockets: DEALER_REP });
  const other = link({ sockets: REQ_REP });
  const requests = Array.from({ length: 3 }, () => asking.send(["", "work"]));
  at(8);
  other.send(["", "x"]);
  const [found] = await findings();
  assert.deepEqual([found!.count, found!.evidence], [3, requests]);
  assert.match(found!.text, /^3 requests of DEALER at .* have waited for a reply for more than 8 s\.$/);
  asking.close("client");
  at(10);
  other.reply(["", "x"]);
  assert.equal((await findings())[0]!.isOpen, false);
});
