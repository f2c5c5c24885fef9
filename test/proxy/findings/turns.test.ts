import assert from "node:assert/strict";
import { test } from "node:test";
import type { MakeRule } from "../../../src/proxy/findings/rule.ts";
import { type Turn, Turns } from "../../../src/proxy/findings/turns.ts";
import { story } from "../../support/story.ts";

test("Turns tell the latest request of each REQ, whether it is open, and which one before it is", async (t) => {
  const turns = new Turns();
  const rule: MakeRule = () => ({
    finds: ["request-sent-twice"],
    message: (row) => turns.message(row),
    event: (row) => turns.event(row),
  });
  const { link, told } = story(t, [rule]);
  const asking = link({ sockets: { client: "REQ", server: "REP" } });
  const listening = link({ sockets: { client: "REP", server: "REQ" } });
  const dealing = link({ sockets: { client: "DEALER", server: "REP" } });
  const turn = async (number: number): Promise<Turn | undefined> => {
    await told();
    const found = turns.of(number);
    return found === undefined ? undefined : { ...found };
  };
  const first = asking.send(["", "one"]);
  assert.deepEqual(await turn(asking.number), { last: first, isOpen: true, before: 0 });
  const second = asking.send(["", "two"]);
  assert.deepEqual(await turn(asking.number), { last: second, isOpen: true, before: first });
  asking.reply(["", "to one"]);
  assert.deepEqual(await turn(asking.number), { last: second, isOpen: true, before: 0 });
  asking.reply(["", "to two"]);
  assert.deepEqual(await turn(asking.number), { last: second, isOpen: false, before: 0 });
  const third = asking.send(["", "three"]);
  assert.deepEqual(await turn(asking.number), { last: third, isOpen: true, before: 0 });
  const asked = listening.reply(["", "work"]);
  assert.deepEqual(await turn(listening.number), { last: asked, isOpen: true, before: 0 });
  dealing.send(["", "work"]);
  assert.equal(await turn(dealing.number), undefined);
  asking.close("client");
  assert.equal(await turn(asking.number), undefined);
  turns.clear();
  assert.equal(turns.of(listening.number), undefined);
});
