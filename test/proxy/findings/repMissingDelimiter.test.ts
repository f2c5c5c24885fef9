import assert from "node:assert/strict";
import { test } from "node:test";
import { repMissingDelimiter } from "../../../src/proxy/findings/repMissingDelimiter.ts";
import { story } from "../../support/story.ts";

const DEALER_REP = { client: "DEALER", server: "REP" } as const;

test("Requests of a DEALER to a REP without an empty frame are told, and wait for ever", async (t) => {
  const { at, link, findings, state, told } = story(t, [repMissingDelimiter]);
  const asking = link({ sockets: DEALER_REP, client: "127.0.0.1:40001", server: "127.0.0.1:5556" });
  asking.send(["", "good"]);
  asking.reply(["", "done"]);
  const rows = [["work"], ["work", "more"], ["trailing", ""]].map((frames) => asking.send(frames));
  for (let more = 0; more < 20; more++) asking.send(["work"]);
  assert.deepEqual(await told(), [["rep-missing-delimiter", rows.slice(0, 1)]]);
  at(2);
  asking.send(["work"]);
  const [found, ...others] = await findings();
  assert.deepEqual(
    [found!.id, found!.severity, found!.text, found!.evidence.slice(0, 3), found!.count, others],
    [
      "rep-missing-delimiter",
      "error",
      "DEALER at 127.0.0.1:40001 sends requests without an empty frame before the payload, and REP at 127.0.0.1:5556 drops them without a word.",
      rows,
      23,
      [],
    ],
  );
  const { pending } = await state();
  assert.deepEqual([pending.length, pending[0]!.n], [8, rows[0]]);
  assert.match(pending[0]!.cause, /drops requests without an empty frame/);
  asking.close("client");
  assert.deepEqual([(await findings())[0]!.count, (await state()).pendingCount], [24, 8]);
});

test("What a REP takes is nothing to tell", async (t) => {
  const { link, told } = story(t, [repMissingDelimiter]);
  const probing = link({ sockets: DEALER_REP });
  // What ZMQ_PROBE_ROUTER sends first.
  probing.send([""]);
  probing.send(["", "work"]);
  probing.send(["route", "another", "", "work"]);
  const router = link({ sockets: { client: "DEALER", server: "ROUTER" } });
  router.send(["work"]);
  const listening = link({ sockets: { client: "REP", server: "DEALER" } });
  listening.reply(["", "work"]);
  listening.send(["", "done"]);
  assert.deepEqual(await told(), []);
});

test("A DEALER that listens may ask a REP wrongly, too", async (t) => {
  const { link, told } = story(t, [repMissingDelimiter]);
  const listening = link({ sockets: { client: "REP", server: "DEALER" } });
  const row = listening.reply(["work"]);
  assert.deepEqual(await told(), [["rep-missing-delimiter", [row]]]);
});
