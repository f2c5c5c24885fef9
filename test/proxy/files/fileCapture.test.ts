import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { after, test } from "node:test";
import { Capture } from "../../../src/proxy/capture/capture.ts";
import { clockOfFile, FileCapture } from "../../../src/proxy/files/fileCapture.ts";
import { encodeFrame, encodeGreeting, encodeMessage, encodeReady } from "../../../src/proxy/wire/writer.ts";
import type { SocketType } from "../../../src/shared/model.ts";
import {
  ACK,
  FIN,
  ipv4,
  ipv6,
  links,
  openBytes,
  pcap,
  PcapngBuilder,
  RST,
  rowLines,
  type Segment,
  START_NS,
  SYN,
  Talk,
} from "../../support/captureFiles.ts";
import { encode } from "../../support/captures.ts";
import { join, octets } from "../../support/octets.ts";
import { random } from "../../support/random.ts";

const folder = mkdtempSync(joinPath(tmpdir(), "zmq-tap-files-"));
after(() => rmSync(folder, { recursive: true }));

const text = (...frames: string[]): Uint8Array => encodeMessage(frames.map(octets));

/** SYN, greetings and READY of both sides. */
function greet(talk: Talk, client: SocketType = "PUSH", server: SocketType = "PULL"): Talk {
  return talk
    .say(0, encodeGreeting("NULL"))
    .say(1, join(encodeGreeting("NULL"), encodeReady(server)))
    .say(0, encodeReady(client));
}

const three = (): Talk => greet(new Talk()).say(0, text("one"), text("two", "parts"), text("three"));
const THREE_ROWS = ["[link-opened]", "[handshake]", "client: one", "client: two|parts", "client: three"];

for (const [name, { type, wrap }] of Object.entries(links)) {
  test(`FileCapture reads messages of ${name}`, () => {
    for (const ip of [ipv4, ipv6]) {
      const packets = three()
        .close()
        .packets((segment) => wrap(ip(segment)));
      const { capture, summary } = openBytes(pcap(packets, { linkType: type }));
      assert.deepEqual(rowLines(capture), [...THREE_ROWS, "[link-closed]"]);
      assert.deepEqual([summary.conversations, summary.zeromq, summary.problem], [1, 1, null]);
    }
  });
}

test("FileCapture reads IPv4 and IPv6 by their own link types", () => {
  for (const [linkType, ip] of [
    [228, ipv4],
    [229, ipv6],
  ] as const) {
    const { capture } = openBytes(
      pcap(
        three().packets((segment) => ip(segment)),
        { linkType },
      ),
    );
    assert.deepEqual(rowLines(capture), THREE_ROWS);
  }
});

test("FileCapture gives rows the times of their packets, to the nanosecond", () => {
  const talk = three();
  for (const file of [
    pcap(talk.packets()),
    pcap(talk.packets(), { isLittle: false }),
    pcap(talk.packets(), { isNano: false, isLittle: false }),
  ]) {
    const { capture } = openBytes(file);
    const row = capture.row(3)!;
    assert.equal(capture.clock.toIso(row.timeNs), "2025-11-24T16:00:00.000005000Z");
  }
});

test("FileCapture names taps by their servers, and tells addresses, sockets and the protocol", () => {
  const { capture } = openBytes(pcap(three().packets()));
  const row = capture.row(3)!;
  assert.deepEqual([row.tapName, row.origin], ["tcp://10.0.0.2:5556", "wire"]);
  assert.deepEqual(row.link!.sockets, { client: "PUSH", server: "PULL" });
  assert.equal(row.link!.info.client, "10.0.0.1:40001");
  assert.ok(row.link!.facts.some(({ value }) => value === "ZMTP 3.1"));
});

test("FileCapture pairs requests and replies", () => {
  const talk = greet(new Talk(), "REQ", "REP").say(0, text("", "q")).say(1, text("", "a"));
  const { capture } = openBytes(pcap(talk.packets()));
  assert.deepEqual(
    [capture.row(3)!.partner, capture.row(3)!.exchange, capture.row(4)!.latencyNs],
    [4, "answered", 1000],
  );
});

test("FileCapture counts conversations that are not ZeroMQ's, and makes no rows of them", () => {
  const others = [
    "GET / HTTP/1.1\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00",
    "SSH-2.0-OpenSSH\r\n",
    "\x05\x00random",
    "\xff\xfd\x18\xff\xfd\x20\xff\xfd\x23\xff\xfd",
  ];
  const packets = others.flatMap((said, index) => {
    const talk = new Talk({ ports: [50_000 + index, 80] })
      .say(0, octets(said))
      .say(1, octets(`${said}answer`))
      .close();
    return talk.packets();
  });
  const { capture, summary } = openBytes(pcap([...packets, ...three().packets()]));
  assert.deepEqual(rowLines(capture), THREE_ROWS);
  assert.deepEqual([summary.conversations, summary.zeromq], [6, 1]);
});

test("FileCapture shows who else spoke to a ZeroMQ server", () => {
  const talk = new Talk().say(0, octets("GET / HTTP/1.1\r\n\r\n")).say(1, encodeGreeting("NULL")).close();
  const { capture } = openBytes(pcap(talk.packets()));
  assert.deepEqual(rowLines(capture), ["[link-opened]", "[fault!]", "[handshake!]", "[link-closed]"]);
});

test("FileCapture reads ZMTP 1.0, which has no signature", () => {
  const old = (...frames: string[]): Uint8Array => encodeMessage(frames.map(octets), 1);
  const talk = new Talk().say(0, octets("\x01\x00"), old("a"), old("b")).say(1, octets("\x01\x00"));
  const { capture } = openBytes(pcap(talk.packets()));
  assert.deepEqual(rowLines(capture).slice(-3), ["client: a", "client: b", "[handshake]"]);
});

test("FileCapture masks PLAIN passwords", () => {
  const hello = encodeFrame(octets("\x05HELLO\x04user\x06secret"), 4);
  const talk = new Talk()
    .say(1, encodeGreeting("PLAIN"))
    .say(0, join(encodeGreeting("PLAIN"), hello))
    .close();
  const { capture } = openBytes(pcap(talk.packets()));
  const kept = Buffer.concat(capture.borrowSections()).toString("latin1");
  assert.ok(kept.includes("user"));
  assert.ok(!kept.includes("secret"));
});

test("FileCapture shows encrypted frames as such", () => {
  const box = (command: string): Uint8Array => encodeFrame(octets(command), 4);
  const talk = new Talk()
    .say(1, encodeGreeting("CURVE"))
    .say(0, join(encodeGreeting("CURVE"), box(`\x05HELLO${"x".repeat(194)}`)))
    .say(1, box(`\x07WELCOME${"x".repeat(160)}`))
    .say(0, box(`\x08INITIATE${"x".repeat(300)}`))
    .say(1, box(`\x05READY${"x".repeat(30)}`))
    .say(0, encodeFrame(octets(`\x07MESSAGE${"x".repeat(40)}`), 0));
  assert.deepEqual(rowLines(openBytes(pcap(talk.packets())).capture), ["[link-opened]", "[handshake]", "client: <48>"]);
});

test("FileCapture reads a file the same wherever it is cut into parts", () => {
  const file = pcap(three().close().packets());
  for (let part = 1; part < 200; part++)
    assert.deepEqual(rowLines(openBytes(file, part).capture), [...THREE_ROWS, "[link-closed]"]);
});

test("FileCapture says where a file ends too early, at every cut of it", () => {
  const files = [pcap(three().packets()), new PcapngBuilder().section().face().packet(three().packets()[0]!).bytes];
  for (const file of files) {
    for (let cut = 0; cut < file.length; cut++) {
      const { summary, capture } = openBytes(file.subarray(0, cut));
      const lines = rowLines(capture);
      assert.deepEqual(lines, THREE_ROWS.slice(0, lines.length));
      assert.ok(summary.problem === null || summary.problem.offset <= cut, `cut at ${cut}`);
      if (cut < 4) assert.match(summary.problem!.message, /empty|no capture/);
    }
  }
});

test("FileCapture says of what is no capture that it is none", () => {
  const say = (bytes: Uint8Array): string => openBytes(bytes).summary.problem!.message;
  assert.match(say(octets("%PDF-1.7 and so on")), /is no capture/);
  assert.match(say(octets("\x1f\x8b\x08\x00rest")), /gzip/);
});

test("FileCapture puts segments in order that came out of order, again, or overlapping", () => {
  for (let seed = 1; seed <= 150; seed++) {
    const pick = random(seed);
    const messages = Array.from({ length: 30 }, (_, index) => `message ${index} ${"x".repeat(pick(40))}`);
    const stream = join(...messages.map((message) => text(message)));
    const talk = greet(new Talk({ starts: [0xffffff80, 7] }));
    const base = talk.next[0];
    const parts: Segment[] = [];
    for (let at = 0; at < stream.length;) {
      const size = 1 + pick(60);
      const from = Math.max(0, at - pick(10));
      parts.push({
        direction: 0,
        sequence: base + from,
        payload: stream.subarray(from, at + size),
        acknowledgement: talk.next[1],
      });
      at += size;
      if (pick(4) === 0) parts.push(parts[pick(parts.length)]!);
    }
    for (let index = 0; index < parts.length; index++) {
      const other = Math.min(parts.length - 1, index + pick(4));
      [parts[index], parts[other]] = [parts[other]!, parts[index]!];
    }
    const packets = [...talk.segments, ...parts].map((segment, index) => ({ bytes: ipv4(segment), ns: index }));
    const rows = rowLines(openBytes(pcap(packets)).capture);
    assert.deepEqual(
      rows.slice(2),
      messages.map((message) => `client: ${message}`),
      `seed ${seed}`,
    );
  }
});

test("FileCapture takes a new SYN between the same ends for a new conversation", () => {
  const again = greet(new Talk({ starts: [90_000, 91_000] })).say(0, text("again"));
  const { capture, summary } = openBytes(pcap([...three().packets(), ...again.packets()]));
  assert.deepEqual(rowLines(capture), [...THREE_ROWS, "[link-opened]", "[handshake]", "client: again"]);
  assert.notEqual(capture.row(3)!.link, capture.row(8)!.link);
  assert.equal(summary.conversations, 2);
});

test("FileCapture takes a SYN that is sent again for the same conversation", () => {
  const talk = three();
  const packets = talk.packets();
  const { capture, summary } = openBytes(
    pcap([packets[0]!, ...packets.slice(0, 5), packets[0]!, packets[1]!, ...packets.slice(5)]),
  );
  assert.deepEqual(rowLines(capture), THREE_ROWS);
  assert.equal(summary.conversations, 1);
});

test("FileCapture tells who closed a conversation, and how", () => {
  const closing = (talk: Talk): unknown => {
    const { capture } = openBytes(pcap(talk.packets()));
    const { by, reset, messages } = capture.row(capture.lastN)!.detail!;
    return [by, reset, messages];
  };
  assert.deepEqual(closing(three().close()), ["client", false, 3]);
  assert.deepEqual(
    closing(
      three()
        .add(1, FIN | ACK)
        .add(0, FIN | ACK),
    ),
    ["server", false, 3],
  );
  assert.deepEqual(closing(three().add(1, RST)), ["server", true, 3]);
});

test("FileCapture goes on behind a hole within a frame at the next message, and says how much is missing", () => {
  const long = encode([Buffer.alloc(1000, 0x61)]);
  const talk = greet(new Talk())
    .say(0, text("first"), long.subarray(0, 100))
    .lose(0, 500)
    .say(0, long.subarray(600), text("next"))
    .close();
  const { capture } = openBytes(pcap(talk.packets()));
  assert.deepEqual(rowLines(capture), [
    "[link-opened]",
    "[handshake]",
    "client: first",
    "[gap!]",
    "client: next",
    "[link-closed]",
  ]);
  assert.deepEqual(capture.row(4)!.detail, {
    from: "client",
    octets: 500,
    passed: 409,
    message: "500 octets from the client are missing in the file; 409 more were passed over up to the next message",
  });
});

test("FileCapture goes on behind a hole between two frames where it can be proved", () => {
  const talk = greet(new Talk()).say(0, text("first")).lose(0, 77);
  for (let index = 0; index < 12; index++) talk.say(0, text(`after ${index}`));
  const { capture } = openBytes(pcap(talk.close().packets()));
  const lines = rowLines(capture);
  assert.deepEqual(lines.slice(0, 5), ["[link-opened]", "[handshake]", "client: first", "[gap!]", "client: after 4"]);
  assert.equal(lines.at(-2), "client: after 11");
});

test("FileCapture shows nothing behind a hole where nothing can be proved", () => {
  const talk = greet(new Talk()).say(0, text("first")).lose(0, 77).say(0, octets("no frames at all, just some text"));
  const { capture } = openBytes(pcap(talk.close().packets()));
  assert.deepEqual(rowLines(capture), ["[link-opened]", "[handshake]", "client: first", "[fault!]", "[link-closed]"]);
  assert.equal(capture.row(4)!.detail!["code"], "octets-missing");
});

test("FileCapture does not pair requests and replies across a hole", () => {
  const talk = greet(new Talk(), "REQ", "REP").say(0, text("", "q1"));
  const reply = text("", "a".repeat(200));
  talk
    .say(1, reply.subarray(0, 20))
    .lose(1, 50)
    .say(1, reply.subarray(70))
    .say(0, text("", "q2"))
    .say(1, text("", "a2"));
  const { capture } = openBytes(pcap(talk.packets()));
  assert.equal(capture.row(capture.lastN)!.partner, null);
});

test("FileCapture says what packets are missing that were cut when they were captured", () => {
  const long = encode([Buffer.alloc(600, 0x61)]);
  const talk = greet(new Talk()).say(0, long, text("next"));
  const packets = talk
    .packets()
    .map((packet) => ({ ...packet, bytes: packet.bytes.subarray(0, 244), original: packet.bytes.length }));
  const { capture } = openBytes(pcap(packets));
  assert.deepEqual(rowLines(capture).slice(2), ["[gap!]", "client: next"]);
  assert.equal(capture.row(3)!.detail!["octets"], 609 - 200);
});

test("FileCapture goes on in a conversation whose beginning is not in the file", () => {
  const talk = new Talk({ hasSyn: false });
  for (let index = 0; index < 12; index++) talk.say(0, text(`message ${index}`));
  const { capture, summary } = openBytes(pcap(talk.close().packets()));
  const lines = rowLines(capture);
  assert.deepEqual(lines.slice(0, 3), ["[link-opened]", "[gap!]", "client: message 4"]);
  assert.match(String(capture.row(2)!.detail!["message"]), /the beginning of what the client sent/);
  assert.deepEqual([lines.at(-2), lines.at(-1)], ["client: message 11", "[link-closed]"]);
  assert.equal(summary.zeromq, 1);
});

test("FileCapture reads a beginning whose SYN is not in the file", () => {
  const talk = greet(new Talk({ hasSyn: false })).say(0, text("one"));
  assert.deepEqual(rowLines(openBytes(pcap(talk.packets())).capture), ["[link-opened]", "[handshake]", "client: one"]);
});

test("FileCapture shows a beginning that is missing as opaque where nothing can be proved, unless it is another protocol's", () => {
  const say = (said: string): string[] => {
    const talk = new Talk({ hasSyn: false }).say(0, octets(said)).close();
    return rowLines(openBytes(pcap(talk.packets())).capture);
  };
  assert.deepEqual(say("\x80\x81\x82\x83\x84"), ["[link-opened]", "[fault!]", "[link-closed]"]);
  assert.deepEqual(say("\x17\x03\x03\x00\x05hello"), []);
  assert.deepEqual(say("<html>some page of text</html>"), []);
});

test("FileCapture takes boxes in the middle of a conversation for what they are", () => {
  const talk = new Talk({ hasSyn: false });
  for (let index = 0; index < 12; index++)
    talk.say(0, encodeFrame(octets(`\x07MESSAGE\0\0\0\0\0\0\0${index}${"\x9c".repeat(30)}`), 0));
  const lines = rowLines(openBytes(pcap(talk.packets())).capture);
  assert.match(lines.at(-1)!, /^client: <4\d>$/);
});

test("FileCapture counts fragments, damaged packets and other protocols", () => {
  const segment: Segment = { direction: 0, sequence: 1, payload: octets("x") };
  const packets = [ipv4(segment, { fragment: 0x2000 }), ipv4(segment, { protocol: 17 }), Buffer.of(0x45, 0)].map(
    (bytes) => ({ bytes }),
  );
  const { summary } = openBytes(pcap(packets));
  assert.deepEqual([summary.packets, summary.fragments, summary.damaged, summary.conversations], [3, 1, 1, 0]);
});

test("FileCapture reads a file part by part, tells its progress and can be cancelled", async () => {
  const talk = greet(new Talk());
  for (let index = 0; index < 60; index++) talk.say(0, encode([Buffer.alloc(60_000, index)]));
  const path = joinPath(folder, "large.pcap");
  writeFileSync(path, pcap(talk.close().packets()));
  const read = async (signal?: AbortSignal, onProgress: (at: number, of: number) => void = () => undefined) => {
    const clock = await clockOfFile(path);
    assert.equal(clock.anchorNs > START_NS - 1000n && clock.anchorNs < START_NS + 1000n, true);
    const capture = new Capture({ maxBytes: 0, clock });
    const file = new FileCapture({ capture, clock });
    return { summary: await file.read(path, { ...(signal && { signal }), onProgress }), capture };
  };
  const progress: number[] = [];
  const { capture, summary } = await read(undefined, (at, of) => void progress.push(at / of));
  assert.deepEqual([progress[0], progress.at(-1), progress.length > 3], [0, 1, true]);
  assert.deepEqual([capture.lastN, summary.problem, summary.isCancelled], [63, null, false]);
  const stop = new AbortController();
  const cancelled = await read(stop.signal, (at) => at > 0 && stop.abort());
  assert.deepEqual([cancelled.summary.isCancelled, cancelled.summary.problem], [true, null]);
  assert.ok(cancelled.capture.lastN < 40);
});

test("FileCapture refuses a file that cannot be opened with one sentence", async () => {
  await assert.rejects(clockOfFile(joinPath(folder, "none")), { code: "cannot-read-file", message: /no such file/ });
  await assert.rejects(clockOfFile(folder), { code: "cannot-read-file", message: /folder/ });
});

test("FileCapture never throws, hangs or reads for long, whatever the octets are", () => {
  const talk = three().lose(0, 3).say(0, text("a"), text("b")).close();
  const good = [
    pcap(talk.packets()),
    new PcapngBuilder().section().face().custom({ zmqTap: "link", link: 3, client: "a", server: "b" }).bytes,
    Buffer.concat([ownFile(1)]),
  ];
  const until = Date.now() + 3000;
  for (let seed = 1; seed <= 4000 && Date.now() < until; seed++) {
    const pick = random(seed);
    const base = good[pick(good.length)]!;
    const bytes = pick(10) === 0 ? Buffer.from(Array.from({ length: pick(300) }, () => pick(256))) : Buffer.from(base);
    for (let count = pick(8); count > 0 && bytes.length > 0; count--) bytes[pick(bytes.length)] = pick(256);
    try {
      const { capture, summary } = openBytes(bytes, 1 + pick(bytes.length + 1));
      rowLines(capture);
      assert.ok(summary.problem === null || summary.problem.message.endsWith("."));
    } catch (cause) {
      throw new Error(`seed ${seed}`, { cause });
    }
  }
});

/** A capture as a tap would write it, with one link. */
function ownFile(messages: number): Buffer {
  const capture = new Capture({ maxBytes: 0 });
  const link = capture.openLink({
    link: 1,
    tap: "t",
    tapName: "tap",
    origin: "wire",
    client: "127.0.0.1:1000",
    server: "127.0.0.1:2",
    record: () => ({}),
  });
  capture.event(link, "t", "tap", "link-opened", { client: "c", server: "s", origin: "wire" });
  capture.append(link, 1, join(encodeGreeting("NULL"), encodeReady("PULL")), 0);
  capture.append(link, 0, join(encodeGreeting("NULL"), encodeReady("PUSH")), 0);
  capture.event(link, "t", "tap", "handshake", { state: "done" });
  for (let index = 0; index < messages; index++) capture.append(link, 0, text(`message ${index}`), 0);
  capture.closeLink(link);
  return Buffer.concat(capture.borrowSections());
}

test("FileCapture ignores a stray SYN, and reads what a SYN carries", () => {
  const talk = new Talk({ hasSyn: false });
  talk.add(0, SYN, encodeGreeting("NULL")).add(1, SYN | ACK, join(encodeGreeting("NULL"), encodeReady("PULL")));
  talk.say(0, encodeReady("PUSH"), text("fast"));
  assert.deepEqual(rowLines(openBytes(pcap(talk.packets())).capture), ["[link-opened]", "[handshake]", "client: fast"]);
});

test("FileCapture hands over pins, notes and origins that packet comments tell, by the rows of their messages", () => {
  const talk = three().say(0, text("noted"), text("plain"), join(text("first"), text("second")));
  const comments: Record<number, string[]> = {
    5: ["origin: replay"],
    8: ['zmqTap: {"pinned":true,"note":"look here","n":123}', "origin: call"],
    9: ["origin: bridge"],
    7: ["origin: watch"],
    10: ['zmqTap: {"pinned":true}'],
  };
  const builder = new PcapngBuilder().section().face();
  const { client, server } = { client: "10.0.0.1:40001", server: "10.0.0.2:5556" };
  builder.custom({ zmqTap: "link", link: 9, tap: "t", tapName: "orders", origin: "wire", client, server });
  talk.packets().forEach((packet, index) => builder.packet({ ...packet, comments: comments[index] ?? [] }));
  const { capture, marks } = openBytes(builder.bytes);
  assert.deepEqual(
    rowLines(capture),
    ["one", "two|parts", "three", "noted", "plain", "first", "second"].map((said) => `client: ${said}`),
  );
  assert.deepEqual(marks, [
    [4, { pinned: true, note: "look here" }],
    [6, { pinned: true, note: "" }],
  ]);
  const origins = [1, 2, 3, 4, 5].map((n) => capture.row(n)!.origin);
  assert.deepEqual(origins, ["replay", "wire", "watch", "call", "bridge"]);
  assert.deepEqual([capture.row(1)!.tapName, capture.row(1)!.link!.info.link], ["orders", 9]);
});

test("FileCapture takes the record before a SYN for that of its conversation, whatever ports it names", () => {
  const record = { zmqTap: "link", link: 9, tap: "t", tapName: "orders", client: "1.2.3.4:5", server: "1.2.3.4:6" };
  const builder = new PcapngBuilder().section().face();
  for (const ports of [
    [40_001, 5556],
    [40_002, 5556],
  ] as const) {
    builder.custom(record);
    for (const packet of greet(new Talk({ ports })).say(0, text("one")).close().packets()) builder.packet(packet);
  }
  const { capture } = openBytes(builder.bytes);
  assert.deepEqual(rowLines(capture), ["client: one", "client: one"]);
  assert.deepEqual(
    [1, 2].map((n) => capture.row(n)!.link!.info.link),
    [9, 10],
  );
});
