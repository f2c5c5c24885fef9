import assert from "node:assert/strict";
import { test } from "node:test";
import { TcpPacket } from "../../../src/proxy/files/tcpPacket.ts";
import { distance, type TcpConversation, TcpStreams } from "../../../src/proxy/files/tcpStreams.ts";
import { ACK, FIN, ipv4, RST, type Segment, SYN, Talk } from "../../support/captureFiles.ts";
import { octets } from "../../support/octets.ts";
import { random } from "../../support/random.ts";

/** What is told, in one line each. */
function streamsOf(): {
  streams: TcpStreams;
  told: string[];
  play: (segments: readonly Segment[]) => void;
  opened: TcpConversation[];
} {
  const told: string[] = [];
  const opened: TcpConversation[] = [];
  const streams = new TcpStreams({
    opened: (conversation, hasSyn) => {
      opened.push(conversation);
      told.push(`opened ${hasSyn ? "with" : "without"} SYN, client ${conversation.ends[0].port}`);
      return {
        octets: (direction, bytes, from, to) => void told.push(`${direction}: ${bytes.toString("latin1", from, to)}`),
        hole: (direction, count) => void told.push(`${direction}: hole of ${count}`),
        ended: ({ by, reset, isCut }) =>
          void told.push(`ended by ${by}${reset ? ", reset" : ""}${isCut ? ", cut" : ""}`),
      };
    },
  });
  const packet = new TcpPacket();
  let time = 0;
  const play = (segments: readonly Segment[]): void => {
    for (const segment of segments) {
      const bytes = ipv4(segment);
      assert.equal(packet.read(bytes, 0, bytes.length, bytes.length, 101), "tcp");
      streams.segment(packet, bytes, time++, null);
    }
  };
  return { streams, told, play, opened };
}

const data = (sequence: number, text: string, direction: 0 | 1 = 0): Segment => ({
  direction,
  sequence,
  payload: octets(text),
});
const syn: Segment = { direction: 0, sequence: 99, flags: SYN };

test("TcpStreams gives octets in order, once, and the first ones where segments overlap", () => {
  const { told, play, streams } = streamsOf();
  play([
    syn,
    data(104, "EFGH"),
    data(100, "ab"),
    data(102, "CDXX"),
    data(100, "zzzz"),
    data(106, "99ij"),
    data(110, "k"),
  ]);
  assert.deepEqual(told, ["opened with SYN, client 40001", "0: ab", "0: CD", "0: EFGH", "0: ij", "0: k"]);
  assert.equal(streams.repeatedBytes, 4 + 2);
  assert.equal(streams.waitingBytes, 0);
});

test("TcpStreams keeps of waiting segments what came first", () => {
  const { told, play } = streamsOf();
  play([syn, data(105, "55"), data(103, "33xx88"), data(101, "11yy"), data(100, "0")]);
  assert.equal(
    told
      .slice(1)
      .map((line) => line.slice(3))
      .join(""),
    "011335588",
  );
});

test("TcpStreams follows sequence numbers over their end", () => {
  const { told, play } = streamsOf();
  const start = 0xfffffffd;
  play([{ ...syn, sequence: start - 1 }, data(start + 2, "cdef"), data(start, "ab"), data(start + 6, "g")]);
  assert.deepEqual(told.slice(1), ["0: ab", "0: cdef", "0: g"]);
  assert.equal(distance(0xffffffff, 1), 2);
  assert.equal(distance(1, 0xffffffff), -2);
});

test("TcpStreams gives the known stream back from any order of any pieces of it", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const pick = random(seed);
    const stream = Array.from({ length: 1 + pick(400) }, () => String.fromCharCode(97 + pick(26))).join("");
    const start = pick(2) === 0 ? 5000 : 0xffffff00;
    const segments: Segment[] = [];
    for (let at = 0; at < stream.length;) {
      const size = 1 + pick(30);
      segments.push(data(start + at, stream.slice(at, at + size)));
      at += size;
    }
    for (let count = pick(30); count > 0; count--) {
      const at = pick(stream.length);
      segments.push(data(start + at, stream.slice(at, at + 1 + pick(50))));
    }
    for (let index = segments.length - 1; index > 0; index--) {
      const other = pick(index + 1);
      [segments[index], segments[other]] = [segments[other]!, segments[index]!];
    }
    const { told, play, streams } = streamsOf();
    play([{ ...syn, sequence: start - 1 }, ...segments]);
    assert.equal(
      told
        .slice(1)
        .map((line) => line.slice(3))
        .join(""),
      stream,
      `seed ${seed}`,
    );
    assert.equal(streams.waitingBytes, 0, `seed ${seed}`);
  }
});

test("TcpStreams gives up a hole when a conversation ends, and says how large it was", () => {
  const end = (last: Segment): string[] => {
    const { told, play, streams } = streamsOf();
    play([syn, data(100, "a"), data(105, "b"), last]);
    streams.end(0);
    return told.slice(1);
  };
  assert.deepEqual(end({ ...data(106, ""), flags: RST }), ["0: a", "0: hole of 4", "0: b", "ended by 0, reset"]);
  assert.deepEqual(end({ ...data(110, ""), flags: FIN | ACK }), [
    "0: a",
    "0: hole of 4",
    "0: b",
    "0: hole of 4",
    "ended by 0",
  ]);
  assert.deepEqual(end(data(106, "c")), ["0: a", "0: hole of 4", "0: bc".slice(0, 4), "0: c", "ended by null, cut"]);
});

test("TcpStreams gives up a hole when too much waits behind it", () => {
  const { told, play, streams } = streamsOf();
  play([syn, data(100, "a")]);
  for (let index = 0; index < 40; index++) play([data(200 + index * 30_000, "x".repeat(30_000))]);
  assert.equal(told.filter((line) => line.includes("hole")).join(), "0: hole of 99");
  assert.equal(streams.waitingBytes, 0);
  const many = streamsOf();
  many.play([syn, data(100, "a")]);
  for (let index = 0; index < 3000; index++) many.play([data(200 + index * 2, "x")]);
  assert.ok(many.streams.waitingBytes < 1024 * 200);
});

test("TcpStreams gives up a hole once its receiver has acknowledged what lies behind", () => {
  const { told, play } = streamsOf();
  play([syn, data(100, "a"), data(105, "b")]);
  const acknowledge: Segment = { direction: 1, sequence: 1, acknowledgement: 106 };
  play(Array.from({ length: 15 }, () => acknowledge));
  assert.equal(told.length, 2);
  play([acknowledge]);
  assert.deepEqual(told.slice(2), ["0: hole of 4", "0: b"]);
});

test("TcpStreams bounds what waits over all conversations", () => {
  const { play, streams } = streamsOf();
  for (let index = 0; index < 100; index++) {
    const ports = [10_000 + index, 5556] as const;
    play([{ ...syn, ports }]);
    for (let part = 0; part < 17; part++) play([{ ...data(200 + part * 60_000, "x".repeat(60_000)), ports }]);
  }
  assert.ok(streams.waitingBytes <= 65 * 1024 * 1024, `${streams.waitingBytes}`);
});

test("TcpStreams tells who ended a conversation", () => {
  const { told, play } = streamsOf();
  play(
    new Talk()
      .say(0, octets("x"))
      .add(1, FIN | ACK)
      .add(0, FIN | ACK)
      .add(1, ACK).segments,
  );
  // What comes after the end is of no interest.
  play([
    { direction: 0, sequence: 1001, payload: octets("x") },
    { direction: 1, sequence: 5002, flags: RST },
  ]);
  assert.deepEqual(told, ["opened with SYN, client 40001", "0: x", "ended by 1"]);
});

test("TcpStreams takes the side of the SYN for the client, else that of the higher port", () => {
  const client = (...segments: Segment[]): string => {
    const { told, play } = streamsOf();
    play(segments);
    return told[0]!;
  };
  const ports = [5556, 40_001] as const;
  assert.equal(client({ ...syn, ports }), "opened with SYN, client 5556");
  assert.equal(client({ direction: 1, sequence: 5, flags: SYN | ACK, ports }), "opened with SYN, client 5556");
  assert.equal(client({ ...data(5, "x"), ports }), "opened without SYN, client 40001");
  assert.equal(client({ ...data(5, "x", 1), ports: [40_001, 5556] }), "opened without SYN, client 40001");
});

test("TcpStreams takes another SYN for another conversation, and the same one for none", () => {
  const { told, play, streams } = streamsOf();
  play([syn, data(100, "a"), syn, data(101, "b"), { ...syn, sequence: 7000 }, data(7001, "c")]);
  assert.deepEqual(told, [
    "opened with SYN, client 40001",
    "0: a",
    "0: b",
    "ended by null, cut",
    "opened with SYN, client 40001",
    "0: c",
  ]);
  assert.equal(streams.count, 2);
});

test("TcpStreams ignores what says nothing", () => {
  const { told, play, streams } = streamsOf();
  play([
    { direction: 0, sequence: 5 },
    { direction: 1, sequence: 5, flags: RST },
  ]);
  assert.deepEqual([told, streams.count], [[], 0]);
});

test("TcpStreams goes on where it is told to", () => {
  const { told, play, streams, opened } = streamsOf();
  play([syn, data(105, "waits")]);
  streams.expect(opened[0]!, 0, 500);
  assert.equal(streams.waitingBytes, 0);
  play([data(105, "old"), data(500, "new")]);
  assert.deepEqual(told.slice(1), ["0: new"]);
  assert.equal(streams.find(opened[0]!.ends), opened[0]);
  assert.equal(streams.find([opened[0]!.ends[1], opened[0]!.ends[0]]), opened[0]);
  assert.equal(streams.find([opened[0]!.ends[1], opened[0]!.ends[1]]), undefined);
});

test("TcpStreams remembers a bounded number of conversations", () => {
  const { told, play, streams } = streamsOf();
  for (let index = 0; index < 20_000; index++) play([{ ...syn, ports: [1 + index, 60_000 + (index & 7)] }]);
  const open =
    told.filter((line) => line.startsWith("opened")).length - told.filter((line) => line.startsWith("ended")).length;
  assert.ok(open <= 16_384 && open > 15_000, `${open}`);
  streams.end(0);
});
