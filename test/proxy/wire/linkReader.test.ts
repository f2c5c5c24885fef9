import assert from "node:assert/strict";
import { test } from "node:test";
import {
  encodeCommand,
  encodeGreeting,
  encodeMessage,
  encodeReady,
  encodeSubscription,
} from "../../../src/proxy/wire/writer.ts";
import type { Direction, SocketType } from "../../../src/shared/model.ts";
import { cuts, everySplit } from "../../support/cuts.ts";
import { LinkRecorder } from "../../support/linkRecorder.ts";
import { hex, join, octets } from "../../support/octets.ts";
import { random } from "../../support/random.ts";
import { loadVector, loadVectors, piecesOf } from "../../support/vectors.ts";

const C: Direction = 0;
const S: Direction = 1;
const BOTH: readonly Direction[] = [C, S];

/** A link of two 3.x peers whose handshake is done. */
function open(client: SocketType, server: SocketType, minor = 1): LinkRecorder {
  const greeting = encodeGreeting("NULL");
  greeting[11] = minor;
  return new LinkRecorder()
    .push(C, greeting)
    .push(S, encodeGreeting("NULL"), encodeReady(server))
    .push(C, encodeReady(client));
}

const text = (...frames: string[]): Uint8Array => encodeMessage(frames.map(octets));
const framesOf = (link: LinkRecorder, direction: Direction): string[][] =>
  link
    .of("message")
    .filter((each) => each.direction === direction)
    .map(({ frames }) => frames.map((frame) => Buffer.from(frame, "hex").toString("latin1")));
/** What was said about exchanges, in order. */
const states = (link: LinkRecorder): unknown[] =>
  link.told.flatMap((each): unknown[] => {
    if (each.kind === "paired") return [[each.request, each.reply, each.guessed]];
    return each.kind === "exchange" ? [[each.n, each.state]] : [];
  });

for (const [how, cut] of Object.entries(cuts)) {
  test(`LinkReader keeps commands out of the message they stand in, ${how}`, () => {
    const link = open("PUSH", "PULL");
    const ping = encodeCommand("PING", hex("0014 aabb"));
    const stream = join(hex("0103"), octets("one"), ping, hex("0003"), octets("two"), ping, text("next"));
    link.push(C, ...cut(stream));
    assert.deepEqual(framesOf(link, C), [["one", "two"], ["next"]]);
    const kinds = link.told.slice(1).map((each) => (each.kind === "command" ? [each.name, each.bytes] : each.kind));
    const pinged = ["ping", Buffer.from(ping).toString("hex")];
    assert.deepEqual(kinds, [pinged, "message", pinged, "message"]);
  });

  test(`LinkReader reads sizes around every header's limit, ${how}`, () => {
    for (const framing of [1, 2, 3] as const) {
      const link: LinkRecorder =
        framing === 1 ? new LinkRecorder().push(C, hex("0100")).push(S, hex("0100")) : open("PUSH", "PULL");
      const bodies = [0, 1, 252, 253, 254, 255, 256, 70_000].map((size) => new Uint8Array(size).fill(0x61));
      link.push(C, ...cut(encodeMessage(bodies, framing)));
      assert.deepEqual(
        link.of("message").map(({ frames }) => frames.map((frame) => frame.length / 2)),
        [bodies.map(({ length }) => length)],
      );
    }
  });
}

test("LinkReader reads each kind of command", () => {
  const link = open("PUSH", "PULL");
  link.push(
    S,
    encodeCommand("PONG", hex("aa")),
    encodeCommand("SUBSCRIBE", octets("a")),
    encodeCommand("CANCEL", octets("a")),
  );
  link.push(
    S,
    encodeCommand("JOIN", octets("g")),
    encodeCommand("LEAVE", octets("g")),
    encodeCommand("ERROR", hex("0161")),
  );
  link.push(S, encodeCommand("OTHER", hex("00")), hex("0400"));
  assert.deepEqual(
    link.of("command").map(({ name }) => name),
    ["pong", "subscribe", "unsubscribe", "subscribe", "unsubscribe", "error-command", "command", "command"],
  );
});

test("LinkReader ignores MORE on a command", () => {
  const link = open("PUSH", "PULL").push(C, hex("0505 04 504f4e47"), text("whole"));
  assert.deepEqual(framesOf(link, C), [["whole"]]);
});

test("LinkReader counts reserved flag bits and follows the frame", () => {
  const link = open("PUSH", "PULL").push(C, hex("f901 61 f801 62"), text("c"));
  assert.deepEqual(framesOf(link, C), [["a", "b"], ["c"]]);
  assert.equal(link.reader.reservedFrames, 2);
});

test("LinkReader takes the COMMAND bit of ZMTP 2.0 for a reserved one", () => {
  const link = new LinkRecorder()
    .push(C, hex("ff00000000000000017f 01 08 0000"))
    .push(S, hex("ff00000000000000017f 01 07 0000"))
    .push(C, hex("0401 61"));
  assert.deepEqual(framesOf(link, C), [["a"]]);
  assert.equal(link.reader.framing, 2);
  assert.equal(link.reader.reservedFrames, 1);
});

test("LinkReader follows a frame of 2^63-1 octets by count", () => {
  const link = open("PUSH", "PULL").push(C, hex("02 7fffffffffffffff"), new Uint8Array(100_000));
  assert.deepEqual(link.of("fault"), []);
  assert.deepEqual(link.of("message"), []);
  assert.equal(link.isAtGap(C), false);
  assert.ok(link.reader.position(C).octetsToNextHeader > 2 ** 62);
});

test("LinkReader goes opaque at a length of 2^63 or more", () => {
  const link = open("REQ", "REP").push(C, text("", "before"), hex("02 8000000000000000 0001"), text("after"));
  assert.deepEqual(framesOf(link, C), [["", "before"]]);
  const { direction, detail } = link.of("fault")[0]!;
  assert.equal(direction, C);
  assert.deepEqual(detail, {
    code: "bad-length",
    message: "A frame declares a length that no frame can have.",
    bytesHex: "028000000000000000",
  });
  assert.equal(link.reader.handshakeState, "opaque");
  assert.equal(link.of("handshake").length, 1);
  link.push(S, text("", "unread"));
  assert.deepEqual(framesOf(link, S), []);
  assert.match(link.reader.whyNotInject(C)!, /cannot be read/);
});

test("LinkReader goes opaque at a ZMTP 1.0 frame of length 0", () => {
  const link = new LinkRecorder().push(C, hex("0100")).push(S, hex("0100")).push(C, hex("0200 61 0000 61"));
  assert.deepEqual(framesOf(link, C), [["a"]]);
  assert.equal(link.of("fault")[0]!.detail.code, "bad-length");
});

test("LinkReader tells a message before READY as a fault", () => {
  const link = new LinkRecorder().push(C, encodeGreeting("NULL")).push(S, encodeGreeting("NULL"), text("early"));
  assert.deepEqual(link.of("fault"), [
    {
      kind: "fault",
      direction: S,
      detail: { code: "bad-handshake", message: "A message came before the handshake was done.", bytesHex: "0005" },
    },
  ]);
  assert.equal(link.of("handshake")[0]!.detail.state, "failed");
});

const aliens: [string, Uint8Array, RegExp][] = [
  ["SSH", octets("SSH-2.0-OpenSSH_9.2p1\r\n"), /server is an SSH server/],
  ["HTTP", octets("HTTP/1.1 400 Bad Request\r\n"), /server is an HTTP server/],
  ["TLS", hex("1503010002 0246 000000"), /server is TLS/],
  ["noise", hex("1234567890abcdef"), /does not speak ZeroMQ/],
  ["a signature with an even ninth octet", hex("ff 0000000000ffffff 02"), /does not speak ZeroMQ/],
];
for (const [name, bytes, message] of aliens) {
  test(`LinkReader names ${name} by its first octets and says so once`, () => {
    for (const cut of Object.values(cuts)) {
      const link = new LinkRecorder().push(C, hex("ff00000000000000017f")).push(S, ...cut(bytes));
      link.push(C, hex("0101")).reader.close();
      const [fault, ...more] = link.of("fault");
      assert.deepEqual(more, []);
      assert.equal(fault!.detail.code, "not-zmtp");
      assert.match(fault!.detail.message, message);
      assert.ok(fault!.detail.bytesHex.startsWith(Buffer.from(bytes.subarray(0, 8)).toString("hex")));
      assert.equal(link.reader.handshakeState, "opaque");
      assert.equal(link.of("handshake").length, 1);
      assert.deepEqual(link.of("message"), []);
    }
  });
}

test("LinkReader names an HTTP client", () => {
  const link = new LinkRecorder().push(C, octets("GET / HTTP/1.1\r\n"));
  assert.match(link.of("fault")[0]!.detail.message, /client is an HTTP client/);
});

test("LinkReader names a short foreign greeting once the connection closes", () => {
  const link = new LinkRecorder().push(C, hex("ff00000000000000017f")).push(S, octets("hi"));
  assert.deepEqual(link.of("fault"), []);
  link.reader.close();
  assert.equal(link.of("fault")[0]!.detail.code, "not-zmtp");
});

test("LinkReader gives up a side whose partner stays silent", () => {
  const link = new LinkRecorder().push(C, hex("ff00000000000000017f01"), new Uint8Array(5000));
  assert.equal(link.of("fault")[0]!.detail.code, "bad-greeting");
});

test("LinkReader gives up a link of a 3.x peer that did not wait and one of 1.0, which read frames differently", () => {
  const link = new LinkRecorder().push(C, encodeGreeting("NULL")).push(S, hex("0100"));
  assert.equal(link.of("fault")[0]?.detail.code, "bad-greeting");
  assert.equal(link.reader.handshakeState, "opaque");
});

test("LinkReader refuses a greeting without a mechanism", () => {
  const greeting = encodeGreeting("NULL").fill(0, 12);
  const link = new LinkRecorder().push(C, encodeGreeting("NULL").subarray(0, 11)).push(S, greeting);
  assert.match(link.of("fault")[0]!.detail.message, /names no mechanism/);
});

test("LinkReader reads a peer that sends everything before the other side has spoken", () => {
  const link = new LinkRecorder();
  link.push(C, join(encodeGreeting("NULL"), encodeReady("PUSH"), text("at once")));
  assert.deepEqual(framesOf(link, C), [["at once"]]);
  assert.equal(link.reader.handshakeState, "waiting");
  link.push(S, encodeGreeting("NULL"), encodeReady("PULL"));
  assert.equal(link.reader.handshakeState, "done");
});

test("LinkReader reads a 2.0 peer's early message where it lay once the other side has spoken", () => {
  const link = new LinkRecorder().push(C, hex("ff00000000000000017f 01 08 0000 0001"), hex("61"));
  assert.deepEqual(link.told, []);
  link.push(S, hex("ff00000000000000017f"));
  assert.deepEqual(framesOf(link, C), [["a"]]);
});

for (const vector of loadVectors().filter(({ name }) => /req-rep-.*(null|plain)/.test(name))) {
  test(`LinkReader says failed or waits when ${vector.name} is cut at any octet of its handshake`, () => {
    const pieces = piecesOf(vector);
    pieces.forEach(({ bytes }, index) => {
      for (const [head] of everySplit(bytes)) {
        const link = new LinkRecorder({ client: "REQ", server: "REP" });
        for (const before of pieces.slice(0, index)) link.push(before.direction, before.bytes);
        link.push(pieces[index]!.direction, head);
        const { handshakeState } = link.reader;
        assert.ok(handshakeState === "waiting" || handshakeState === "done");
        assert.equal(link.reader.handshakeDetail().state, handshakeState);
        link.reader.close();
        link.reader.close();
        const [handshake, ...more] = link.of("handshake");
        assert.deepEqual(more, []);
        assert.equal(handshake!.detail.state, handshakeState === "done" ? "done" : "failed");
        assert.equal(/^(connected|older-zmtp)$/.test(handshake!.detail.verdict?.id ?? ""), handshakeState === "done");
      }
    });
  });
}

test("LinkReader tells a refused handshake with its reason", () => {
  const link = new LinkRecorder()
    .push(C, encodeGreeting("NULL"))
    .push(S, encodeGreeting("NULL"))
    .push(C, encodeReady("REQ"))
    .push(S, encodeCommand("ERROR", hex("03 343030")), encodeCommand("ERROR", hex("03 343030")));
  assert.equal(link.reader.handshakeState, "failed");
  assert.equal(link.of("handshake").length, 1);
  assert.equal(link.reader.verdict?.id, "refused");
  assert.match(link.of("handshake")[0]!.detail.verdict!.sentence, /The server's authenticator .*status 400/);
  assert.match(link.reader.whyNotInject(S)!, /failed/);
});

test("LinkReader judges a link that stands still, and then by who closes it", () => {
  const link = new LinkRecorder().push(C, encodeGreeting("NULL").subarray(0, 10));
  link.reader.stalled();
  assert.equal(link.reader.verdict?.id, "silent-server");
  const other = new LinkRecorder().push(C, encodeGreeting("NULL").subarray(0, 10));
  other.reader.close("server");
  assert.equal(other.of("handshake")[0]!.detail.verdict?.id, "closed-at-once");
});

test("LinkReader gives up a link whose octets are made of others that cannot be followed any further", () => {
  const link = open("REQ", "REP");
  link.reader.giveUp(S, "not-http", "The server does not speak HTTP.");
  link.push(C, encodeMessage([new Uint8Array(0), octets("late")]));
  assert.equal(link.reader.handshakeState, "opaque");
  assert.deepEqual(link.of("fault"), [
    {
      kind: "fault",
      direction: S,
      detail: { code: "not-http", message: "The server does not speak HTTP.", bytesHex: "" },
    },
  ]);
  assert.equal(link.of("message").length, 0);
});

test("LinkReader tells socket types that do not fit as a failed handshake", () => {
  const link = open("PUSH", "REP");
  assert.equal(link.reader.handshakeState, "failed");
  assert.match(link.of("handshake")[0]!.detail.verdict!.sentence, /a PUSH cannot talk to a REP/);
});

/** The two greetings of a PLAIN link. */
const plain = (): LinkRecorder => new LinkRecorder().push(C, encodeGreeting("PLAIN")).push(S, encodeGreeting("PLAIN"));
const hello = join(octets("\x04\x18\x05HELLO\x05admin\x0bsecret-word"));

test("LinkReader reads libzmq's misspelt ERROR of PLAIN", () => {
  const link = plain().push(C, hello).push(S, hex("0409 5e52524f52 03 343030"));
  assert.equal(link.of("handshake")[0]!.detail.verdict!.id, "plain-refused");
  assert.equal(link.of("handshake")[0]!.detail.user, "admin");
  assert.match(Buffer.concat(link.kept[S]).toString("latin1"), /\^RROR\x03400$/);
});

for (const vector of loadVectors().filter(({ mechanism }) => mechanism === "PLAIN")) {
  for (const [how, cut] of Object.entries(cuts)) {
    test(`LinkReader keeps no password of ${vector.name}, ${how}`, () => {
      const link = new LinkRecorder();
      for (const { direction, bytes } of piecesOf(vector)) link.push(direction, ...cut(bytes));
      const kept = Buffer.concat(link.kept[C]).toString("latin1");
      assert.doesNotMatch(kept, /secret|word/);
      assert.match(kept, /admin\x0b\*{11}/);
      const all = piecesOf(vector).filter(({ direction }) => direction === C);
      assert.equal(kept.length, join(...all.map(({ bytes }) => bytes)).length);
    });
  }
}

test("LinkReader tells no password that stands in the place of a command's name", () => {
  for (const [name, told] of [
    ["HELLO\x05admin\x06secret", "unknown command"],
    ["secret", "unknown command"],
    ["HELLO", "HELLO"],
  ] as const) {
    const link = new LinkRecorder().push(C, encodeGreeting("PLAIN")).push(S, encodeGreeting("PLAIN"));
    link.push(C, encodeCommand(name, octets("")));
    link.reader.close();
    assert.ok(!JSON.stringify(link.told).includes("secret"), name);
    assert.equal(link.of("handshake")[0]!.detail.steps.at(-1)?.what, told);
  }
});

test("LinkReader keeps nothing of a PLAIN link that went opaque in its handshake", () => {
  const link = plain().push(C, join(hex("0018"), hello.subarray(2)));
  assert.deepEqual(link.of("fault")[0]!.detail.bytesHex, "");
  assert.doesNotMatch(Buffer.concat(link.kept[C]).toString("latin1"), /admin|secret/);
  assert.equal(link.reader.borrowKept(C, hello).length, 0);
  assert.equal(link.reader.borrowKept(S, hello).length, 0);
});

test("LinkReader hands bytes without secrets through unchanged", () => {
  const link = open("REQ", "REP");
  const bytes = text("", "x");
  assert.equal(link.reader.borrowKept(C, bytes), bytes);
});

test("LinkReader tells encrypted frames whatever their COMMAND flag", () => {
  const sealed = octets("\x07MESSAGE and the box");
  const link = new LinkRecorder().push(C, encodeGreeting("CURVE")).push(S, encodeGreeting("CURVE"));
  link.push(C, encodeCommand("HELLO", new Uint8Array(194))).push(S, encodeCommand("WELCOME", new Uint8Array(160)));
  link.push(C, encodeCommand("INITIATE", new Uint8Array(249)));
  assert.equal(link.reader.handshakeState, "waiting");
  link.push(C, ...cuts["byte by byte"]!(encodeMessage([sealed])));
  assert.equal(link.reader.handshakeState, "done");
  link.push(
    S,
    encodeCommand("READY", new Uint8Array(60)),
    encodeCommand("MESSAGE", octets(" box")),
    encodeMessage([sealed]),
  );
  assert.deepEqual(
    link.of("encrypted").map(({ direction, sizeBytes }) => [direction, sizeBytes]),
    [
      [C, 20],
      [S, 12],
      [S, 20],
    ],
  );
  assert.equal(link.reader.encrypted, true);
  assert.equal(link.isAtGap(C), false);
  assert.match(link.reader.whyNotInject(C)!, /encrypted/);
  assert.deepEqual(link.of("message"), []);
});

test("LinkReader keeps subscriptions as a set, in both encodings and from whichever side listens", () => {
  const subscribe = (topic: string): Uint8Array => encodeSubscription(octets(topic), true, "3.1");
  const link = open("XPUB", "XSUB").push(S, subscribe("a"), subscribe("a"), subscribe("b"), subscribe(""));
  link.push(S, text("\x01abc"), text("\x00b"), text("\x02user"), text(""), text("\x01x", "y"));
  const topics = (): string[] => link.reader.subscriptions(10).topics.map((topic) => Buffer.from(topic).toString());
  assert.deepEqual(topics(), ["a", "", "abc"]);
  assert.deepEqual(framesOf(link, S), [["\x02user"], [""], ["\x01x", "y"]]);
  assert.equal(link.reader.isSubscribed(octets("zebra")), true);
  link.push(S, encodeSubscription(octets(""), false, "3.0"), encodeSubscription(octets("a"), false, "3.1"));
  assert.deepEqual(topics(), ["abc"]);
  assert.equal(link.reader.isSubscribed(octets("zebra")), false);
  assert.equal(link.reader.isSubscribed(octets("ab")), false);
  assert.equal(link.reader.isSubscribed(octets("abcd")), true);
  assert.deepEqual(link.reader.subscriptions(0), { topics: [], count: 1 });
  assert.deepEqual(
    link
      .of("command")
      .map(({ name }) => name)
      .slice(-2),
    ["unsubscribe", "unsubscribe"],
  );
});

test("LinkReader counts a topic too long to keep, and none of its octets", () => {
  const link = open("SUB", "PUB").push(C, encodeSubscription(new Uint8Array(70_000), true, "3.1"));
  assert.equal(link.of("command")[0]!.name, "subscribe");
  assert.equal(link.reader.subscriptions(10).count, 0);
  assert.deepEqual(link.reader.overflow, { exchanges: 0, subscriptions: 1 });
});

test("LinkReader matches groups of DISH as a whole", () => {
  const link = open("DISH", "RADIO").push(C, encodeCommand("JOIN", octets("news")));
  assert.equal(link.reader.isSubscribed(octets("news")), true);
  assert.equal(link.reader.isSubscribed(octets("newsflash")), false);
});

test("LinkReader counts a ZMTP 1.0 subscriber as subscribed to everything", () => {
  const link = new LinkRecorder().push(C, hex("0100")).push(S, hex("ff00000000000000017f"));
  assert.equal(link.reader.isSubscribed(octets("anything")), true);
  assert.deepEqual(link.reader.sockets, { client: null, server: null });
});

/** A subscription as libzmq 4.3.4 writes it: the long length without the flag. */
const brokenTopics: [string, SocketType, string, number, string][] = [
  ["SUBSCRIBE of 246 octets on 3.1", "SUB", "04 0000000000000100 09", 246, "SUBSCRIBE"],
  ["SUBSCRIBE of 255 octets on 3.1", "XSUB", "04 0000000000000109 09", 255, "SUBSCRIBE"],
  ["CANCEL of 249 octets on 3.1", "SUB", "04 0000000000000100 06", 249, "CANCEL"],
  ["a subscription message of 255 octets on 3.0 from a SUB", "SUB", "00 0000000000000100 01", 255, ""],
  ["a subscription message of 255 octets on 3.0 from an XSUB", "XSUB", "00 0000000000000100 01", 255, ""],
];
for (const [name, socket, header, size, command] of brokenTopics) {
  test(`LinkReader goes opaque at ${name}, which libzmq 4.3.4 breaks`, () => {
    for (const cut of Object.values(cuts)) {
      const link = open(socket, "PUB", command === "" ? 0 : 1).push(C, encodeSubscription(octets("fine"), true, "3.1"));
      link.push(C, ...cut(join(hex(header), octets(command), new Uint8Array(size).fill(0x74))));
      link.push(C, encodeSubscription(octets("unread"), true, "3.1"));
      assert.deepEqual(
        link.of("fault").map(({ detail }) => detail.code),
        ["broken-topic"],
      );
      assert.equal(link.reader.subscriptions(10).count, 1);
      assert.ok(link.of("message").length <= 3);
    }
  });
}

test("LinkReader reads long topics that are written properly", () => {
  const topic = new Uint8Array(300).fill(0x74);
  const link = open("SUB", "PUB").push(
    C,
    encodeSubscription(topic, true, "3.1"),
    encodeSubscription(topic, false, "3.0"),
  );
  assert.deepEqual(link.of("fault"), []);
  assert.deepEqual(
    link.of("command").map(({ name }) => name),
    ["subscribe", "unsubscribe"],
  );
});

test("LinkReader pairs REQ and REP in order, whichever side listens", () => {
  const link = open("REP", "REQ").push(S, text("", "q1")).push(C, text("", "a1")).push(S, text("", "q2"));
  assert.equal(link.reader.pending, 1);
  link.reader.close();
  assert.deepEqual(states(link), [
    [1, "pending"],
    [1, 2, false],
    [3, "pending"],
    [3, "lost"],
  ]);
});

test("LinkReader pairs a correlated REQ by its request id", () => {
  const ask = (id: string, question: string): Uint8Array => encodeMessage([hex(id), hex(""), octets(question)]);
  const link = open("REQ", "ROUTER").push(C, ask("00000001", "q1"), ask("ff000002", "q2"));
  link.push(S, ask("ff000002", "a2"), ask("00000001", "a1"), ask("00000009", "a9"));
  assert.deepEqual(states(link), [
    [1, "pending"],
    [1, "abandoned"],
    [2, "pending"],
    [2, 3, false],
    [1, 4, false],
    [5, "unasked"],
  ]);
});

test("LinkReader takes four octets for a request id only right before the delimiter", () => {
  const link = open("REQ", "ROUTER")
    .push(C, text("", "four"))
    .push(S, text("four", "x", "", "y"), text("", "late"));
  link.push(C, text("", "next")).push(S, text("four"));
  assert.deepEqual(states(link), [
    [1, "pending"],
    [1, 2, false],
    [3, "unasked"],
    [4, "pending"],
    [4, 5, false],
  ]);
});

test("LinkReader guesses that a reply belongs to the newest request of a relaxed REQ", () => {
  const link = open("REQ", "ROUTER")
    .push(C, text(""), text("", "q1"), text("", "q2"))
    .push(S, text("", "a"), text("", "b"));
  assert.deepEqual(states(link), [
    [2, "pending"],
    [2, "abandoned"],
    [3, "pending"],
    [3, 4, true],
    [5, "unasked"],
  ]);
});

test("LinkReader pairs a DEALER's requests to REP only where they have a delimiter", () => {
  const link = open("DEALER", "REP").push(C, text("lost"), text("", "q1"), text("id", "", "q2"));
  link.push(S, text("", "a1"), text("id", "", "a2"));
  assert.deepEqual(states(link), [
    [2, "pending"],
    [3, "pending"],
    [2, 4, false],
    [3, 5, false],
  ]);
});

test("LinkReader pairs nothing between DEALER and ROUTER", () => {
  const link = open("DEALER", "ROUTER").push(C, text("", "q")).push(S, text("", "a"));
  assert.deepEqual(states(link), []);
});

test("LinkReader pairs requests that ZMTP 2.0 peers send before the handshake is done", () => {
  const link = new LinkRecorder().push(C, hex("ff00000000000000017f 01 03")).push(S, hex("ff00000000000000017f 01 04"));
  link.push(C, hex("0000 0100 0001 71"));
  assert.equal(link.reader.handshakeState, "waiting");
  link.push(S, hex("0000 0100 0001 61"));
  assert.deepEqual(states(link), [
    [1, "pending"],
    [1, 2, false],
  ]);
});

test("LinkReader.gapIn stops at the first point between two messages", () => {
  const link = open("PUSH", "PULL");
  assert.equal(link.pushToGap(C, text("whole")), 0);
  link.push(C, hex("01"));
  assert.deepEqual(link.reader.position(C), {
    insideMessage: true,
    octetsToNextHeader: -1,
    headerHex: "01",
    more: false,
  });
  assert.equal(link.pushToGap(C, hex("01 61")), -1);
  assert.deepEqual(link.reader.position(C), {
    insideMessage: true,
    octetsToNextHeader: 0,
    headerHex: "",
    more: true,
  });
  const ping = encodeCommand("PING", hex("0000"));
  const rest = join(ping, hex("0002 6262"), text("later"));
  const read = link.pushToGap(C, rest);
  assert.equal(read, ping.length + 4);
  assert.equal(link.isAtGap(C), true);
  assert.deepEqual(link.reader.position(C), {
    insideMessage: false,
    octetsToNextHeader: 0,
    headerHex: "",
    more: false,
  });
  link.push(C, text("injected"), rest.subarray(read));
  assert.deepEqual(framesOf(link, C).slice(1), [["injected"], ["later"]]);
});

test("LinkReader.gapIn gives the whole length when the gap is the chunk's end", () => {
  const link = open("PUSH", "PULL").push(C, hex("0005 6161"));
  assert.deepEqual(link.reader.position(C), {
    insideMessage: true,
    octetsToNextHeader: 3,
    headerHex: "",
    more: false,
  });
  assert.equal(link.pushToGap(C, hex("616161")), 3);
});

test("LinkReader.stepIn stops where the handshake may be done, in whatever pieces it comes", () => {
  const greeting = encodeGreeting("NULL");
  const ready = encodeReady("PUSH");
  const all = join(greeting, ready, text("first"), text("second"));
  for (const size of [1, 7, all.length]) {
    const link = new LinkRecorder().push(S, join(greeting, encodeReady("PULL")));
    const stops: number[] = [];
    for (let at = 0; at < all.length;) {
      const piece = all.subarray(at, at + size);
      const step = link.reader.stepIn(C, piece);
      assert.ok(step >= 1 && step <= piece.length);
      link.push(C, piece.subarray(0, step));
      at += step;
      if (link.isAtGap(C)) stops.push(at);
    }
    assert.equal(stops[0], greeting.length + ready.length);
    assert.deepEqual(framesOf(link, C), [["first"], ["second"]]);
  }
});

test("LinkReader.stepIn takes all where nothing more can be told", () => {
  const waiting = new LinkRecorder().push(C, encodeGreeting("NULL"));
  assert.equal(waiting.reader.stepIn(C, text("ahead")), text("ahead").length);
  assert.equal(open("PUSH", "PULL").reader.stepIn(C, text("message")), text("message").length);
  const shaking = new LinkRecorder().push(S, encodeGreeting("NULL")).push(C, encodeGreeting("NULL"));
  assert.equal(shaking.reader.stepIn(C, hex("02 ff")), 2);
  assert.equal(shaking.reader.stepIn(C, hex("06 ff 00 00 00 00 00 00 00 aa bb")), 9);
});

test("LinkReader.gapIn finds no gap where there is none to find", () => {
  const link = new LinkRecorder();
  assert.equal(link.pushToGap(C, encodeGreeting("NULL")), -1);
  assert.equal(link.pushToGap(S, join(encodeGreeting("NULL"), encodeReady("PULL"))), -1);
  assert.match(link.reader.whyNotInject(C)!, /not done/);
  assert.equal(link.pushToGap(C, encodeReady("PUSH")), -1);
  assert.equal(link.reader.whyNotInject(C), null);
  assert.equal(link.isAtGap(C), true);
  link.push(C, hex("02 ff"));
  assert.equal(link.pushToGap(C, hex("ffffffffffffff 00")), -1);
  assert.equal(link.pushToGap(C, text("unread")), -1);
});

test("LinkReader says whether a command is under way without calling it a message", () => {
  const link = open("PUSH", "PULL").push(C, hex("0407 04"));
  assert.deepEqual(link.reader.position(C), {
    insideMessage: false,
    octetsToNextHeader: 6,
    headerHex: "",
    more: false,
  });
  assert.equal(link.isAtGap(C), false);
});

test("LinkReader accepts empty chunks anywhere", () => {
  const link = new LinkRecorder().push(C, hex(""));
  link.push(C, encodeGreeting("NULL"), hex("")).push(S, hex(""), encodeGreeting("NULL"), encodeReady("PULL"));
  link.push(C, encodeReady("PUSH"), hex(""), text("a"), hex(""));
  assert.deepEqual(framesOf(link, C), [["a"]]);
});

test("LinkReader never throws and never tells more than it was given, on 20,000 mutated streams", () => {
  const vectors = loadVectors();
  const pick = random(20_261_120);
  for (let round = 0; round < 20_000; round++) {
    const vector = vectors[pick(vectors.length)]!;
    const isKnown = pick(2) === 0;
    const link = new LinkRecorder(isKnown ? { client: vector.client.socket, server: vector.server.socket } : undefined);
    let pushedBytes = 0;
    for (const piece of piecesOf(vector)) {
      const bytes = piece.bytes.slice();
      for (let change = pick(4); change > 0 && bytes.length > 0; change--) bytes[pick(bytes.length)] = pick(256);
      const kept = pick(8) === 0 ? bytes.subarray(0, pick(bytes.length + 1)) : bytes;
      const cut = pick(kept.length + 1);
      pushedBytes += kept.length;
      link.push(piece.direction, kept.subarray(0, cut));
      if (pick(4) === 0 && link.reader.handshakeState === "done") {
        const read = link.pushToGap(piece.direction, kept.subarray(cut));
        if (read >= 0) link.push(piece.direction, kept.subarray(cut).subarray(read));
      } else link.push(piece.direction, kept.subarray(cut));
    }
    link.reader.close();
    assert.ok(link.of("fault").length <= 1);
    assert.equal(link.of("handshake").length, 1);
    const toldBytes = link.of("message").reduce((sum, { sizeBytes, frames }) => sum + sizeBytes + 2 * frames.length, 0);
    assert.ok(toldBytes <= pushedBytes);
    assert.equal(link.reader.pending, 0);
  }
});

test("LinkReader never throws on random octets behind a handshake that is done", () => {
  const pick = random(7);
  const pairs: [SocketType, SocketType][] = [
    ["REQ", "ROUTER"],
    ["SUB", "XPUB"],
    ["XSUB", "PUB"],
    ["DEALER", "REP"],
  ];
  for (let round = 0; round < 5000; round++) {
    const link = open(...pairs[round % pairs.length]!);
    for (let chunk = 0; chunk < 4; chunk++) {
      const bytes = Uint8Array.from({ length: pick(40) }, () => (pick(3) === 0 ? pick(256) : pick(8)));
      link.push(pick(2) === 0 ? C : S, bytes);
    }
    link.reader.close();
    assert.ok(link.of("fault").length <= 1);
  }
});

test("LinkReader's recorded CURVE link tells its handshake before the first encrypted frame", () => {
  const link = new LinkRecorder();
  for (const { direction, bytes } of piecesOf(loadVector("push-pull-4.3.4-4.3.4-curve"))) link.push(direction, bytes);
  assert.equal(link.told[0]!.kind, "handshake");
  assert.deepEqual(link.of("handshake")[0]!.detail.sockets, { client: null, server: null });
});

test("LinkReader knows where the traffic of each direction begins, however the octets were cut", () => {
  for (const vector of loadVectors()) {
    const found = [-1, -1];
    const whole = new LinkRecorder();
    for (const { direction, bytes } of piecesOf(vector)) whole.push(direction, bytes);
    for (const direction of [C, S]) found[direction] = whole.reader.beginning(direction).octets;
    const cut = new LinkRecorder();
    for (const { direction, bytes } of piecesOf(vector)) {
      for (const octet of bytes) cut.push(direction, Uint8Array.of(octet));
    }
    for (const side of BOTH) {
      const { octets: sure, isWhole } = cut.reader.beginning(side);
      assert.deepEqual([sure, isWhole], [found[side], whole.reader.beginning(side).isWhole], vector.name);
      const stream = join(...piecesOf(vector).flatMap(({ direction, bytes }) => (direction === side ? [bytes] : [])));
      const first = cut.of("message").find(({ direction }) => direction === side);
      if (first === undefined || cut.of("command").length > 0) continue;
      const traffic = encodeMessage(first.frames.map((frame) => hex(frame)));
      const isOld = cut.reader.framing === 1;
      if (!isOld) assert.deepEqual(stream.subarray(sure, sure + traffic.length), traffic, vector.name);
    }
  }
});

test("LinkReader is sure of whole handshake frames only, and of none before the greeting is there", () => {
  const link = new LinkRecorder().push(C, encodeGreeting("NULL").subarray(0, 40));
  assert.deepEqual(link.reader.beginning(C), { octets: 0, isWhole: false });
  link.push(C, encodeGreeting("NULL").subarray(40)).push(S, encodeGreeting("NULL"));
  const ready = encodeReady("PUSH");
  link.push(C, ready.subarray(0, 1));
  assert.deepEqual(link.reader.beginning(C), { octets: 64, isWhole: false });
  link.push(C, ready.subarray(1, 9));
  assert.deepEqual(link.reader.beginning(C), { octets: 64, isWhole: false });
  link.push(C, join(ready.subarray(9), text("first")));
  assert.deepEqual(link.reader.beginning(C), { octets: 64 + ready.length, isWhole: true });
});

test("LinkReader is sure of what stands before a frame that declares more than a number counts", () => {
  const link = new LinkRecorder().push(C, encodeGreeting("NULL")).push(S, encodeGreeting("NULL"), encodeReady("REP"));
  for (const piece of [hex("06 7fffffffffffff00 0552454144"), new Uint8Array(700), new Uint8Array(5)]) {
    link.push(C, piece);
    assert.deepEqual(link.reader.beginning(C), { octets: 64, isWhole: false });
  }
});

test("LinkReader takes a sealed direction's handshake for whole once both are ready", () => {
  const greeting = encodeGreeting("CURVE");
  const link = new LinkRecorder().push(C, greeting).push(S, greeting);
  const hello = encodeCommand("HELLO", new Uint8Array(194));
  const welcome = encodeCommand("WELCOME", new Uint8Array(160));
  const initiate = encodeCommand("INITIATE", new Uint8Array(260));
  const ready = encodeCommand("READY", new Uint8Array(100));
  const sealed = encodeCommand("MESSAGE", new Uint8Array(40));
  link.push(C, hello).push(S, welcome).push(C, initiate);
  assert.equal(link.reader.beginning(C).isWhole, false);
  link.push(S, join(ready, sealed.subarray(0, 10)));
  const client = 64 + hello.length + initiate.length;
  const server = 64 + welcome.length + ready.length;
  assert.deepEqual(link.reader.beginning(C), { octets: client, isWhole: true });
  assert.deepEqual(link.reader.beginning(S), { octets: server, isWhole: true });
  link.push(S, sealed.subarray(10)).push(C, sealed);
  assert.deepEqual(link.reader.beginning(C), { octets: client, isWhole: true });
  assert.deepEqual(link.reader.beginning(S), { octets: server, isWhole: true });
});

test("LinkReader.position says whether the message goes on behind the frame under way", () => {
  const link = open("PUSH", "PULL").push(C, hex("0104 61"));
  assert.deepEqual(link.reader.position(C), {
    insideMessage: true,
    octetsToNextHeader: 3,
    headerHex: "",
    more: true,
  });
  link.push(C, hex("616161 0407 04"));
  assert.equal(link.reader.position(C).more, true);
});

test("LinkReader goes on in the middle of a link whose handshake it is told", () => {
  const known = open("REQ", "REP").reader.handshakeDetail();
  const link = new LinkRecorder();
  link.reader.restore({ ...known, user: "admin" }, 1);
  link.reader.resume(C, 3);
  link.reader.resume(S, 3);
  link.push(S, text("", "answer to what was before")).push(C, text("", "q")).push(S, text("", "a"));
  assert.deepEqual(link.of("paired"), [{ kind: "paired", request: 2, reply: 3, guessed: false }]);
  assert.equal(link.of("handshake").length, 0);
  assert.deepEqual(link.reader.handshakeDetail(), { ...known, user: "admin" });
  assert.equal(link.reader.handshakeState, "done");
});

test("LinkReader pairs nothing once messages are missing, and goes on at the next one", () => {
  const link = open("REQ", "REP").push(C, text("", "q")).push(S, hex("0104 61"));
  link.reader.restore(link.reader.handshakeDetail(), null);
  link.reader.resume(S, 3);
  link.push(S, text("", "later")).push(C, text("", "q")).push(S, text("", "a"));
  assert.deepEqual(link.of("paired"), []);
  assert.equal(link.reader.position(S).insideMessage, false);
});

test("LinkReader goes on with boxes where the mechanism is one that seals", () => {
  const known = open("PUSH", "PULL").reader.handshakeDetail();
  const link = new LinkRecorder();
  link.reader.restore({ ...known, mechanism: "CURVE", client: { ...known.client, mechanism: null } }, 0);
  link.reader.resume(C, 3);
  link.push(C, text("sealed"));
  assert.deepEqual(link.of("encrypted"), [{ kind: "encrypted", direction: C, sizeBytes: 6 }]);
});

test("LinkReader goes on by the framing of old versions, and never on an opaque link", () => {
  const known = open("PUSH", "PULL").reader.handshakeDetail();
  const link = new LinkRecorder();
  link.reader.restore({ ...known, version: "1.0" }, 0);
  link.reader.resume(C, 1);
  link.push(C, hex("02 00 61"), hex("ff ff ff ff ff ff ff ff ff 00"));
  assert.deepEqual(framesOf(link, C), [["a"]]);
  link.reader.resume(C, 1);
  link.push(C, hex("02 00 61"));
  assert.equal(framesOf(link, C).length, 1);
});
