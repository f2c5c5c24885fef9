import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { judge, judgeBeside, type EndFacts, type LegFacts, type LinkPlace } from "../../../src/proxy/wire/verdict.ts";
import type { Retries, Side } from "../../../src/shared/model.ts";

const nobody: EndFacts = {
  octets: 0,
  version: null,
  mechanism: null,
  commands: [],
  socket: null,
  error: null,
  isTap: false,
};
/** An end that has sent its whole greeting, and these commands. */
const end = (mechanism: string, ...commands: string[]): EndFacts => ({
  ...nobody,
  octets: 64,
  version: "3.1",
  mechanism,
  commands,
});
/** An end of which eleven octets came. */
const begun: EndFacts = { ...nobody, octets: 11 };

const open: LegFacts = {
  leg: null,
  state: "waiting",
  version: "3.1",
  client: nobody,
  server: nobody,
  fault: null,
  hasStalled: false,
  closed: null,
};
const closedBy = (by: Side | "tap", client: EndFacts, server: EndFacts, more: Partial<LegFacts> = {}): LegFacts => ({
  ...open,
  state: "failed",
  client,
  server,
  closed: { by },
  ...more,
});
const still = (client: EndFacts, server: EndFacts): LegFacts => ({ ...open, client, server, hasStalled: true });
const done = (version: string, client: EndFacts, server: EndFacts): LegFacts => ({
  ...open,
  state: "done",
  version,
  client,
  server,
});

const curve = "CURVE";
const hello = end(curve, "HELLO");
const initiate = end(curve, "HELLO", "INITIATE");
const welcome = end(curve, "WELCOME");
const refusal = (mechanism: string, error: string): EndFacts => ({ ...end(mechanism, "ERROR"), error });
const ready = (socket: EndFacts["socket"]): EndFacts => ({ ...end("NULL", "READY"), socket });
const tap = (facts: EndFacts): EndFacts => ({ ...facts, isTap: true });

type Expected = { id: string; certain: boolean; retries: Retries; says: RegExp };
const cases: [string, LegFacts, Expected][] = [
  [
    "a handshake that is done",
    done("3.1", ready("REQ"), ready("REP")),
    { id: "connected", certain: true, retries: null, says: /ZMTP 3\.1 and NULL/ },
  ],
  [
    "a done handshake without a greeting that says its version",
    { ...done("3.1", nobody, nobody), version: null },
    { id: "connected", certain: true, retries: null, says: /ZMTP 3 / },
  ],
  [
    "an old client",
    done("2.0", { ...nobody, version: "2.0" }, { ...nobody, version: "3.x" }),
    { id: "older-zmtp", certain: true, retries: null, says: /the client has a libzmq before 4\.0/ },
  ],
  [
    "two old peers",
    done("1.0", { ...nobody, version: "1.0" }, { ...nobody, version: "1.0" }),
    { id: "older-zmtp", certain: true, retries: null, says: /the client and the server has a libzmq before 3\.2/ },
  ],
  [
    "an old peer that is not told",
    done("1.0", nobody, nobody),
    { id: "older-zmtp", certain: true, retries: null, says: /the peer has/ },
  ],
  [
    "an SSH server",
    { ...open, state: "failed", fault: { from: "server", message: "It is SSH.", isAlien: true } },
    { id: "not-zmtp", certain: true, retries: null, says: /^It is SSH\.$/ },
  ],
  [
    "an HTTP client",
    { ...open, state: "failed", fault: { from: "client", message: "It is HTTP.", isAlien: true } },
    { id: "not-zmtp", certain: true, retries: null, says: /HTTP/ },
  ],
  [
    "a handshake that breaks the protocol",
    { ...open, state: "failed", fault: { from: "client", message: "No mechanism.", isAlien: false } },
    { id: "bad-handshake", certain: true, retries: null, says: /No mechanism/ },
  ],
  [
    "a key that is refused",
    { ...open, state: "failed", client: initiate, server: refusal(curve, "400") },
    { id: "refused", certain: true, retries: "no", says: /status 400.*its key or its address/ },
  ],
  [
    "an authenticator that fails",
    { ...open, state: "failed", client: initiate, server: refusal(curve, "500") },
    { id: "refused", certain: true, retries: "no", says: /failed \(status 500\)/ },
  ],
  [
    "an authenticator of NULL that fails",
    { ...open, state: "failed", client: ready("REQ"), server: refusal("NULL", "500") },
    { id: "refused", certain: true, retries: "by-chance", says: /failed/ },
  ],
  [
    "an address that is refused",
    { ...open, state: "failed", client: ready("REQ"), server: refusal("NULL", "400") },
    { id: "refused", certain: true, retries: "by-chance", says: /its address is not allowed/ },
  ],
  [
    "a client that refuses its server",
    { ...open, state: "failed", client: refusal(curve, ""), server: welcome },
    {
      id: "refused",
      certain: true,
      retries: "no",
      says: /client's authenticator refused the server \(no reason given\)/,
    },
  ],
  [
    "a client that the user denied",
    { ...open, leg: "client", state: "failed", client: initiate, server: tap(refusal(curve, "400")) },
    { id: "refused", certain: true, retries: "no", says: /ZMQ Tap refused the client/ },
  ],
  [
    "a password that is refused",
    { ...open, state: "failed", client: end("PLAIN", "HELLO"), server: refusal("PLAIN", "400") },
    { id: "plain-refused", certain: true, retries: "no", says: /user name, password or address/ },
  ],
  [
    "socket types that do not fit",
    { ...open, state: "failed", client: ready("PUSH"), server: ready("REP") },
    { id: "incompatible-sockets", certain: true, retries: "by-chance", says: /a PUSH cannot talk to a REP/ },
  ],
  [
    "socket types that do not fit, closed by the client",
    closedBy("client", ready("STREAM"), ready("REP")),
    { id: "incompatible-sockets", certain: true, retries: "no", says: /a STREAM/ },
  ],
  [
    "socket types that do not fit but are never compared",
    closedBy(
      "client",
      { ...nobody, octets: 12, socket: "PUSH" },
      { ...nobody, octets: 12, socket: "REP" },
      { version: "2.0" },
    ),
    {
      id: "closed-after-greetings",
      certain: false,
      retries: "by-chance",
      says: /security, which ZMTP 2\.0 does not have/,
    },
  ],
  [
    "two CURVE clients",
    closedBy("client", hello, hello),
    { id: "both-clients", certain: true, retries: "no", says: /Both sides are CURVE clients/ },
  ],
  [
    "two PLAIN clients",
    closedBy("client", end("PLAIN", "HELLO"), end("PLAIN", "HELLO")),
    { id: "both-clients", certain: true, retries: "no", says: /Both sides are PLAIN clients/ },
  ],
  [
    "a tap that is stopped",
    closedBy("tap", hello, end(curve)),
    { id: "ended-by-tap", certain: true, retries: "yes", says: /ZMQ Tap ended/ },
  ],
  [
    "a silent client",
    still(nobody, begun),
    { id: "silent-client", certain: false, retries: null, says: /no ZeroMQ program, or it hangs/ },
  ],
  [
    "a silent server",
    still(begun, nobody),
    { id: "silent-server", certain: false, retries: "after-30s", says: /HTTP servers do, or it hangs/ },
  ],
  [
    "a silent server that the client gave up",
    closedBy("client", begun, nobody, { hasStalled: true }),
    { id: "silent-server", certain: false, retries: "after-30s", says: /says nothing/ },
  ],
  [
    "two CURVE servers",
    still(end(curve), end(curve)),
    { id: "silence-after-greetings", certain: false, retries: "after-30s", says: /both sides are CURVE servers, or/ },
  ],
  [
    "two NULL peers that go no further",
    still(end("NULL"), end("NULL")),
    { id: "silence-after-greetings", certain: false, retries: "after-30s", says: /: one of the programs hangs/ },
  ],
  [
    "a server that stops in its greeting",
    still(end("NULL"), begun),
    { id: "silence-after-greetings", certain: false, retries: "after-30s", says: /the server hangs/ },
  ],
  [
    "a client that stops in its greeting",
    still(begun, end("NULL")),
    { id: "silence-after-greetings", certain: false, retries: "after-30s", says: /the client hangs/ },
  ],
  [
    "an authenticator that puts the client off",
    still(initiate, welcome),
    { id: "silence-in-handshake", certain: false, retries: "after-30s", says: /client's INITIATE: .*ZAP status 300/ },
  ],
  [
    "a PLAIN server whose authenticator is silent",
    still(end("PLAIN", "HELLO"), end("PLAIN")),
    { id: "silence-in-handshake", certain: false, retries: "after-30s", says: /client's HELLO: .*does not answer/ },
  ],
  [
    "a CURVE server that hangs",
    still(hello, end(curve)),
    { id: "silence-in-handshake", certain: false, retries: "after-30s", says: /client's HELLO: the server hangs/ },
  ],
  [
    "a client that hangs after WELCOME",
    still(hello, welcome),
    { id: "silence-in-handshake", certain: false, retries: "after-30s", says: /server's WELCOME: the client hangs/ },
  ],
  [
    "a listening client that hangs after WELCOME",
    still(welcome, hello),
    { id: "silence-in-handshake", certain: false, retries: "after-30s", says: /client's WELCOME: the server hangs/ },
  ],
  [
    "a server that closes at once",
    closedBy("server", begun, nobody),
    { id: "closed-at-once", certain: false, retries: "yes", says: /TLS.*port forwarder.*filters by address/ },
  ],
  [
    "a client that looks whether the port is open",
    closedBy("client", nobody, begun),
    { id: "left-early", certain: true, retries: null, says: /^The client closed the connection before/ },
  ],
  [
    "a client that leaves after HELLO",
    closedBy("client", hello, end(curve)),
    { id: "left-early", certain: true, retries: null, says: /^The client/ },
  ],
  [
    "mechanisms that differ",
    closedBy("client", end("NULL"), end(curve)),
    { id: "mechanisms-differ", certain: true, retries: "by-chance", says: /client wants NULL, the server CURVE/ },
  ],
  [
    "a server's mechanism that never came",
    closedBy("server", end("NULL"), begun),
    {
      id: "closed-after-greetings",
      certain: false,
      retries: "by-chance",
      says: /the mechanisms differ \(the client wants NULL\), or the server's program ended/,
    },
  ],
  [
    "a client's mechanism that never came",
    closedBy("client", begun, end(curve)),
    { id: "closed-after-greetings", certain: false, retries: "by-chance", says: /\(the server wants CURVE\)/ },
  ],
  [
    "a close before either greeting was told",
    closedBy("server", begun, begun, { version: null }),
    {
      id: "closed-after-greetings",
      certain: false,
      retries: "by-chance",
      says: /lets in no ZMTP 1\.0 or 2\.0, or the mechanisms differ, or/,
    },
  ],
  [
    "a close after greetings that agree",
    closedBy("server", end("NULL"), end("NULL")),
    { id: "closed-after-greetings", certain: false, retries: "by-chance", says: /: the server's program ended/ },
  ],
  [
    "a wrong server key",
    closedBy("server", hello, end(curve)),
    { id: "wrong-server-key", certain: true, retries: "yes", says: /^The client has the wrong server key/ },
  ],
  [
    "a client that leaves after the HELLO of the tap",
    closedBy("client", end(curve), tap(hello), { leg: "client" }),
    {
      id: "closed-after-hello",
      certain: false,
      retries: "no",
      says: /CURVE clients, or the tap has the wrong server key/,
    },
  ],
  [
    "a wrong server key on the server's side of a re-keyed link",
    closedBy("server", tap(hello), end(curve), { leg: "server" }),
    { id: "wrong-server-key", certain: true, retries: "yes", says: /^The tap has the wrong server key/ },
  ],
  [
    "a server's HELLO that the client closes on",
    closedBy("client", end(curve), hello),
    {
      id: "closed-after-hello",
      certain: false,
      retries: "no",
      says: /both sides are CURVE clients, or the server has the wrong/,
    },
  ],
  [
    "a PLAIN server's HELLO that the client closes on",
    closedBy("client", end("PLAIN"), end("PLAIN", "HELLO")),
    {
      id: "closed-after-hello",
      certain: false,
      retries: "no",
      says: /both sides are PLAIN clients, or it did not accept/,
    },
  ],
  [
    "a PLAIN server that closes without ERROR",
    closedBy("server", end("PLAIN", "HELLO"), end("PLAIN")),
    { id: "closed-after-hello", certain: false, retries: "yes", says: /did not accept user name and password/ },
  ],
  [
    "a key pair or socket type that does not fit",
    closedBy("server", initiate, welcome),
    {
      id: "closed-after-initiate",
      certain: false,
      retries: "yes",
      says: /the socket types do not fit, or the client's public and secret key/,
    },
  ],
  [
    "a socket type that does not fit on a re-keyed link",
    closedBy("server", tap({ ...initiate, socket: "PUSH" }), welcome, { leg: "server" }),
    {
      id: "closed-after-initiate",
      certain: false,
      retries: "yes",
      says: /\(the client is a PUSH\), or its authenticator/,
    },
  ],
  [
    "a PLAIN client of another socket type",
    closedBy("server", { ...end("PLAIN", "HELLO", "INITIATE"), socket: "PUSH" }, end("PLAIN", "WELCOME")),
    {
      id: "closed-after-initiate",
      certain: false,
      retries: "yes",
      says: /the client is a PUSH\), or its program ended/,
    },
  ],
  [
    "NULL types that do not fit, closed by the client",
    closedBy("client", end("NULL"), ready("REP")),
    { id: "closed-after-ready", certain: false, retries: "no", says: /\(the server is a REP\), or its program ended/ },
  ],
  [
    "NULL types that do not fit, closed by the server",
    closedBy("server", ready("PUSH"), end("NULL")),
    {
      id: "closed-after-ready",
      certain: false,
      retries: "yes",
      says: /\(the client is a PUSH\), or its authenticator/,
    },
  ],
  [
    "a server that dies after WELCOME",
    closedBy("server", hello, welcome),
    {
      id: "closed-in-handshake",
      certain: false,
      retries: "yes",
      says: /in the middle of the handshake: its program ended/,
    },
  ],
];

for (const [what, facts, expected] of cases) {
  test(`judge says "${expected.id}" of ${what}`, () => {
    const verdict = judge(facts)!;
    const { id, isCertain, retries, candidates, sentence, leg } = verdict;
    assert.deepEqual(
      { id, isCertain, retries, leg },
      {
        id: expected.id,
        isCertain: expected.certain,
        retries: expected.retries,
        leg: facts.leg,
      },
    );
    assert.match(sentence, expected.says);
    assert.match(sentence, /^[A-Z].*\.$/);
    assert.equal(candidates.length === 0, isCertain);
    for (const candidate of candidates) assert.ok(sentence.includes(candidate));
  });
}

/** Verdicts that only a tap with keys comes to, about what it found itself. */
const TOLD_BY_THE_TAP = ["key-pair-mismatch", "client-waiting", "tap-keys-do-not-fit", "roles-learned"];

test("every verdict has its section in docs/handshakes.md", () => {
  const docs = readFileSync("docs/handshakes.md", "utf8");
  const told = cases.map(([, , { id }]) => id);
  const ids = [...new Set([...told, ...TOLD_BY_THE_TAP, "pair-taken", "identity-in-use"])].sort();
  const sections = [...docs.matchAll(/^### (.*)$/gm)].map((match) => match[1]!).sort();
  assert.deepEqual(sections, ids);
});

test("judge says nothing of a handshake under way", () => {
  assert.equal(judge(open), null);
});

test("judge offers to probe where the server itself can tell more, and not where the server is the tap", () => {
  const offers = (facts: LegFacts): boolean => judge(facts)!.offersProbe;
  assert.equal(offers(still(begun, nobody)), true);
  assert.equal(offers(still(nobody, begun)), false);
  assert.equal(offers(closedBy("server", hello, end(curve))), false);
  assert.equal(offers({ ...still(initiate, tap(welcome)), leg: "client" }), false);
});

test("judge says where to put the right key", () => {
  const advice = (leg: Side | null): string => judge(closedBy("server", hello, end(curve), { leg }))!.advice;
  assert.match(advice(null), /Give the client .*ZMQ_CURVE_SERVERKEY/);
  assert.match(advice("client"), /the pair that the tap shows/);
  assert.match(advice("server"), /Give the tap the server's public key/);
});

const place: LinkPlace = {
  link: 2,
  server: "127.0.0.1:1",
  sockets: { client: "DEALER", server: "ROUTER" },
  identityHex: "6775",
  identity: "gu",
};
const pair = { client: "PAIR", server: "PAIR" } as const;

test("judgeBeside tells an identity that is live twice on one ROUTER, and a PAIR that has its peer", () => {
  const identity = judgeBeside(place, [{ ...place, link: 1 }]);
  assert.deepEqual([identity?.id, identity?.isCertain, identity?.retries], ["identity-in-use", true, "no"]);
  assert.match(identity?.sentence ?? "", /the identity gu already \(link 1\)/);
  const taken = judgeBeside({ ...place, sockets: pair }, [{ ...place, link: 1, sockets: pair }]);
  assert.deepEqual([taken?.id, taken?.isCertain, taken?.retries], ["pair-taken", true, "no"]);
});

test("judgeBeside says nothing of links that do not get into each other's way", () => {
  const others: [string, LinkPlace, LinkPlace][] = [
    ["itself", place, place],
    ["another server", place, { ...place, link: 1, server: "127.0.0.1:9" }],
    ["another identity", place, { ...place, link: 1, identityHex: "00" }],
    ["no identity", { ...place, identityHex: "" }, { ...place, link: 1, identityHex: "" }],
    ["a REP", { ...place, sockets: { client: "REQ", server: "REP" } }, { ...place, link: 1 }],
    ["another type", { ...place, sockets: pair }, { ...place, link: 1 }],
  ];
  for (const [name, own, other] of others) assert.equal(judgeBeside(own, [other]), null, name);
  assert.equal(judgeBeside(place, []), null);
});
