import assert from "node:assert/strict";
import { test } from "node:test";
import { repWedged } from "../../../src/proxy/findings/repWedged.ts";
import { requestUnanswered } from "../../../src/proxy/findings/requestUnanswered.ts";
import { story } from "../../support/story.ts";

const REQ_REP = { client: "REQ", server: "REP" } as const;
const RULES = [repWedged, requestUnanswered];

test("A REP that answers nobody behind a heartbeat is told within seconds, and instead of each request", async (t) => {
  const { capture, at, link, findings, state, told } = story(t, RULES);
  const [first, second, watching] = [
    link({ sockets: REQ_REP }),
    link({ sockets: REQ_REP }),
    link({ sockets: REQ_REP, tap: "b" }),
  ];
  const beat = first.send(["", "are you there?"]);
  capture.heartbeat(beat);
  first.close("client");
  at(1);
  const call = second.send(["", "work"]);
  at(4);
  watching.send(["", "x"]);
  assert.deepEqual(await told(), []);
  at(5.5);
  watching.reply(["", "x"]);
  const [found, ...others] = await findings();
  assert.deepEqual(
    [found!.id, found!.severity, found!.evidence, found!.isOpen, others],
    ["rep-wedged", "error", [beat, call], true, []],
  );
  assert.match(found!.text, /^REP at 127\.0\.0\.1:5556 has answered none of 2 requests since a heartbeat/);
  at(20);
  watching.send(["", "x"]);
  assert.deepEqual((await state()).pending.map(({ n, cause }) => [n, cause]).slice(0, 1), [
    [call, "its REP answers nothing any more"],
  ]);
  assert.deepEqual(await told(), [["rep-wedged", [beat, call]]]);
});

test("A REP that is silent for long behind any other request is told later, and withdrawn when it goes on", async (t) => {
  const { at, link, told, state } = story(t, RULES);
  const links = Array.from({ length: 4 }, () => link({ sockets: REQ_REP }));
  const watching = link({ sockets: REQ_REP, tap: "b" });
  const [slow, ...others] = links;
  slow!.send(["", "hello"]);
  slow!.reply(["", "hello"]);
  slow!.send(["", "a lot of work"]);
  for (const each of others) each.send(["", "work"]);
  at(6);
  watching.send(["", "x"]);
  watching.reply(["", "x"]);
  assert.deepEqual(
    (await told()).map(([id]) => id),
    links.map(() => "request-unanswered"),
  );
  at(16);
  watching.send(["", "x"]);
  assert.deepEqual(
    (await told()).map(([id]) => id),
    ["rep-wedged"],
  );
  slow!.reply(["", "done"]);
  assert.deepEqual(await told(), []);
  assert.deepEqual(
    (await state()).pending.map(({ cause }) => cause),
    [...others, watching].map(() => "no reply yet"),
  );
});

test("A REP that left, one that never answered, and servers that take many at once are not called stuck", async (t) => {
  const { at, link, told } = story(t, [repWedged]);
  const asks = (tap: string, sockets: Parameters<typeof link>[0]["sockets"], answersFirst: boolean) => {
    const asking = link({ sockets, tap });
    if (answersFirst) {
      asking.send(["", "hello"]);
      asking.reply(["", "hello"]);
    }
    for (let more = 0; more < 4; more++) asking.send(["", "work"]);
    return asking;
  };
  const left = asks("left", REQ_REP, true);
  asks("never", REQ_REP, false);
  asks("router", { client: "REQ", server: "ROUTER" }, true);
  const watching = link({ sockets: REQ_REP, tap: "b" });
  left.close("server");
  at(60);
  watching.send(["", "x"]);
  assert.deepEqual(await told(), []);
});

test("A REP that is told to be stuck is that no more when its connection closes", async (t) => {
  const { at, link, findings } = story(t, [repWedged]);
  const asking = link({ sockets: REQ_REP });
  const watching = link({ sockets: REQ_REP, tap: "b" });
  asking.send(["", "hello"]);
  asking.reply(["", "hello"]);
  for (let more = 0; more < 4; more++) asking.send(["", "work"]);
  at(20);
  watching.send(["", "x"]);
  assert.equal((await findings())[0]!.isOpen, true);
  asking.close("server");
  assert.equal((await findings())[0]!.isOpen, false);
});
