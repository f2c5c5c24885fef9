import assert from "node:assert/strict";
import { test } from "node:test";
import { type SocksEvent, SocksReader, SOCKS_REPLY, socksReply } from "../../../src/proxy/relay/socksReader.ts";
import { cuts, everySplit } from "../../support/cuts.ts";
import { hex, octets } from "../../support/octets.ts";
import { random } from "../../support/random.ts";

const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(parts.flatMap((part) => [...part]));
const GREETING = hex("05 01 00");
const NAME = join(hex("05 01 00 03 09"), octets("LocalHost"), hex("15b4"));

const METHODS = { kind: "methods", offersNone: true };
const connect = (host: string, port = 5556, rest = ""): unknown => ({
  kind: "connect",
  host,
  port,
  rest: octets(rest),
});
const fault = (reply: number | null, problem: string): unknown => ({ kind: "fault", reply, problem });

const cases: readonly [string, Uint8Array, readonly unknown[]][] = [
  ["what libzmq says for a name", join(GREETING, NAME), [METHODS, connect("localhost")]],
  ["an IPv4 address", join(GREETING, hex("05 01 00 01 7f000001 15b4")), [METHODS, connect("127.0.0.1")]],
  ["::1", join(GREETING, hex(`05 01 00 04 ${"00".repeat(15)}01 15b4`)), [METHODS, connect("::1")]],
  ["::", join(GREETING, hex(`05 01 00 04 ${"00".repeat(16)} 15b4`)), [METHODS, connect("::")]],
  [
    "an IPv6 address with two runs of zeros, the longer of which is left out",
    join(GREETING, hex("05 01 00 04 20010db8000000000001000000000000 15b4")),
    [METHODS, connect("2001:db8:0:0:1::")],
  ],
  [
    "an IPv6 address in which a single zero stays",
    join(GREETING, hex("05 01 00 04 20010db8 0000 0001 0001 0001 0001 0001 15b4")),
    [METHODS, connect("2001:db8:0:1:1:1:1:1")],
  ],
  [
    "an IPv6 address without zeros",
    join(GREETING, hex("05 01 00 04 20010db8000100020003000400050006 15b4")),
    [METHODS, connect("2001:db8:1:2:3:4:5:6")],
  ],
  ["several methods", join(hex("05 03 02 80 00"), NAME), [METHODS, connect("localhost")]],
  ["methods without none", hex("05 02 01 02"), [{ kind: "methods", offersNone: false }]],
  ["no methods at all", hex("05 00"), [{ kind: "methods", offersNone: false }]],
  [
    "what an eager client sends at once",
    join(GREETING, NAME, octets("\xff\0")),
    [METHODS, connect("localhost", 5556, "\xff\0")],
  ],
  ["the highest port", join(GREETING, hex("05 01 00 01 7f000001 ffff")), [METHODS, connect("127.0.0.1", 65535)]],
  [
    "a greeting of ZMTP",
    hex("ff 00"),
    [fault(null, "it speaks ZeroMQ at once, without asking for a server by SOCKS5")],
  ],
  [
    "a greeting of ZMTP 1.0",
    hex("01 00"),
    [fault(null, "it speaks ZeroMQ at once, without asking for a server by SOCKS5")],
  ],
  ["SOCKS4", hex("04 01"), [fault(null, "it speaks SOCKS4, and SOCKS5 is needed")]],
  ["TLS", hex("16 03"), [fault(null, "it speaks TLS")]],
  ["HTTP", octets("GET / HTTP/1.1"), [fault(null, "it speaks HTTP, or another protocol of text")]],
  ["noise", hex("99"), [fault(null, "it does not speak SOCKS5")]],
  ["a request of another version", join(GREETING, hex("04")), [METHODS, fault(1, "its request is none of SOCKS5")]],
  ["BIND", join(GREETING, hex("05 02")), [METHODS, fault(7, "it asked for command 2, and only CONNECT (1) is known")]],
  [
    "an unknown kind of address",
    join(GREETING, hex("05 01 00 02")),
    [METHODS, fault(8, "it asked for an address of the unknown kind 2")],
  ],
  [
    "an empty name",
    join(GREETING, hex("05 01 00 03 00 15b4")),
    [METHODS, fault(4, "it asked for a name that no host can have")],
  ],
  [
    "a name with a line end",
    join(GREETING, hex("05 01 00 03 02 610a 15b4")),
    [METHODS, fault(4, "it asked for a name that no host can have")],
  ],
  [
    "port 0",
    join(GREETING, hex("05 01 00 01 7f000001 0000")),
    [METHODS, fault(5, "it asked for port 0, where nothing can listen")],
  ],
];

/** Octets behind a request may come in pieces: only those in its own chunk are handed over with it. */
function read(chunks: readonly Uint8Array[]): readonly SocksEvent[] {
  const reader = new SocksReader();
  return chunks.flatMap((chunk) => reader.push(chunk));
}

const withoutRest = (events: readonly unknown[]): unknown[] =>
  events.map((event) => ({ ...(event as object), rest: undefined }));

for (const [what, bytes, expected] of cases) {
  test(`SocksReader reads ${what}`, () => {
    assert.deepEqual(read([bytes]), expected);
    for (const [name, cut] of Object.entries(cuts)) {
      assert.deepEqual(withoutRest(read(cut(bytes))), withoutRest(expected), name);
    }
    for (const parts of everySplit(bytes)) assert.deepEqual(withoutRest(read(parts)), withoutRest(expected));
  });
}

test("SocksReader says nothing as long as something is missing", () => {
  const whole = join(GREETING, NAME);
  for (let size = 0; size < whole.length; size++) {
    const kinds = read([whole.subarray(0, size)]).map(({ kind }) => kind);
    assert.deepEqual(kinds, size < GREETING.length ? [] : ["methods"]);
  }
});

test("SocksReader hands over every octet behind the request that came with it, once", () => {
  const reader = new SocksReader();
  const greeting = octets("\xff\0\0\0\0\0\0\0\x01\x7f");
  const [, request] = reader.push(join(GREETING, NAME, greeting));
  assert.deepEqual(request?.kind === "connect" && request.rest, greeting);
  assert.deepEqual(reader.push(octets("more")), []);
});

test("SocksReader keeps what it was given when its chunk is used again", () => {
  const reader = new SocksReader();
  const chunk = join(GREETING, NAME.subarray(0, 8));
  reader.push(chunk);
  chunk.fill(0xee);
  assert.deepEqual(reader.push(NAME.subarray(8)), [connect("localhost")]);
});

test("SocksReader takes any octets in any chunks: at most one of each event, the same however they are cut, never more", () => {
  const pick = random(1928);
  const seeds = cases.map(([, bytes]) => bytes);
  for (let round = 0; round < 20_000; round++) {
    const bytes = Uint8Array.from(seeds[pick(seeds.length)]!);
    for (let changes = pick(4); changes > 0; changes--) bytes[pick(bytes.length)] = pick(256);
    const whole = read([bytes]);
    assert.ok(whole.length <= 2);
    assert.ok(whole.slice(0, -1).every(({ kind }) => kind === "methods"));
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length;) {
      const size = 1 + pick(6);
      chunks.push(bytes.subarray(at, at + size));
      at += size;
    }
    assert.deepEqual(withoutRest(read(chunks)), withoutRest(whole));
  }
});

test("socksReply writes where our own connection comes from, and nothing where there is none", () => {
  assert.deepEqual(socksReply(SOCKS_REPLY.refused), hex("05 05 00 01 00000000 0000"));
  assert.deepEqual(socksReply(SOCKS_REPLY.succeeded, hex("7f000001"), 5556), hex("05 00 00 01 7f000001 15b4"));
});
