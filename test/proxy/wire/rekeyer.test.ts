import assert from "node:assert/strict";
import { test } from "node:test";
import { loadBoxes } from "../../../src/proxy/crypto/boxes.ts";
import { withMechanism } from "../../../src/proxy/wire/greetingRelay.ts";
import { Rekeyer } from "../../../src/proxy/wire/rekeyer.ts";
import {
  encodeCommand,
  encodeFrame,
  encodeGreeting,
  encodeMessage,
  encodeReady,
} from "../../../src/proxy/wire/writer.ts";
import type { Direction, Side } from "../../../src/shared/model.ts";
import type { LegMechanism } from "../../../src/shared/security.ts";
import { WatchedBoxes } from "../../support/curve.ts";
import { knownCommands } from "../../support/curveHandshake.ts";
import { openNacl } from "../../support/curve.ts";
import { cuts } from "../../support/cuts.ts";
import { hex, isSame, join, octets } from "../../support/octets.ts";
import type { PeerKind } from "../../support/peers.ts";
import { random } from "../../support/random.ts";
import { keysOf, RekeyRecorder, rekeyedLink } from "../../support/rekeyedLink.ts";
import { loadVector, piecesOf } from "../../support/vectors.ts";

const boxes = await loadBoxes();
const text = (...frames: string[]): Uint8Array => encodeMessage(frames.map(octets));
const mechanismOf = (kind: PeerKind): LegMechanism => kind.slice(0, 5).trim() as LegMechanism;
const checks = (sink: RekeyRecorder): string[] => sink.problems.map(({ leg, check }) => `${leg} ${check}`);

/** Every combination of legs in which the tap ends the security protocol, and who its client is. */
const combinations: [client: PeerKind, server: PeerKind, securityClient?: Side][] = [
  ["CURVE client", "CURVE server"],
  ["CURVE server", "CURVE client"],
  ["NULL", "CURVE server"],
  ["CURVE client", "NULL"],
  ["PLAIN client", "CURVE server"],
  ["CURVE client", "PLAIN server"],
  ["NULL", "PLAIN server"],
  ["PLAIN client", "NULL"],
  ["CURVE server", "NULL", "server"],
  ["NULL", "CURVE client", "server"],
  ["CURVE server", "PLAIN client", "server"],
  ["PLAIN server", "CURVE client", "server"],
];

/** A link of such a combination; its legs are set where they differ. */
function combine(
  [client, server, securityClient]: (typeof combinations)[number],
  options: Parameters<typeof rekeyedLink>[2] = {},
) {
  const [clientLeg, serverLeg] = [mechanismOf(client), mechanismOf(server)];
  const legs = clientLeg === serverLeg ? { client: null, server: null } : { client: clientLeg, server: serverLeg };
  return rekeyedLink(
    boxes,
    { client, server },
    { ...options, ...(securityClient === undefined ? {} : { securityClient }), keys: { legs, ...options.keys } },
  );
}

for (const combination of combinations) {
  const [clientKind, serverKind] = combination;
  const name = `${clientKind} to ${serverKind}`;
  for (const [how, cut] of Object.entries(cuts)) {
    test(`Rekeyer leads ${name}, ${how}: metadata, versions and traffic pass unchanged, and are shown as of NULL`, () => {
      const { rekeyer, sink, client, server, settle, pairs } = combine(combination, { cut, client: { minor: 0 } });
      settle();
      assert.deepEqual(sink.problems, []);
      assert.deepEqual([client.isOpen, server.isOpen], [true, true]);
      assert.deepEqual([client.theirs, server.theirs], [server.own, client.own]);
      // The versions pass; the mechanism is the receiver's own.
      const greetingOf = (minor: number, kind: PeerKind): Uint8Array =>
        encodeGreeting(mechanismOf(kind)).fill(minor, 11, 12);
      assert.deepEqual(server.greeting, greetingOf(0, serverKind));
      assert.deepEqual(client.greeting, greetingOf(1, clientKind));
      const mixed = [mechanismOf(clientKind), mechanismOf(serverKind)];
      assert.equal(rekeyer.state, mixed.includes("CURVE") ? "traffic" : "passing");
      assert.deepEqual(rekeyer.mechanisms, { client: mixed[0], server: mixed[1] });
      assert.equal(rekeyer.isHostOrder, false);
      if (clientKind === "CURVE client") assert.deepEqual(rekeyer.client, pairs.client.publicKey);
      if (serverKind === "CURVE server") assert.deepEqual(server.clientKey, pairs.tapClient.publicKey);

      client.send(join(text("one", ""), encodeCommand("PING", hex("0000")), text("two")));
      server.send(join(text("answer"), encodeFrame(new Uint8Array(70_000), 0)));
      settle();
      assert.deepEqual(server.frames, ["one+", "", "command \x04PING\0\0", "two"]);
      assert.deepEqual(client.frames, ["answer", "70000 octets"]);
      const shownBy = (minor: number, own: Uint8Array): Uint8Array =>
        join(withMechanism(encodeGreeting("NULL"), "NULL").fill(minor, 11, 12), encodeCommand("READY", own));
      assert.deepEqual(
        sink.shown(0),
        join(shownBy(0, client.own), text("one", ""), encodeCommand("PING", hex("0000")), text("two")),
      );
      assert.ok(
        isSame(sink.shown(1), join(shownBy(1, server.own), text("answer"), encodeFrame(new Uint8Array(70_000), 0))),
      );
      rekeyer.dispose();
    });
  }

  test(`Rekeyer carries traffic that stands directly behind the handshake of ${name}`, () => {
    const { rekeyer, client, server, settle } = combine(combination, { cut: (bytes) => [bytes] });
    // Whoever is open first sends at once, in the same piece as its last command.
    for (let step = 0; step < 20; step++) {
      for (const peer of [client, server]) {
        if (!peer.isOpen || peer.frames.length > 0) continue;
        peer.send(text(`at once ${step}`));
        peer.outbox.push(join(...peer.outbox.splice(0)));
      }
      settle();
    }
    assert.match(server.frames[0]!, /^at once/);
    assert.match(client.frames[0]!, /^at once/);
    rekeyer.dispose();
  });

  test(`Rekeyer injects at gaps of ${name}, both ways`, () => {
    const { rekeyer, sink, client, server, settle } = combine(combination);
    assert.equal(rekeyer.canInject(0), false);
    rekeyer.inject(0, text("too early"));
    rekeyer.setOnGap(0, () => assert.fail("there is no gap yet"));
    settle();
    const isRekeyed = rekeyer.state === "traffic";
    assert.deepEqual([rekeyer.canInject(0), rekeyer.canInject(1)], [isRekeyed, isRekeyed]);
    if (!isRekeyed) return;
    rekeyer.inject(0, text("injected", "whole"));
    rekeyer.inject(1, text("injected"));
    client.send(encodeFrame(octets("first"), 1));
    settle();
    assert.equal(rekeyer.canInject(0), false);
    rekeyer.setOnGap(0, () => {
      rekeyer.setOnGap(0, null);
      rekeyer.inject(0, text("at the gap"));
    });
    client.send(join(text("last"), text("next")));
    server.send(text("answer"));
    settle();
    assert.deepEqual(server.frames, ["injected+", "whole", "first+", "last", "at the gap", "next"]);
    assert.deepEqual(client.frames, ["injected", "answer"]);
    // What was injected is shown by whoever did.
    assert.equal(Buffer.from(sink.shown(0)).includes("injected"), false);
    rekeyer.dispose();
  });

  test(`Rekeyer wipes what is secret of ${name}, wherever it stops`, () => {
    const kinds = { client: clientKind, server: serverKind };
    for (let steps = 0; steps < 12; steps++) {
      const watched = new WatchedBoxes(boxes.arena);
      const mixed = mechanismOf(clientKind) !== mechanismOf(serverKind);
      const legs = mixed
        ? { client: mechanismOf(clientKind), server: mechanismOf(serverKind) }
        : { client: null, server: null };
      const link = rekeyedLink(boxes, kinds, { securityClient: combination[2] ?? "client" });
      const sink = new RekeyRecorder();
      const keys = keysOf(boxes, { legs, pairFor: () => null });
      const rekeyer = new Rekeyer(watched, keys, { securityClient: combination[2] ?? "client" }, sink);
      for (let step = 0; step < steps; step++) {
        const [side, direction] = step % 2 === 0 ? (["client", 0] as const) : (["server", 1] as const);
        for (const bytes of link[side].outbox.splice(0)) rekeyer.push(direction, bytes);
        for (const to of ["client", "server"] as const)
          for (const bytes of sink.sent[to].splice(0)) link[to].push(bytes);
      }
      assert.deepEqual(checks(sink), []);
      rekeyer.dispose();
      rekeyer.dispose();
      assert.equal(watched.areWiped, true);
      assert.equal(rekeyer.state, "over");
      rekeyer.push(0, text("nobody reads this"));
    }
    const { input, inputBytes, output, outputBytes, memory } = boxes.arena;
    for (const [place, size] of [
      [input, inputBytes],
      [output, outputBytes],
    ] as const) {
      assert.ok(memory.octets.subarray(place, place + size).every((octet) => octet === 0));
    }
  });

  test(`Rekeyer never throws on changed octets of ${name}, and fails once at most`, () => {
    const pick = random(clientKind.length * 31 + serverKind.length);
    for (let round = 0; round < 40; round++) {
      const victim = pick(12);
      let pieces = 0;
      const link = combine(combination, {
        cut: (bytes) => {
          if (pieces++ !== victim) return [bytes];
          const changed = bytes.slice();
          for (let change = 1 + pick(3); change > 0; change--) changed[pick(changed.length)] = pick(256);
          return pick(4) === 0 ? [changed, Uint8Array.from({ length: pick(300) }, () => pick(256))] : [changed];
        },
      });
      link.settle();
      if (link.client.isOpen && link.rekeyer.state !== "over") link.client.send(text("on"));
      link.settle();
      assert.ok(link.sink.problems.length <= 1);
      link.rekeyer.dispose();
    }
  });
}

test("Rekeyer learns who is the security client, for this link and the next ones of the tap", () => {
  for (const [kinds, expected] of [
    [{ client: "CURVE client", server: "CURVE server" }, "client"],
    [{ client: "CURVE server", server: "CURVE client" }, "server"],
  ] as const) {
    const { roles, settle } = rekeyedLink(boxes, kinds, {
      securityClient: expected === "client" ? "server" : "client",
    });
    settle();
    assert.equal(roles.securityClient, expected);
  }
});

test("Rekeyer shows each server the pair that is meant for its client, or a fresh one", () => {
  const asked: unknown[] = [];
  const { server, settle, pairs, client, rekeyer } = rekeyedLink(
    boxes,
    { client: "CURVE client", server: "CURVE server" },
    {
      keys: {
        pairFor: (key) => {
          asked.push(key);
          return null;
        },
      },
    },
  );
  settle();
  assert.deepEqual(asked, [pairs.client.publicKey]);
  assert.equal(client.isOpen, true);
  assert.notDeepEqual(server.clientKey, pairs.tapClient.publicKey);
  assert.equal(server.clientKey?.length, 32);
  assert.equal(rekeyer.freshPairTo, "server");
});

for (const [what, kinds, options] of [
  ["PLAIN to PLAIN", { client: "PLAIN client", server: "PLAIN server" }, {}],
  ["NULL to NULL", { client: "NULL", server: "NULL" }, {}],
  [
    "NULL to NULL with its legs set",
    { client: "NULL", server: "NULL" },
    { keys: { legs: { client: "NULL", server: "NULL" } } },
  ],
  [
    "CURVE without a pair for clients",
    { client: "CURVE client", server: "CURVE server" },
    { keys: { serverPair: null } },
  ],
  ["CURVE without the server's key", { client: "CURVE client", server: "CURVE server" }, { keys: { serverKey: null } }],
] as const) {
  for (const [how, cut] of Object.entries(cuts)) {
    test(`Rekeyer passes ${what} on as it is, ${how}`, () => {
      const known = rekeyedLink(boxes, kinds).pairs;
      const { rekeyer, sink, client, server, settle } = rekeyedLink(boxes, kinds, {
        ...options,
        cut,
        client: { serverKey: known.server.publicKey },
      });
      const sent: [Uint8Array[], Uint8Array[]] = [[], []];
      const keep = (): void => {
        sent[0].push(...client.outbox);
        sent[1].push(...server.outbox);
      };
      for (let round = 0; round < 8; round++) {
        keep();
        settleOnce();
      }
      assert.equal(rekeyer.state, "passing");
      assert.deepEqual([client.isOpen, server.isOpen], [true, true]);
      client.send(text("out"));
      server.send(text("back"));
      keep();
      settle();
      assert.deepEqual([server.frames, client.frames], [["out"], ["back"]]);
      assert.deepEqual(sink.shown(0), join(...sent[0]));
      assert.deepEqual(sink.shown(1), join(...sent[1]));
      assert.equal(rekeyer.canInject(0), false);
      assert.equal(rekeyer.mechanisms.client, mechanismOf(kinds.client));

      function settleOnce(): void {
        for (const [side, direction] of [
          ["client", 0],
          ["server", 1],
        ] as const) {
          for (const bytes of side === "client" ? client.outbox.splice(0) : server.outbox.splice(0)) {
            for (const piece of cut(bytes)) rekeyer.push(direction, piece);
          }
        }
        for (const bytes of sink.sent.client.splice(0)) client.push(bytes);
        for (const bytes of sink.sent.server.splice(0)) server.push(bytes);
      }
    });
  }
}

test("Rekeyer passes different mechanisms on where no leg is set: the peers part as they would without the tap", () => {
  const { rekeyer, sink, client, server, settle } = rekeyedLink(boxes, { client: "NULL", server: "CURVE server" });
  settle();
  assert.equal(rekeyer.state, "passing");
  assert.deepEqual(sink.problems, []);
  assert.deepEqual(client.greeting, encodeGreeting("CURVE"));
  assert.deepEqual(server.greeting, encodeGreeting("NULL"));
});

for (const name of [
  "req-rep-2.2.1-4.3.4-null",
  "req-rep-4.3.4-2.2.1-null",
  "sub-pub-3.2.5-4.3.4-null",
  "sub-pub-4.3.4-3.2.5-null",
]) {
  for (const [how, cut] of Object.entries(cuts)) {
    test(`Rekeyer passes the old peer of ${name} on as it is, and refuses it where a leg is set, ${how}`, () => {
      const play = (legs: { client: LegMechanism | null; server: LegMechanism | null }) => {
        const sink = new RekeyRecorder();
        const rekeyer = new Rekeyer(boxes, keysOf(boxes, { legs }), { securityClient: "client" }, sink);
        for (const { direction, bytes } of piecesOf(loadVector(name))) {
          for (const piece of cut(bytes)) rekeyer.push(direction, piece);
        }
        return { rekeyer, sink };
      };
      const of = (side: 0 | 1): Uint8Array =>
        join(...piecesOf(loadVector(name)).flatMap(({ direction, bytes }) => (direction === side ? [bytes] : [])));
      const passed = play({ client: null, server: null });
      assert.deepEqual([passed.rekeyer.state, passed.sink.problems], ["passing", []]);
      for (const [direction, to] of [
        [0, "server"],
        [1, "client"],
      ] as const) {
        assert.deepEqual(join(...passed.sink.sent[to]), of(direction));
        assert.deepEqual(passed.sink.shown(direction), of(direction));
      }
      const old = /-4\.3\.4-[23]/.test(name) ? "server" : "client";
      assert.deepEqual(checks(play({ client: null, server: "CURVE" }).sink), [`${old} old-version`]);
    });
  }
}

test("Rekeyer passes octets that are no ZeroMQ on as they are, and refuses them where a leg is set", () => {
  for (const [legs, expected] of [
    [{ client: null, server: null }, []],
    [{ client: null, server: "CURVE" }, ["server not-zmtp"]],
  ] as const) {
    const sink = new RekeyRecorder();
    const rekeyer = new Rekeyer(boxes, keysOf(boxes, { legs }), { securityClient: "client" }, sink);
    rekeyer.push(0, encodeGreeting("NULL").subarray(0, 11));
    rekeyer.push(1, octets("SSH-2.0-OpenSSH_9.2p1\r\n"));
    rekeyer.push(1, octets("more"));
    assert.deepEqual(checks(sink), expected);
    if (expected.length === 0) assert.deepEqual(join(...sink.sent.client), octets("SSH-2.0-OpenSSH_9.2p1\r\nmore"));
  }
});

for (const [judgement, check, heard] of [
  ["wait", "waiting", ["WELCOME"]],
  ["deny", "denied", ["WELCOME", "ERROR 400"]],
] as const) {
  test(`Rekeyer lets a client that may not connect (${judgement}) get no further, and its server hear nothing of it`, () => {
    for (const combination of [combinations[0]!, combinations[1]!, combinations[3]!]) {
      const { rekeyer, sink, settle, pairs, ...peers } = combine(combination);
      sink.judgement = judgement;
      settle();
      const [asking, answering] =
        combination[0] === "CURVE client" ? (["client", "server"] as const) : (["server", "client"] as const);
      assert.deepEqual(checks(sink), [`${asking} ${check}`]);
      assert.deepEqual(peers[asking].heard, heard);
      assert.deepEqual(sink.judged, [pairs.client.publicKey]);
      assert.equal(peers[answering].heard.includes("INITIATE"), false);
      assert.equal(peers[answering].isOpen, false);
      assert.deepEqual([rekeyer.state, rekeyer.client], ["over", pairs.client.publicKey]);
    }
  });
}

for (const [combination, heard] of [
  [combinations[0]!, ["WELCOME", "ERROR 400"]],
  [combinations[1]!, ["WELCOME", "ERROR 400"]],
  [combinations[2]!, ["ERROR 400"]],
  [combinations[4]!, ["WELCOME", "ERROR 400"]],
  [combinations[5]!, ["WELCOME", "ERROR 400"]],
  [combinations[7]!, ["ERROR 400"]],
] as const) {
  const [clientKind, serverKind] = combination;
  test(`Rekeyer passes ERROR on from ${clientKind} to ${serverKind} unchanged, and the server's silence too`, () => {
    const refusing: Side = clientKind.endsWith("server") ? "client" : "server";
    const asking: Side = refusing === "server" ? "client" : "server";
    const error = octets("\x05ERROR\x03400");
    const link = combine(combination, { [refusing]: { answer: error } });
    link.settle();
    assert.deepEqual(link[asking].heard, heard);
    assert.deepEqual(link.rekeyer.ends[refusing].peer.error, "400");
    assert.deepEqual(link.rekeyer.ends[asking].tap.error, "400");
    assert.deepEqual([link.sink.problems, link.rekeyer.state], [[], "handshake"]);
    // Nothing counts behind it.
    link[refusing].outbox.push(encodeFrame(error, 4), encodeReady("REP"));
    link.settle();
    assert.deepEqual(link[asking].heard, heard);

    const silent = combine(combination, { [refusing]: { answer: hex("") } });
    silent.settle();
    // A leg without security has nobody to be welcomed by, so the tap welcomes its client itself.
    assert.deepEqual(silent[asking].heard, clientKind === "PLAIN client" ? ["WELCOME"] : heard.slice(0, -1));
    assert.deepEqual([silent.sink.problems, silent.rekeyer.state], [[], "handshake"]);
  });
}

test("Rekeyer says what both ends of both legs have said", () => {
  const { rekeyer, settle } = combine(combinations[0]!);
  settle();
  const end = (commands: string[]) => ({ mechanism: "CURVE", commands, error: null });
  const { client, server } = rekeyer.ends;
  const rest = ({ mechanism, commands, error }: typeof client.peer) => ({ mechanism, commands, error });
  assert.deepEqual([client.peer, client.tap].map(rest), [end(["HELLO", "INITIATE"]), end(["WELCOME", "READY"])]);
  assert.deepEqual([server.peer, server.tap].map(rest), [end(["WELCOME", "READY"]), end(["HELLO", "INITIATE"])]);
  assert.deepEqual([client.peer.octets, client.tap.octets], [64, 64]);
});

/** Greetings done with these legs, then octets of one side. */
function greeted(legs: Record<Side, LegMechanism>, side: Side, bytes: Uint8Array, own = {}) {
  const sink = new RekeyRecorder();
  const set = legs.client === legs.server ? { client: null, server: null } : legs;
  const rekeyer = new Rekeyer(boxes, keysOf(boxes, { legs: set, ...own }), { securityClient: "client" }, sink);
  rekeyer.push(0, encodeGreeting(legs.client));
  rekeyer.push(1, encodeGreeting(legs.server));
  for (const to of ["client", "server"] as const) sink.sent[to].length = 0;
  rekeyer.push(side === "client" ? 0 : 1, bytes);
  return { rekeyer, sink };
}

const CURVE = { client: "CURVE", server: "CURVE" } as const;
const hello = knownCommands(await openNacl()).hello;
for (const [what, legs, side, bytes, expected, own] of [
  ["a message in the handshake", CURVE, "client", text("early"), "client order", {}],
  ["a command above 64 KiB", CURVE, "client", encodeFrame(new Uint8Array(65_537), 4), "client length", {}],
  ["a command of 2^63 octets", CURVE, "server", hex("06 8000000000000000"), "server length", {}],
  ["a command other than HELLO", CURVE, "server", encodeCommand("READY", hex("")), "server order", {}],
  ["a command without a name", CURVE, "client", hex("0400"), "client order", {}],
  ["HELLO for another key", CURVE, "client", encodeFrame(hello, 4), "client hello-box", {}],
  [
    "HELLO of a server that is the CURVE client",
    { client: "NULL", server: "CURVE" },
    "server",
    encodeFrame(hello, 4),
    "server roles",
    {},
  ],
  [
    "a WELCOME that nobody asked for",
    { client: "CURVE", server: "PLAIN" },
    "server",
    encodeCommand("WELCOME", hex("")),
    "server order",
    {},
  ],
  [
    "a second READY",
    { client: "CURVE", server: "NULL" },
    "server",
    encodeCommand("OTHER", hex("")),
    "server order",
    {},
  ],
  [
    "a wrong password",
    { client: "PLAIN", server: "CURVE" },
    "client",
    encodeCommand("HELLO", octets("\x05admin\x05wrong")),
    "client user",
    {},
  ],
  [
    "a server key that is none",
    { client: "NULL", server: "CURVE" },
    "client",
    hex(""),
    "server server-key",
    { serverKey: new Uint8Array(32) },
  ],
  [
    "no pair for clients",
    { client: "CURVE", server: "NULL" },
    "client",
    encodeFrame(hello, 4),
    "client keys",
    { serverPair: null },
  ],
  [
    "no keys at all",
    { client: "CURVE", server: "NULL" },
    "client",
    hex(""),
    "client keys",
    { serverPair: null, serverKey: null },
  ],
  ["no server key", { client: "NULL", server: "CURVE" }, "client", hex(""), "server keys", { serverKey: null }],
  ["no user", { client: "PLAIN", server: "NULL" }, "client", hex(""), "client keys", { plain: null }],
] as const) {
  test(`Rekeyer ends a link with ${what}, once`, () => {
    const { rekeyer, sink } = greeted(legs, side, bytes, own);
    rekeyer.push(side === "client" ? 0 : 1, bytes);
    assert.deepEqual(checks(sink), [expected]);
    assert.equal(rekeyer.state, "over");
  });
}

test("Rekeyer leads the next link the other way once HELLO has come from the supposed server", () => {
  const legs = { client: "NULL", server: "CURVE" } as const;
  const roles = { securityClient: "client" as Side };
  const said = (): string[] => {
    const sink = new RekeyRecorder();
    const rekeyer = new Rekeyer(boxes, keysOf(boxes, { legs }), roles, sink);
    rekeyer.push(0, encodeGreeting("NULL"));
    rekeyer.push(1, encodeGreeting("CURVE"));
    const { commands } = rekeyer.ends.server.tap;
    rekeyer.push(1, encodeFrame(hello, 4));
    return [...commands, ...checks(sink)];
  };
  assert.deepEqual(said(), ["HELLO", "server roles"]);
  assert.equal(roles.securityClient, "server");
  // It is the server now, and judges the HELLO, which is for another key.
  assert.deepEqual(said(), ["server hello-box"]);
});

test("Rekeyer tells a major version that nothing follows", () => {
  const rekeyer = new Rekeyer(boxes, keysOf(boxes), { securityClient: "client" }, new RekeyRecorder());
  rekeyer.push(0, encodeGreeting("CURVE").subarray(0, 10));
  assert.equal(rekeyer.version("client"), null);
  rekeyer.push(0, encodeGreeting("CURVE").subarray(10, 11));
  assert.equal(rekeyer.version("client"), "3.x");
  rekeyer.push(0, encodeGreeting("CURVE").subarray(11, 12));
  assert.equal(rekeyer.version("client"), "3.1");
});

test("Rekeyer refuses a mechanism other than the leg's, and one that it does not know", () => {
  const end = (client: Uint8Array, legs: Record<Side, LegMechanism | null>): string[] => {
    const sink = new RekeyRecorder();
    const rekeyer = new Rekeyer(boxes, keysOf(boxes, { legs }), { securityClient: "client" }, sink);
    rekeyer.push(1, encodeGreeting("CURVE"));
    rekeyer.push(0, client);
    return checks(sink);
  };
  const gssapi = withMechanism(encodeGreeting("NULL"), "GSSAPI");
  const nameless = withMechanism(encodeGreeting("NULL"), "?");
  assert.deepEqual(end(encodeGreeting("PLAIN"), { client: "NULL", server: null }), ["client mechanism"]);
  assert.deepEqual(end(nameless, { client: "NULL", server: null }), ["client mechanism"]);
  assert.deepEqual(end(gssapi, { client: null, server: "CURVE" }), ["client keys"]);
  assert.deepEqual(end(nameless, { client: null, server: "CURVE" }), ["client keys"]);
});

test("Rekeyer holds a bounded amount before the greetings, and before the handshake is done", () => {
  const piece = new Uint8Array(100_000);
  const silent = new RekeyRecorder();
  const greeting = new Rekeyer(boxes, keysOf(boxes), { securityClient: "client" }, silent);
  greeting.push(0, encodeGreeting("CURVE"));
  for (let i = 0; i < 20; i++) greeting.push(0, piece);
  assert.deepEqual(checks(silent), ["client greeting"]);

  const { rekeyer, sink } = greeted({ client: "NULL", server: "CURVE" }, "client", encodeReady("REQ"));
  for (let i = 0; i < 20; i++) rekeyer.push(0, piece);
  assert.deepEqual(checks(sink), ["client order"]);
});

test("Rekeyer keeps what a NULL peer sends before the other leg is ready, and carries it then", () => {
  const { client, server, settle, rekeyer } = combine(combinations[2]!);
  // It does not wait for READY as it ought to.
  client.outbox.push(join(encodeCommand("READY", client.own), text("early", "bird")));
  settle();
  assert.deepEqual(server.frames, ["early+", "bird", `command \x05READY${Buffer.from(client.own).toString("latin1")}`]);
  rekeyer.dispose();
});

for (const [what, flood] of [
  ["ERRORs", encodeCommand("ERROR", hex("00"))],
  ["HELLOs", encodeFrame(hello, 4)],
  ["empty commands", hex("0400")],
] as const) {
  test(`Rekeyer does little for a flood of ${what}`, () => {
    const many = join(...new Array<Uint8Array>(4000).fill(flood));
    for (const side of ["client", "server"] as const) {
      const { rekeyer, sink } = greeted(CURVE, side, many);
      for (let i = 0; i < 20 && rekeyer.state !== "over"; i++) rekeyer.push(side === "client" ? 0 : 1, many);
      assert.ok(sink.problems.length <= 1);
      assert.ok(sink.sent.client.length + sink.sent.server.length <= 2);
      assert.ok(rekeyer.ends[side].peer.commands.length <= 8);
      rekeyer.dispose();
    }
  });
}

test("Rekeyer reads nothing that a client says behind INITIATE before the other leg is ready", () => {
  const { client, sink, settle, server } = combine(combinations[0]!, { server: { answer: hex("") } });
  settle();
  client.outbox.push(encodeFrame(hello, 4));
  settle();
  assert.deepEqual([sink.problems, server.heard], [[], ["HELLO", "INITIATE"]]);
});

test("Rekeyer shows greetings that came to nothing when it ends", () => {
  const sink = new RekeyRecorder();
  const rekeyer = new Rekeyer(boxes, keysOf(boxes), { securityClient: "client" }, sink);
  rekeyer.push(0, encodeGreeting("CURVE"));
  assert.equal(sink.shown(0).length, 0);
  rekeyer.dispose();
  assert.deepEqual(sink.shown(0), encodeGreeting("CURVE"));
  assert.equal(sink.shown(1).length, 0);
});

test("Rekeyer names a fault in traffic by its leg, and the other direction ends with it", () => {
  const { client, server, sink, rekeyer, settle } = combine(combinations[0]!);
  settle();
  client.send(text("good"));
  client.outbox.push(encodeFrame(octets("\x07MESSAGE and nonsense, long enough to be one"), 0));
  settle();
  server.send(text("unheard"));
  settle();
  assert.deepEqual(checks(sink), ["client mac"]);
  assert.deepEqual([server.frames, client.frames], [["good"], []]);
  rekeyer.dispose();
});

test("Rekeyer never throws on random octets in any state, and fails once at most", () => {
  const pick = random(6);
  for (let round = 0; round < 600; round++) {
    const combination = combinations[pick(combinations.length)]!;
    const { rekeyer, sink, settle } = combine(combination);
    if (pick(3) === 0) settle();
    else if (pick(2) === 0) {
      rekeyer.push(0, encodeGreeting(mechanismOf(combination[0])));
      rekeyer.push(1, encodeGreeting(mechanismOf(combination[1])));
    }
    for (let i = pick(6); i >= 0; i--) {
      const names = ["HELLO", "WELCOME", "INITIATE", "READY", "ERROR", "PING", ""];
      const bytes = Uint8Array.from({ length: pick(300) }, () => pick(256));
      rekeyer.push(pick(2) as Direction, pick(2) === 0 ? bytes : encodeCommand(names[pick(names.length)]!, bytes));
    }
    rekeyer.dispose();
    assert.ok(sink.problems.length <= 1);
  }
});
