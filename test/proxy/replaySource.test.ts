import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture, type CapturedLink } from "../../src/proxy/capture/capture.ts";
import { ReplaySource } from "../../src/proxy/replaySource.ts";
import type { SocketType } from "../../src/shared/model.ts";
import { encode, openLink, say } from "../support/captures.ts";

type Options = ConstructorParameters<typeof ReplaySource>[2];
const TO_ENDPOINT: Options = { from: null, as: null, isToEndpoint: true };

function captured(): Capture {
  return new Capture({ maxBytes: 0 });
}

function link(capture: Capture, client: SocketType | null, server: SocketType | null): CapturedLink {
  return openLink(capture, { sockets: { client, server } });
}

const source = (capture: Capture, options: Partial<Options> = {}): ReplaySource =>
  new ReplaySource(capture, { kind: "all" }, { ...TO_ENDPOINT, ...options });

test("ReplaySource loads the octets of a message, and says who sent it", () => {
  const capture = captured();
  const asked = link(capture, "REQ", "REP");
  const n = say(capture, asked, 0, ["", "question", Buffer.alloc(100_000, "x")]);
  const loaded = source(capture);
  assert.equal(loaded.load(n), null);
  const { octets, size, from, sender, receiver } = loaded;
  assert.deepEqual(octets.subarray(0, size), encode(["", "question", Buffer.alloc(100_000, "x")]));
  assert.deepEqual([loaded.n, from, sender, receiver, loaded.link], [n, "client", "REQ", "REP", asked]);
  assert.deepEqual(
    loaded.frames().map(({ length }) => length),
    [0, 8, 100_000],
  );
});

test("ReplaySource writes frames of ZMTP 1.0 anew", () => {
  const capture = captured();
  const old = link(capture, "PUSH", "PULL");
  old.framing = "zmtp1";
  const bytes = Buffer.concat([Buffer.from([4, 1]), Buffer.from("job"), Buffer.from([2, 0]), Buffer.from("7")]);
  const chunk = capture.append(old, 0, bytes, 0);
  const n = capture.message(old, 0, chunk, 0, bytes.length, 4, 2, 0);
  const loaded = source(capture);
  assert.equal(loaded.load(n), null);
  assert.deepEqual(loaded.octets.subarray(0, loaded.size), encode(["job", "7"]));
});

test("ReplaySource sends what begins an exchange or goes one way, and nothing else", () => {
  const capture = captured();
  const judge = (
    client: SocketType | null,
    server: SocketType | null,
    direction: 0 | 1,
    options: Partial<Options> = {},
  ): unknown => source(capture, options).load(say(capture, link(capture, client, server), direction, ["a"]));
  assert.deepEqual(
    [
      judge("REQ", "REP", 0),
      judge("REQ", "REP", 1),
      judge("SUB", "PUB", 1),
      judge("DEALER", "DEALER", 0),
      judge("DEALER", "DEALER", 1),
      judge("ROUTER", "ROUTER", 0),
      judge("PAIR", "PAIR", 0),
      judge("REQ", "REP", 1, { from: "server" }),
      judge("REQ", "REP", 1, { from: "server", as: "PUB" }),
      judge("REQ", "REP", 1, { from: "server", isToEndpoint: false }),
      judge("REQ", "REP", 0, { from: "server" }),
      judge(null, null, 0),
      judge(null, null, 0, { as: "PUSH" }),
      judge(null, null, 1, { as: "PUSH" }),
      judge(null, null, 1, { as: "PUSH", from: "server" }),
    ],
    [null, "none", null, null, "none", "none", null, "sender", null, null, "none", "unknown", null, "none", null],
  );
});

test("ReplaySource says why a message cannot be sent", () => {
  const capture = captured();
  const jobs = link(capture, "PUSH", "PULL");
  const own = say(capture, jobs, 0, ["again"], 1);
  const bytes = encode(["job", "cut"]);
  const chunk = capture.append(jobs, 0, bytes.subarray(0, 6), 0);
  const partial = capture.message(jobs, 0, chunk, 0, 6, 6, 2, 0);
  const large = capture.message(jobs, 0, chunk, 0, 6, 65 * 1024 * 1024, 1, 0);
  const encrypted = capture.encrypted(jobs, 0, chunk, 0, 6, 6, 0);
  const event = capture.event(jobs, "tap", "tap", "link-closed", {});
  const published = link(capture, "SUB", "PUB");
  const [first, second] = [say(capture, published, 1, ["news"]), say(capture, published, 1, ["news"])];
  capture.copied(first, second, 2, 2);
  const all = source(capture);
  assert.deepEqual(
    [own, partial, large, encrypted, event, first, second, 999].map((n) => all.load(n)),
    ["own", "partial", "large", "encrypted", "none", null, "copy", "none"],
  );
  assert.equal(source(capture, { from: "server" }).load(encrypted), "none");
  const selected = new ReplaySource(capture, { kind: "selected", rows: [own] }, TO_ENDPOINT);
  assert.equal(selected.load(own), null);
});

test("ReplaySource gives in each loop the rows that there were when it was made", async () => {
  const capture = captured();
  const jobs = link(capture, "PUSH", "PULL");
  for (let n = 1; n <= 3; n++) say(capture, jobs, 0, [n === 2 ? "two" : "other"]);
  const all = source(capture);
  const filtered = new ReplaySource(capture, { kind: "filtered", text: "body == two" }, TO_ENDPOINT);
  say(capture, jobs, 0, ["two"]);
  const rowsOf = async (one: ReplaySource): Promise<number[]> => {
    const rows = await one.rows();
    const found: number[] = [];
    for (let n = await rows.next(); n !== 0; n = await rows.next()) found.push(n);
    return found;
  };
  assert.deepEqual([await rowsOf(all), await rowsOf(all), await rowsOf(filtered)], [[1, 2, 3], [1, 2, 3], [2]]);
});
