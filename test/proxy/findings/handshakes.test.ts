import assert from "node:assert/strict";
import { test } from "node:test";
import { handshakes } from "../../../src/proxy/findings/handshakes.ts";
import { handshake, link, linkClosed, toldVerdict, watchRule } from "../../support/seenRows.ts";

const NULL_REQ = { sockets: { client: "REQ", server: "REP" }, mechanism: "NULL" } as const;
const UNKNOWN = { sockets: { client: null, server: null }, mechanism: "CURVE" } as const;
const wrongKey = toldVerdict("wrong-server-key", { sentence: "The client has the wrong server key." });

test("handshakes is silent on handshakes that are done, and on ends that need nothing", () => {
  const { see, tick, said } = watchRule(handshakes);
  see(handshake(link(1, NULL_REQ), { verdict: toldVerdict("connected") }));
  see(handshake(link(2, NULL_REQ), { verdict: toldVerdict("older-zmtp") }));
  see(handshake(link(3, UNKNOWN), { state: "failed", verdict: toldVerdict("left-early") }));
  see(handshake(link(4, UNKNOWN), { state: "failed", verdict: toldVerdict("ended-by-tap") }));
  see(handshake(link(5, UNKNOWN), { state: "waiting" }));
  see(handshake(link(6, UNKNOWN), { state: "failed", verdict: wrongKey, origin: "call" }));
  see({ link: link(5), event: "fault", detail: {} });
  tick(100_000);
  assert.deepEqual(said(), []);
});

test("handshakes tells one cause once, counts attempts, and ends when the client gets through", () => {
  const { see, told, said } = watchRule(handshakes);
  see(handshake(link(1, UNKNOWN), { state: "failed", verdict: wrongKey }));
  const many = {
    state: "failed",
    verdict: wrongKey,
    from: "127.0.0.1",
    to: "127.0.0.1:5555",
    count: 12,
    links: [1, 12],
  };
  see({ link: null, tap: "orders", event: "handshake", detail: many });
  const [finding, ...others] = told();
  assert.deepEqual(others, []);
  assert.deepEqual(
    [finding?.about, finding?.severity, finding?.count, finding?.isOpen, finding?.evidence, finding?.advice],
    ["orders client 127.0.0.1 server key", "error", 12, true, [1, 2], "Do it."],
  );
  see(handshake(link(13, NULL_REQ)));
  assert.deepEqual(said(), ["handshake-failed: The client has the wrong server key. (over)"]);
});

test("handshakes takes the words of the surest verdict of a cause", () => {
  const { see, told } = watchRule(handshakes);
  const unsure = toldVerdict("closed-after-greetings", { certain: false, candidates: ["the server's program ended"] });
  const sure = toldVerdict("mechanisms-differ");
  for (const [number, verdict] of [unsure, sure, unsure].entries()) {
    see(handshake(link(number + 1, UNKNOWN), { state: "failed", verdict }));
  }
  assert.deepEqual(
    told().map(({ id, text, severity, count }) => [id, text, severity, count]),
    [["handshake-failed", "It is mechanisms-differ.", "error", 3]],
  );
});

test("handshakes is sure of what may be a program that ended when it happens again and again", () => {
  const { see, told } = watchRule(handshakes);
  const verdict = toldVerdict("closed-in-handshake", { certain: false, candidates: ["its program ended"], advice: "" });
  const severities: string[] = [];
  for (let number = 1; number <= 3; number++) {
    see(handshake(link(number, UNKNOWN), { state: "failed", verdict }));
    severities.push(told()[0]!.severity);
  }
  assert.deepEqual(severities, ["warning", "warning", "error"]);
  assert.equal(told()[0]!.advice, "Look into the logs of both programs.");
});

test("handshakes takes back what stood still and went on, and ends what was given up", () => {
  const { see, tick, said } = watchRule(handshakes);
  const verdict = toldVerdict("silence-in-handshake", { certain: false, candidates: ["it hangs"] });
  see(handshake(link(1, UNKNOWN), { state: "waiting", verdict }));
  assert.equal(said().length, 1);
  see(handshake(link(1, UNKNOWN)));
  assert.deepEqual(said(), []);
  see(handshake(link(2, UNKNOWN), { state: "waiting", verdict }));
  tick(200_000);
  see(handshake(link(2, UNKNOWN), { state: "failed", verdict, timeMs: 200_000 }));
  assert.deepEqual(said(), ["handshake-failed: It is silence-in-handshake."]);
  tick(400_000);
  assert.deepEqual(said(), ["handshake-failed: It is silence-in-handshake. (over)"]);
});

test("handshakes tells socket types that do not fit, sure or not, and not of another client that gets through", () => {
  const { see, told, said } = watchRule(handshakes);
  const candidates = ["the socket types do not fit (the server is a REP)", "its program ended"];
  const half = toldVerdict("closed-after-ready", { certain: false, candidates });
  see(handshake(link(1, { ...UNKNOWN, sockets: { client: null, server: "REP" } }), { state: "failed", verdict: half }));
  assert.deepEqual(
    told().map(({ id, severity }) => [id, severity]),
    [["incompatible-sockets", "warning"]],
  );
  const sockets = { client: "SUB", server: "REP" } as const;
  const whole = toldVerdict("incompatible-sockets", { sentence: "A SUB cannot talk to a REP." });
  see(handshake(link(2, { ...UNKNOWN, sockets }), { state: "failed", verdict: whole }));
  assert.deepEqual(
    told().map(({ id, severity, text, count }) => [id, severity, text, count]),
    [["incompatible-sockets", "error", "A SUB cannot talk to a REP.", 2]],
  );
  see(handshake(link(3, NULL_REQ)));
  assert.deepEqual(said(), ["incompatible-sockets: A SUB cannot talk to a REP."]);
});

test("handshakes tells types that no peer has checked, of all socket types", () => {
  for (const [client, server, advice] of [
    ["SUB", "REP", "A SUB talks to PUB or XPUB. Change one of the two programs."],
    ["RADIO", "SCATTER", "A RADIO talks to DISH. Change one of the two programs."],
    ["STREAM", "PEER", "A STREAM talks to no ZMTP peer. Change one of the two programs."],
  ] as const) {
    const { see, told } = watchRule(handshakes);
    see(handshake(link(1, { sockets: { client, server } })));
    assert.deepEqual(
      told().map(({ id, text, advice }) => [id, text, advice]),
      [
        [
          "incompatible-sockets",
          `A ${client} is connected to a ${server}, and these two cannot talk to each other.`,
          advice,
        ],
      ],
    );
  }
});

test("handshakes tells two peers with one identity until one of them has gone", () => {
  const { see, told, said } = watchRule(handshakes);
  const on = { sockets: { client: "DEALER", server: "ROUTER" }, identity: { client: "gui", server: "" } } as const;
  const verdict = toldVerdict("identity-in-use", { sentence: "gui is there already." });
  see(handshake(link(1, on)));
  see(handshake(link(2, { ...on, identity: { client: "", server: "" } })));
  see(handshake(link(3, on), { verdict }));
  assert.deepEqual(
    told().map(({ id, about, link, evidence, isOpen }) => [id, about, link, evidence, isOpen]),
    [["duplicate-identity", "orders identity gui", 3, [1, 3], true]],
  );
  see(linkClosed(link(2, on)));
  see(linkClosed(link(3, on)));
  assert.deepEqual(said(), ["duplicate-identity: gui is there already. (over)"]);
  see(handshake(link(4, on), { verdict }));
  assert.equal(told()[0]!.isOpen, true);
  see(linkClosed(link(1, on)));
  assert.equal(told()[0]!.isOpen, false);
  see(handshake(link(5, on)));
  see(linkClosed(link(5, on)));
  assert.equal(told()[0]!.count, 2);
});

test("handshakes tells the second peer of a PAIR, also when the first one was not seen", () => {
  const { see, skip, told } = watchRule(handshakes);
  const on = { sockets: { client: "PAIR", server: "PAIR" } } as const;
  see(handshake(link(1, on)));
  skip();
  see(handshake(link(2, on), { verdict: toldVerdict("pair-taken") }));
  assert.deepEqual(
    told().map(({ id, about, evidence, isOpen }) => [id, about, evidence, isOpen]),
    [["pair-taken", "orders PAIR", [2], false]],
  );
});

test("handshakes tells a server that speaks another protocol from such a client", () => {
  const alien = (side: string) =>
    toldVerdict("not-zmtp", { sentence: `The ${side} is an SSH server, not a ZeroMQ peer.` });
  const { see, told } = watchRule(handshakes);
  see({ link: link(1), event: "fault", detail: { code: "not-zmtp", from: "server" } });
  see(handshake(link(1, UNKNOWN), { state: "failed", verdict: alien("server") }));
  see(handshake(link(2, { ...UNKNOWN, client: "10.0.0.1:4" }), { state: "failed", verdict: alien("server") }));
  see(handshake(link(3, UNKNOWN), { state: "failed", verdict: alien("client") }));
  const rekeyed = toldVerdict("not-zmtp", { sentence: "These octets are no ZMTP.", leg: "server" });
  see(handshake(link(4, { ...UNKNOWN, tapName: "other" }), { state: "failed", verdict: rekeyed }));
  assert.deepEqual(
    told().map(({ id, about }) => [id, about]),
    [
      ["not-zeromq", "orders client 127.0.0.1"],
      ["not-zeromq", "orders client 10.0.0.1"],
      ["handshake-failed", "orders client 127.0.0.1 not-zmtp"],
      ["not-zeromq", "other client 127.0.0.1"],
    ],
  );
});

test("handshakes does not blame the socket types of a client that stands still at its next attempt", () => {
  const { see, told, said } = watchRule(handshakes);
  const candidates = ["the socket types do not fit (the client is a REQ)", "its authenticator puts the client off"];
  const half = toldVerdict("closed-after-ready", { certain: false, candidates });
  const on = { ...UNKNOWN, sockets: { client: "REQ", server: null } } as const;
  for (const number of [1, 2, 3, 4]) see(handshake(link(number, on), { state: "failed", verdict: half }));
  assert.deepEqual(
    told().map(({ id, severity }) => [id, severity]),
    [["incompatible-sockets", "warning"]],
  );
  const still = toldVerdict("silence-in-handshake", { certain: false, candidates: ["its authenticator puts it off"] });
  see(handshake(link(5, on), { state: "waiting", verdict: still }));
  assert.deepEqual(said(), ["handshake-failed: It is silence-in-handshake."]);
});
