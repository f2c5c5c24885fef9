import assert from "node:assert/strict";
import { test } from "node:test";
import { replyForOtherIdentity } from "../../../src/proxy/findings/replyForOtherIdentity.ts";
import type { SocketPair } from "../../../src/shared/model.ts";
import { link, linkClosed, linkOpened, type WatchedRule, watchRule } from "../../support/seenRows.ts";

const said = (id: string | null) => ({ dialect: "json-rpc", method: "add", id });

function opened(...identities: readonly string[]): WatchedRule {
  const watched = watchRule(replyForOtherIdentity);
  for (const [number, client] of identities.entries()) {
    watched.see(linkOpened(link(number + 1, { identity: { client, server: "" } })));
  }
  return watched;
}

test("replyForOtherIdentity tells a reply that came on another link than its call", () => {
  const { see, told } = opened("", "");
  const call = see({ link: link(1), frames: ["ask"], said: said("a1") });
  see({ link: link(2), frames: ["ask"], said: said("b1") });
  const reply = see({ link: link(2), dir: "s2c", frames: ["answer"], said: said("a1") });
  see({ link: link(2), dir: "s2c", frames: ["answer"], said: said("b1") });
  const [finding, ...others] = told();
  assert.deepEqual(others, []);
  assert.equal(finding!.text, "The ROUTER sent the reply to a request of link 1 on link 2, to another client.");
  assert.deepEqual([finding!.evidence, finding!.link, finding!.severity], [[call.n, reply.n], 2, "warning"]);
});

test("replyForOtherIdentity is silent on replies to who asked, and on ids that several clients have", () => {
  const { see, said: told } = opened("", "");
  for (const id of ["1", "2"]) {
    for (const number of [1, 2]) see({ link: link(number), frames: ["ask"], said: said(id) });
    for (const number of [2, 1]) see({ link: link(number), dir: "s2c", frames: ["answer"], said: said(id) });
  }
  see({ link: link(1), frames: ["ask"], said: said("own") });
  see({ link: link(1), frames: ["ask again"], said: said("own") });
  see({ link: link(1), dir: "s2c", frames: ["answer"], said: said("own") });
  see({ link: link(2), dir: "s2c", frames: ["answer"], said: said("never asked") });
  assert.deepEqual(told(), []);
});

test("replyForOtherIdentity is silent where the client may have come back, or was not seen from its beginning", () => {
  const same = opened("gui", "gui");
  const [one, two] = [1, 2].map((number) => link(number, { identity: { client: "gui", server: "" } }));
  same.see({ link: one!, frames: ["ask"], said: said("a") });
  same.see({ link: two!, dir: "s2c", frames: ["answer"], said: said("a") });
  const gone = opened("", "");
  gone.see({ link: link(1), frames: ["ask"], said: said("a") });
  gone.see(linkClosed(link(1)));
  gone.see({ link: link(2), dir: "s2c", frames: ["answer"], said: said("a") });
  const unseen = opened("");
  unseen.see({ link: link(1), frames: ["ask"], said: said("a") });
  unseen.see({ link: link(2), dir: "s2c", frames: ["answer"], said: said("a") });
  const skipped = opened("", "");
  skipped.see({ link: link(1), frames: ["ask"], said: said("a") });
  skipped.skip();
  skipped.see({ link: link(2), dir: "s2c", frames: ["answer"], said: said("a") });
  for (const watched of [same, gone, unseen, skipped]) assert.deepEqual(watched.said(), []);
});

test("replyForOtherIdentity looks at ROUTERs on either side, and at messages with an id", () => {
  for (const [sockets, isJudged] of [
    [{ client: "ROUTER", server: "DEALER" }, true],
    [{ client: "REQ", server: "ROUTER" }, true],
    [{ client: "ROUTER", server: "ROUTER" }, false],
    [{ client: "DEALER", server: "DEALER" }, false],
  ] as [SocketPair, boolean][]) {
    const { see, said: told } = opened("", "");
    const toRouter = sockets.client === "ROUTER" ? "s2c" : "c2s";
    const back = toRouter === "c2s" ? "s2c" : "c2s";
    see({ link: link(1, { sockets }), dir: toRouter, frames: ["ask"], said: said("a") });
    see({ link: link(2, { sockets }), dir: back, frames: ["answer"], said: said("a") });
    assert.equal(told().length, isJudged ? 1 : 0);
  }
  const { see, said: told } = opened("", "");
  for (const nothing of [null, said(null), said(""), said("x".repeat(300))]) {
    see({ link: link(1), frames: ["ask"], said: nothing });
    see({ link: link(2), dir: "s2c", frames: ["answer"], said: nothing });
  }
  see({ link: null, frames: ["x"], said: said("a") });
  see({ link: null, event: "server-down", detail: {} });
  assert.deepEqual(told(), []);
});
