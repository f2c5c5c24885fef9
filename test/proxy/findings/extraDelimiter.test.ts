import assert from "node:assert/strict";
import { test } from "node:test";
import { extraDelimiter } from "../../../src/proxy/findings/extraDelimiter.ts";
import type { SocketPair } from "../../../src/shared/model.ts";
import { link, linkClosed, type WatchedRule, watchRule } from "../../support/seenRows.ts";

type Frames = readonly (string | Uint8Array)[];

function exchange(
  { see }: WatchedRule,
  times: number,
  request: Frames,
  reply: Frames,
  sockets: SocketPair = { client: "REQ", server: "REP" },
): void {
  for (let time = 0; time < times; time++) {
    see({ link: link(1, { sockets }), frames: request });
    see({ link: link(1, { sockets }), dir: "s2c", frames: reply });
  }
}

test("extraDelimiter tells a REQ whose program writes a delimiter as well, and goes on counting", () => {
  const watched = watchRule(extraDelimiter);
  exchange(watched, 2, ["", "", "ask"], ["", "answer"]);
  assert.deepEqual(watched.said(), []);
  exchange(watched, 2, ["", "", "ask"], ["", "answer"]);
  const [finding, ...others] = watched.told();
  assert.deepEqual(others, []);
  assert.deepEqual(
    [finding!.about, finding!.severity, finding!.count, finding!.evidence],
    ["link 1 client", "note", 4, [1, 7]],
  );
  assert.equal(
    finding!.text,
    "Messages of the client (REQ) have a second empty frame behind their delimiter, and those that come back have none.",
  );
  assert.match(finding!.advice, /^A REQ writes the empty delimiter itself/);
});

test("extraDelimiter looks behind ids and addresses, and at what a ROUTER or DEALER sends", () => {
  for (const [request, reply, sockets, about] of [
    [
      [Uint8Array.of(1, 2, 3, 4), "", "", "ask"],
      [Uint8Array.of(1, 2, 3, 4), "", "answer"],
      { client: "REQ", server: "ROUTER" },
      "link 1 client",
    ],
    [["", "ask"], ["", "", "answer"], { client: "REQ", server: "ROUTER" }, "link 1 server"],
    [["", "", "ask"], ["", "answer"], { client: "DEALER", server: "REP" }, "link 1 client"],
  ] as const) {
    const watched = watchRule(extraDelimiter);
    exchange(watched, 4, request, reply, sockets);
    assert.deepEqual(
      watched.told().map((finding) => finding.about),
      [about],
    );
  }
});

test("extraDelimiter is silent on empty messages, on what both sides do, and on sockets without delimiters", () => {
  for (const [request, reply, sockets] of [
    [["", "ask"], ["", "answer"], undefined],
    [["", ""], ["", ""], undefined],
    [["", "a", ""], ["", "answer"], undefined],
    [["a", "b", "c", "d", "", "", "e"], ["", "answer"], undefined],
    [["ask"], ["answer"], undefined],
    [["", "", "ask"], ["", "", "answer"], undefined],
    [["", "", "ask"], ["answer", "x"], { client: "DEALER", server: "ROUTER" }],
  ] as const) {
    const watched = watchRule(extraDelimiter);
    exchange(watched, 10, request, reply, sockets);
    watched.see({ link: null, frames: request });
    watched.see({ link: null, event: "server-down", detail: {} });
    assert.deepEqual(watched.said(), []);
  }
});

test("extraDelimiter takes back what the other side does as well, and forgets links that are closed", () => {
  const watched = watchRule(extraDelimiter);
  exchange(watched, 3, ["", "", "ask"], ["", "answer"]);
  assert.equal(watched.said().length, 1);
  exchange(watched, 1, ["", "", "ask"], ["", "", "answer"]);
  assert.deepEqual(watched.said(), []);
  watched.see(linkClosed(link(1)));
  exchange(watched, 2, ["", "", "ask"], ["", "answer"]);
  assert.deepEqual(watched.said(), []);
});
