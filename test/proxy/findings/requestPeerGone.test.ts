import assert from "node:assert/strict";
import { test } from "node:test";
import { repMissingDelimiter } from "../../../src/proxy/findings/repMissingDelimiter.ts";
import { requestPeerGone } from "../../../src/proxy/findings/requestPeerGone.ts";
import { story } from "../../support/story.ts";

const REQ_REP = { client: "REQ", server: "REP" } as const;

test("A server that closes after a request is told, with the request and the close", async (t) => {
  const { link, findings, state } = story(t, [requestPeerGone]);
  const asking = link({ sockets: REQ_REP, client: "127.0.0.1:40001", server: "127.0.0.1:5556" });
  asking.send(["", "first"]);
  asking.reply(["", "done"]);
  const request = asking.send(["", "second"]);
  const closed = asking.close("server");
  const [found] = await findings();
  assert.deepEqual(
    [found!.id, found!.severity, found!.text, found!.evidence, found!.count],
    [
      "request-peer-gone",
      "error",
      "REP at 127.0.0.1:5556 closed the connection before it replied to 1 request of REQ at 127.0.0.1:40001, and libzmq does not send it again.",
      [request, closed],
      1,
    ],
  );
  assert.deepEqual(
    (await state()).pending.map(({ n, cause }) => [n, cause]),
    [[request, "its peer left before it replied"]],
  );
});

test("A requester that leaves, or a tap that ends, is none that left before it replied", async (t) => {
  const { link, told, state } = story(t, [requestPeerGone]);
  for (const by of ["client", "tap"] as const) {
    const asking = link({ sockets: REQ_REP });
    asking.send(["", "work"]);
    asking.close(by);
  }
  const idle = link({ sockets: REQ_REP });
  idle.send(["", "work"]);
  idle.reply(["", "done"]);
  idle.close("server");
  assert.deepEqual([await told(), (await state()).pendingCount], [[], 0]);
});

test("A server that would not have replied anyway is not told for leaving", async (t) => {
  const { link, findings } = story(t, [repMissingDelimiter, requestPeerGone]);
  const asking = link({ sockets: { client: "DEALER", server: "REP" } });
  asking.send(["no delimiter"]);
  asking.close("server");
  assert.deepEqual(
    (await findings()).map(({ id }) => id),
    ["rep-missing-delimiter"],
  );
});

test("A client that replies may leave as well, and its connection may break", async (t) => {
  const { link, findings } = story(t, [requestPeerGone]);
  const asked = link({ sockets: { client: "REP", server: "REQ" } });
  const rows = Array.from({ length: 6 }, () => asked.reply(["", "work"]));
  const closed = asked.close("client", true);
  const [found] = await findings();
  assert.match(
    found!.text,
    /^REP at .* broke the connection before it replied to 6 requests of REQ at .* send them again/,
  );
  assert.deepEqual([found!.evidence, found!.count], [[...rows.slice(0, 4), closed], 6]);
});

test("An HTTP server that closes after a request is told without libzmq's part in it", async (t) => {
  const { link, findings } = story(t, [requestPeerGone]);
  const asking = link({ sockets: REQ_REP, mechanism: "HTTP", client: "127.0.0.1:40001", server: "127.0.0.1:80" });
  asking.send(["", "GET /"]);
  asking.close("server");
  const [found] = await findings();
  assert.equal(
    found!.text,
    "HTTP server at 127.0.0.1:80 closed the connection before it replied to 1 request of HTTP client at 127.0.0.1:40001.",
  );
  assert.match(found!.advice, /^Nobody but the client's program asks again/);
});
