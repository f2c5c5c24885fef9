import assert from "node:assert/strict";
import { test } from "node:test";
import { readCustomBlock, readHandshake, readMark } from "../../../src/proxy/files/linkRecords.ts";
import { random } from "../../support/random.ts";

const link = { zmqTap: "link", link: 3, tap: "t", tapName: "orders", client: "c", server: "s", origin: "call" };

test("readCustomBlock reads the record of a link that begins here", () => {
  assert.deepEqual(readCustomBlock(JSON.stringify(link)), {
    kind: "link",
    record: {
      link: 3,
      tap: "t",
      tapName: "orders",
      origin: "call",
      client: "c",
      server: "s",
      sockets: null,
      decrypted: false,
      middle: null,
    },
  });
});

test("readCustomBlock reads where a link stands", () => {
  const handshake = { state: "done", version: "3.1", mechanism: "NULL", sockets: { client: "REQ", server: "REP" } };
  const position = { insideMessage: true, octetsToNextHeader: -2, headerHex: "0200", more: true };
  const read = readCustomBlock(
    JSON.stringify({
      ...link,
      framing: "zmtp2",
      nextSequence: [1, 2],
      octetsBefore: [2, 1],
      octetsRead: [1, 1],
      handshake,
      positions: [position, {}],
      pending: 3,
      preamble: ["aabb", "cc"],
    }),
  );
  assert.ok(read?.kind === "link");
  assert.deepEqual(read.record.sockets, { client: "REQ", server: "REP" });
  assert.deepEqual(read.record.middle, {
    nextSequence: [1, 2],
    octetsBefore: [2, 1],
    octetsRead: [1, 1],
    framing: 2,
    handshake: readHandshake(handshake),
    positions: [position, { insideMessage: false, octetsToNextHeader: 0, headerHex: "", more: false }],
    pending: 3,
    preamble: [Buffer.from("aabb", "hex"), Buffer.from("cc", "hex")],
  });
});

test("readCustomBlock reads events with their times", () => {
  const event = { zmqTap: "event", event: "gap", tap: "t", tapName: "n", link: 4, detail: { a: 1 } };
  const read = (more: object): unknown => {
    const block = readCustomBlock(JSON.stringify({ ...event, ...more }));
    return block?.kind === "event" ? [block.event.link, block.event.timeNs, block.event.detail] : null;
  };
  assert.deepEqual(read({ time: "2025-11-24T16:00:00.000000007Z" }), [4, 1_764_000_000_000_000_007n, { a: 1 }]);
  assert.deepEqual(read({ link: null, time: "9999-99-99T99:00:00.000000000Z" }), [null, null, { a: 1 }]);
  assert.deepEqual(read({ detail: [], time: 5 }), [4, null, {}]);
  assert.equal(read({ event: "no such event" }), null);
});

test("readCustomBlock takes nothing that is not ours", () => {
  for (const json of ["", "{", "null", "[]", "5", '"text"', '{"zmqTap":"other"}', '{"zmqTap":"link"}']) {
    assert.equal(readCustomBlock(json), null);
  }
  for (const bad of [{ link: 0 }, { link: 2 ** 40 }, { link: 1.5 }, { client: 5 }, { server: null }]) {
    assert.equal(readCustomBlock(JSON.stringify({ ...link, ...bad })), null);
  }
});

test("readHandshake gives back what a handshake row was written from", () => {
  const said = {
    state: "failed",
    version: "3.0",
    mechanism: "PLAIN",
    sockets: { client: "SUB", server: null },
    client: { version: "3.0", mechanism: "PLAIN", socket: "SUB", identityHex: "6d65", metadata: { "X-Name": "n" } },
    server: { version: null, mechanism: null, socket: null, identityHex: "", metadata: {} },
    steps: [
      { leg: null, from: "client", what: "HELLO" },
      { leg: "server", from: "tap", what: "ERROR" },
    ],
    user: "admin",
    rekeyed: { client: "CURVE", server: "NULL", clientKey: "key", isHostOrder: true, freshPairTo: "server" },
  };
  const verdict = { id: "v", sentence: "s", advice: "a", candidates: ["c"], retries: "yes", leg: "client" };
  assert.deepEqual(readHandshake({ ...said, verdict: { ...verdict, certain: true, probe: false } }), {
    ...said,
    verdict: { ...verdict, isCertain: true, offersProbe: false },
  });
});

test("readHandshake and readCustomBlock take values of any shape", () => {
  const values = [
    null,
    undefined,
    5,
    -1,
    "x",
    [],
    [1],
    {},
    { client: 7, server: [] },
    true,
    1e300,
    "zz",
    { a: { b: 1 } },
  ];
  const keys = [
    "state",
    "version",
    "sockets",
    "client",
    "server",
    "steps",
    "verdict",
    "rekeyed",
    "user",
    "handshake",
    "positions",
    "nextSequence",
    "octetsBefore",
    "octetsRead",
    "pending",
    "framing",
    "preamble",
    "detail",
    "time",
    "event",
    "tap",
  ];
  for (let seed = 1; seed <= 2000; seed++) {
    const pick = random(seed);
    const value: Record<string, unknown> = { ...link, zmqTap: pick(2) === 0 ? "link" : "event", event: "fault" };
    for (let count = pick(10); count > 0; count--) value[keys[pick(keys.length)]!] = values[pick(values.length)];
    readCustomBlock(JSON.stringify(value));
    readHandshake(value);
  }
});

test("readMark reads pins and notes, and nothing else", () => {
  assert.deepEqual(readMark('zmqTap: {"pinned":true,"note":"look","n":123}'), { pinned: true, note: "look" });
  assert.deepEqual(readMark('zmqTap: {"note":"only"}'), { pinned: false, note: "only" });
  for (const comment of ["origin: replay", "zmqTap: {", "zmqTap: {}", 'zmqTap: {"note":5}', '{"pinned":true}']) {
    assert.equal(readMark(comment), null);
  }
});
