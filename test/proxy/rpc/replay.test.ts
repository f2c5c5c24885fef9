import assert from "node:assert/strict";
import { test } from "node:test";
import { asRequest, type LiveLink, planReplay } from "../../../src/proxy/rpc/replay.ts";
import type { Row, Side, SocketType } from "../../../src/shared/model.ts";
import { makeRow } from "../../webview/support/rows.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const EMPTY = new Uint8Array(0);

function row(from: Side, sender: SocketType, receiver: SocketType, change: Partial<Row> = {}): Row {
  const sockets = from === "client" ? { client: sender, server: receiver } : { client: receiver, server: sender };
  const nothing = { exchange: "none", partner: null, topic: "", preview: "" } as const;
  return makeRow(7, { ...nothing, tap: "tap", tapName: "tap", from, sockets, frames: 1, sizeBytes: 1, ...change });
}

function link(number: number, recorded: Row, change: Partial<LiveLink> = {}): LiveLink {
  return {
    number,
    sockets: recorded.sockets,
    identity: { client: "", server: "" },
    pending: 0,
    whyNotInject: () => null,
    isSubscribed: () => false,
    ...change,
  };
}

const plan = (recorded: Row, frames: Uint8Array[], links: LiveLink[] = [], chosen?: number, receiverIdentity = "") =>
  planReplay(recorded, frames, { links, chosen, receiverIdentity });

test("planReplay gives a request of a REQ a fresh link and a plain delimiter", () => {
  const id = new Uint8Array([1, 2, 3, 4]);
  assert.deepEqual(plan(row("client", "REQ", "ROUTER"), [id, EMPTY, bytes("q")]), {
    kind: "fresh",
    socket: "REQ",
    frames: [EMPTY, bytes("q")],
    wantsReply: true,
  });
});

test("asRequest adds the delimiter that an edited message lacks", () => {
  assert.deepEqual(asRequest([bytes("q")]), [EMPTY, bytes("q")]);
});

test("planReplay sends a DEALER's frames on a fresh link as they are", () => {
  const frames = [EMPTY, bytes("q")];
  assert.deepEqual(plan(row("client", "DEALER", "REP"), frames), {
    kind: "fresh",
    socket: "DEALER",
    frames,
    wantsReply: true,
  });
});

test("planReplay refuses a request whose answering side connects", () => {
  assert.throws(() => plan(row("server", "REQ", "REP"), [EMPTY, bytes("q")]), {
    code: "cannot-replay",
    message: /connects/,
  });
});

test("planReplay pushes on a fresh link to a PULL that listens, and into one live link when the PUSH listens", () => {
  assert.equal(plan(row("client", "PUSH", "PULL"), [bytes("job")]).kind, "fresh");
  const recorded = row("server", "PUSH", "PULL");
  const links = [link(3, recorded), link(4, recorded)];
  assert.deepEqual(plan(recorded, [bytes("job")], links), { kind: "inject", direction: 1, links: [3], note: "" });
  assert.deepEqual(plan(recorded, [bytes("job")], links, 4), { kind: "inject", direction: 1, links: [4], note: "" });
  assert.throws(() => plan(recorded, [bytes("job")]), /Nobody can receive it/);
});

test("planReplay gives a publication to the links that subscribed to it", () => {
  const recorded = row("server", "PUB", "SUB");
  const isSubscribed = (topic: Uint8Array): boolean => topic[0] === 0x61;
  const links = [link(1, recorded, { isSubscribed }), link(2, recorded), link(3, recorded, { isSubscribed })];
  assert.deepEqual(plan(recorded, [bytes("a1")], links), { kind: "inject", direction: 1, links: [1, 3], note: "" });
  assert.throws(() => plan(recorded, [bytes("b")], links), /no subscriber/);
});

test("planReplay reaches a listening SUB with a publisher of its own when the recorded one is gone", () => {
  assert.deepEqual(plan(row("client", "PUB", "SUB"), [bytes("a")]), {
    kind: "fresh",
    socket: "PUB",
    frames: [bytes("a")],
    wantsReply: false,
  });
});

test("planReplay answers a REQ only while it waits, and never without the delimiter", () => {
  const recorded = row("server", "REP", "REQ", { exchange: "reply" });
  assert.throws(() => plan(recorded, [bytes("a")], [link(1, recorded, { pending: 1 })]), /delimiter/);
  assert.throws(() => plan(recorded, [EMPTY, bytes("a")], [link(1, recorded)]), /has a request open/);
  const found = plan(recorded, [EMPTY, bytes("a")], [link(1, recorded, { pending: 1 })]);
  assert.equal(found.kind, "inject");
  assert.match(found.note, /takes it as the answer/);
});

test("planReplay finds the DEALER that a ROUTER spoke to by link or identity, and no other", () => {
  const recorded = row("server", "ROUTER", "DEALER");
  const frames = [bytes("x")];
  const reborn = link(9, recorded, { identity: { client: "worker", server: "" } });
  assert.deepEqual(plan(recorded, frames, [link(2, recorded), reborn], undefined, "worker"), {
    kind: "inject",
    direction: 1,
    links: [9],
    note: "",
  });
  assert.throws(() => plan(recorded, frames, [link(2, recorded)], undefined, "worker"), /under the recorded name/);
});

test("planReplay speaks to a PAIR through its one live link, and says why it cannot", () => {
  const recorded = row("client", "PAIR", "PAIR");
  assert.deepEqual(plan(recorded, [bytes("x")], [link(1, recorded)]), {
    kind: "inject",
    direction: 0,
    links: [1],
    note: "",
  });
  const sealed = link(1, recorded, { whyNotInject: () => "The link is encrypted." });
  assert.throws(() => plan(recorded, [bytes("x")], [sealed]), /The link is encrypted/);
});

test("planReplay puts a DEALER's message to another DEALER into the live link", () => {
  const recorded = row("client", "DEALER", "DEALER");
  assert.equal(plan(recorded, [bytes("x")], [link(1, recorded)]).kind, "inject");
});

test("planReplay refuses what cannot be replayed at all", () => {
  assert.throws(() => plan(row("client", "SUB", "PUB"), [bytes("x")]), /SUB sends/);
  assert.throws(() => plan(row("client", "CLIENT", "SERVER"), [bytes("x")]), /CLIENT sends/);
  assert.throws(() => plan(row("client", "REQ", "REP", { kind: "event" }), []), /Only messages/);
  assert.throws(
    () => plan(row("client", "REQ", "REP", { sockets: { client: null, server: null } }), []),
    /socket types/,
  );
});
