import assert from "node:assert/strict";
import { allowEndpoint, isOwnHost, refuseCall, refuseKnock } from "../../src/proxy/bridge/webAccess.ts";
import { callContent, connectReply, dataText, readAnswer, readEnvelope } from "../../src/proxy/bridge/webEnvelope.ts";
import { HttpReader } from "../../src/proxy/http/httpReader.ts";
import { type HeldBudget, ZmtpTwin } from "../../src/proxy/http/zmtpTwin.ts";
import { SocksReader } from "../../src/proxy/relay/socksReader.ts";
import type { Direction } from "../../src/shared/model.ts";
import { RecordReader, recordHeader } from "../../src/shared/recordReader.ts";
import { readEndpointRule } from "../../src/shared/webBridge.ts";
import { LinkRecorder } from "../../test/support/linkRecorder.ts";
import { hex, join, octets } from "../../test/support/octets.ts";
import { Draw, seedDraws } from "../draw.ts";
import { type Target, textOf, texts } from "../target.ts";

const FIELDS = [
  "Content-Length: 5",
  "Content-Length: 0",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: gzip, chunked",
  "Connection: close",
  "Host: h",
  "Expect: 100-continue",
  "Authorization: Basic c2VjcmV0LXdvcmQ=",
  "cookie:secret-word=1",
  "X-Api-Key:\tsecret-word",
  "Location: http://me:secret-word@h/",
];
const STARTS = [
  "GET / HTTP/1.1",
  "POST /RPC2 HTTP/1.0",
  "HEAD /b HTTP/1.1",
  "CONNECT h:1 HTTP/1.1",
  "HTTP/1.1 200 OK",
  "HTTP/1.0 204 No Content",
  "HTTP/1.1 304 Not Modified",
  "HTTP/1.1 100 Continue",
  "HTTP/1.1 101 Switching Protocols",
];
const BODIES = ["hello", "3;x=y\r\nabc\r\n0\r\n\r\n", "0\r\nT: x\r\n\r\n", "5\r\nhello\r\n", "ffffffff\r\n", ""];

export const http: Target = {
  name: "http",
  about:
    "requests and responses, damaged, to the reader of HTTP taps: no throw, one fault at most, no credential kept, what is held is bounded and given back, the same messages however the octets are cut",
  seeds: () => seedDraws(48),
  words: ["\r\n\r\n", "HTTP/1.1", "Content-Length: ", "chunked", ...FIELDS],
  run: (input) => {
    const draw = new Draw(input);
    const said: { direction: Direction; bytes: Uint8Array }[] = [];
    for (let left = 1 + draw.below(8); left > 0; left--) {
      const direction = draw.pick([0, 1] as const);
      if (draw.rarely(6)) said.push({ direction, bytes: draw.some(60) });
      else {
        const end = draw.rarely(8) ? "\n" : "\r\n";
        const head = [draw.pick(STARTS), ...draw.list(4, () => draw.pick(FIELDS)), "", draw.pick(BODIES)].join(end);
        said.push({ direction, bytes: octets(head) });
      }
    }
    const isClosed = draw.flag();
    const whole = readHttp(said, isClosed, (bytes) => [bytes]);
    const cut = readHttp(said, isClosed, (bytes) => draw.cut(bytes));
    const single = readHttp(said, isClosed, (bytes) => [...bytes].map((octet) => Uint8Array.of(octet)));
    assert.deepEqual(cut, whole);
    assert.deepEqual(single, whole);
    // Bodies are payloads, which are kept as they are.
    for (const { frames } of whole.messages.flat()) assert.doesNotMatch(frames[1]!, /secret-word|c2VjcmV0LXdvcmQ/);
  },
};

/** What an HTTP connection is told to be, as a link. */
function readHttp(
  said: readonly { readonly direction: Direction; readonly bytes: Uint8Array }[],
  isClosed: boolean,
  cut: (bytes: Uint8Array) => readonly Uint8Array[],
) {
  const recorder = new LinkRecorder();
  const budget: HeldBudget = { held: 0, max: 64 };
  const faults: string[] = [];
  const twin = new ZmtpTwin(
    {
      plain: (direction, bytes) => void recorder.push(direction, bytes.slice()),
      fault: (_, code) => faults.push(code),
    },
    // Bodies that are told in pieces are so wherever they are cut.
    { held: 0, max: Infinity },
  );
  twin.start();
  const small = new ZmtpTwin({ plain: () => undefined, fault: () => undefined }, budget);
  const reader = new HttpReader({
    head: () => undefined,
    body: () => undefined,
    end: () => undefined,
    fault: () => undefined,
  });
  for (const { direction, bytes } of said) {
    for (const piece of cut(bytes)) {
      twin.push(direction, piece);
      small.push(direction, piece);
      reader.push(direction, piece);
      assert.ok(budget.held >= 0 && budget.held <= budget.max + 1, `${budget.held} octets are held`);
    }
  }
  if (isClosed) {
    twin.close(1);
    reader.close(1);
  }
  twin.dispose();
  small.dispose();
  assert.equal(budget.held, 0);
  assert.ok(faults.length <= 1);
  assert.equal(reader.isOpaque, faults.length === 1);
  assert.deepEqual(recorder.of("fault"), []);
  const messages = recorder.of("message").map(({ direction, frames }) => ({
    direction,
    frames: frames.map((frame) => Buffer.from(frame, "hex").toString("latin1")),
  }));
  return { messages: [0, 1].map((direction) => messages.filter((one) => one.direction === direction)), faults };
}

export const socks: Target = {
  name: "socks",
  about:
    "octets to the SOCKS5 door: no throw, at most one event of each kind, none behind a fault, the same however they are cut",
  seeds: () => [
    hex("050100 05010001 7f000001 15b4"),
    join(hex("050100 05010003 09"), octets("localhost"), hex("15b4")),
    hex(`050100 05010004 ${"00".repeat(15)}01 15b4 ff`),
    hex("05020102"),
    octets("GET / HTTP/1.1\r\n"),
  ],
  maxBytes: 600,
  run: (input) => {
    const read = (pieces: readonly Uint8Array[]): unknown[] => {
      const reader = new SocksReader();
      const events = pieces.flatMap((piece) => reader.push(piece));
      assert.ok(events.length <= 2);
      assert.ok(events.slice(0, -1).every(({ kind }) => kind === "methods"));
      for (const event of events) {
        if (event.kind !== "connect") continue;
        assert.match(event.host, /^[\x21-\x7e]{1,255}$/);
        assert.ok(event.port > 0 && event.port < 65_536);
      }
      return events.map((event) => ({ ...event, rest: null }));
    };
    const whole = read([input]);
    assert.deepEqual(read(new Draw(input).cut(input)), whole);
    assert.deepEqual(read([...input].map((octet) => Uint8Array.of(octet))), whole);
  },
};

const ENVELOPE = (content: string, type = "user"): string => JSON.stringify({ identity: "A", msg_type: type, content });

export const envelope: Target = {
  name: "envelope",
  about:
    "texts of pages to the web bridge's envelope: no throw, one of the known things, what is written is read again; an endpoint is let through only by a rule",
  seeds: () =>
    texts(
      ENVELOPE('{"zmq_conn_string":"tcp://127.0.0.1:10001","socket_type":3,"msgfilter":"x","topics":["a"]}', "connect"),
      ENVELOPE('{"funcname":"echo","args":[1]}'),
      ENVELOPE('["00ff","","a"]'),
      ENVELOPE("", "disconnect"),
      '{"identity":5}',
      "tcp://127.0.0.1:10001",
    ),
  words: [
    '"identity":',
    '"msg_type":"connect"',
    '"content":',
    "tcp://127.0.0.1:",
    "tcp://evil;",
    "ipc://",
    "\\u0000",
    "__proto__",
  ],
  run: (input) => {
    const text = textOf(input);
    const read = readEnvelope(text);
    assert.deepEqual(readEnvelope(text), read);
    const wished = read.kind === "connect" ? read.endpoint : text;
    const rules = ["tcp://127.0.0.1:100*", "tcp://*.lan:5", "REP=ipc:///tmp/*.sock"].map((rule) =>
      readEndpointRule(rule),
    );
    const endpoints = rules.map((rule) => ("problem" in rule ? assert.fail(rule.problem) : rule));
    const access = {
      token: "t".repeat(8),
      origins: ["http://localhost:*"],
      endpoints,
      functions: ["echo"],
      topics: null,
    };
    for (const type of ["REQ", "SUB", "REP"] as const) {
      const answer = allowEndpoint(access, type, wished);
      if ("problem" in answer) continue;
      const rule =
        type === "REP" ? /^ipc:\/\/\/tmp\/[^/]*\.sock$/ : /^tcp:\/\/(127\.0\.0\.1:100\d{0,2}|[^:/;]*\.lan:5)$/i;
      assert.match(answer.endpoint, rule);
    }
    const refusal = refuseKnock(access, { host: text, origin: text, tokens: [text], url: "http://127.0.0.1:1" });
    assert.notEqual(refusal, null);
    assert.ok(!isOwnHost(text) || /^(127\.0\.0\.1|localhost)(:\d+)?$/i.test(text));
    const content = read.kind === "data" ? read.content : text;
    const call = refuseCall(access, content);
    if (call === null) assert.equal((JSON.parse(content) as { funcname: unknown }).funcname, "echo");
    readAnswer(content);
    if (read.kind !== "data") return;
    assert.deepEqual(readEnvelope(dataText(read.identity, content)), {
      kind: "data",
      identity: read.identity,
      content,
    });
    assert.equal(readEnvelope(connectReply(read.identity, content)).kind, "data");
    const answer = readAnswer(callContent(read.identity, [content]));
    assert.deepEqual(answer, { handle: read.identity, frames: [content] });
  },
};

export const records: Target = {
  name: "records",
  about:
    "octets to the cutter of the engine's pipe: records as long as they say, the same however the octets are cut, a RangeError above the limit and nothing else",
  seeds: () => [join(recordHeader(3), octets("abc"), recordHeader(0), recordHeader(1), octets("d")), hex("ffffffff")],
  maxBytes: 512,
  run: (input) => {
    const read = (pieces: readonly Uint8Array[]): string[] => {
      const told: string[] = [];
      const reader = new RecordReader((body) => told.push(Buffer.from(body).toString("hex")));
      try {
        for (const piece of pieces) reader.push(piece);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        told.push("too long");
      }
      return told;
    };
    const whole = read([input]);
    assert.deepEqual(read(new Draw(input).cut(input)), whole);
    assert.deepEqual(read([...input].map((octet) => Uint8Array.of(octet))), whole);
  },
};
