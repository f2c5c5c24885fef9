import assert from "node:assert/strict";
import { test } from "node:test";
import {
  callContent,
  connectReply,
  dataText,
  errorText,
  readAnswer,
  readEnvelope,
} from "../../../src/proxy/bridge/webEnvelope.ts";

const ID = "00112233445566778899AABBCCDDEEFF";
const connect = (content: object | string): string =>
  JSON.stringify({
    identity: ID,
    msg_type: "connect",
    content: typeof content === "string" ? content : JSON.stringify(content),
  });
const ENDPOINT = "tcp://127.0.0.1:10001";

test("readEnvelope reads a connect as pages of ZmqWebBridge write it", () => {
  assert.deepEqual(readEnvelope(connect({ zmq_conn_string: ENDPOINT, socket_type: 3, username: "hugo" })), {
    kind: "connect",
    identity: ID,
    type: "REQ",
    endpoint: ENDPOINT,
    filter: "",
    topics: [],
    takesFrames: false,
  });
  const more = { zmq_conn_string: ENDPOINT, socket_type: 2, msgfilter: "a", topics: ["b"], frames: true };
  assert.deepEqual(readEnvelope(connect(more)), {
    kind: "connect",
    identity: ID,
    type: "SUB",
    endpoint: ENDPOINT,
    filter: "a",
    topics: ["b"],
    takesFrames: true,
  });
  const rep = readEnvelope(connect({ zmq_conn_string: ENDPOINT, socket_type: 4, msgfilter: null }));
  assert.equal(rep.kind === "connect" && rep.type, "REP");
});

test("readEnvelope takes any other message type for data", () => {
  for (const type of ["userlevel", "user", undefined, 5]) {
    const text = JSON.stringify({ identity: ID, msg_type: type, content: "hello" });
    assert.deepEqual(readEnvelope(text), { kind: "data", identity: ID, content: "hello" });
  }
  assert.deepEqual(readEnvelope(`{"identity":"${ID}","msg_type":"disconnect"}`), { kind: "disconnect", identity: ID });
});

test("readEnvelope says what is wrong, and for whom", () => {
  for (const [text, identity, isConnect, problem] of [
    ["no JSON", null, false, /no JSON object/],
    ["[1]", null, false, /no JSON object/],
    ["null", null, false, /no JSON object/],
    ["{}", null, false, /identity must be/],
    ['{"identity":"","content":"a"}', null, false, /identity must be/],
    [JSON.stringify({ identity: "ä".repeat(128), content: "a" }), null, false, /1 to 255 octets/],
    ['{"identity":"a","content":{}}', "a", false, /content must be a text/],
    [connect("no JSON"), ID, true, /must be a JSON object in a text/],
    [connect({ socket_type: 3 }), ID, true, /zmq_conn_string/],
    [connect({ zmq_conn_string: ENDPOINT, socket_type: 7 }), ID, true, /socket_type/],
    [connect({ zmq_conn_string: ENDPOINT, socket_type: "3" }), ID, true, /socket_type/],
    [connect({ zmq_conn_string: ENDPOINT, socket_type: 2, msgfilter: 5 }), ID, true, /msgfilter/],
    [connect({ zmq_conn_string: ENDPOINT, socket_type: 2, topics: "a" }), ID, true, /topics/],
    [connect({ zmq_conn_string: ENDPOINT, socket_type: 2, topics: [1] }), ID, true, /topics/],
  ] as const) {
    const envelope = readEnvelope(text);
    assert.ok(envelope.kind === "bad", text);
    assert.deepEqual([envelope.identity, envelope.isConnect], [identity, isConnect], text);
    assert.match(envelope.problem, problem);
  }
});

test("Answers have the shape that pages of both editions read", () => {
  assert.deepEqual(JSON.parse(connectReply(ID, null)), {
    identity: ID,
    content: '{"status": "success"}',
    msg_type: "connection_reply",
  });
  const refused = JSON.parse(connectReply(ID, "why")) as { content: string };
  assert.deepEqual(JSON.parse(refused.content), { status: "error", error_msg: "why" });
  assert.deepEqual(JSON.parse(dataText(ID, "hello")), { identity: ID, content: "hello" });
  assert.deepEqual(JSON.parse(dataText(ID, "b", ["a", "b"])), { identity: ID, content: "b", frames: ["a", "b"] });
  const failed = JSON.parse(errorText(null, "why")) as { identity: null; content: string; msg_type: string };
  assert.deepEqual([failed.identity, failed.msg_type], [null, "error"]);
  assert.deepEqual(JSON.parse(failed.content), { status: "error", error_msg: "why" });
});

test("A browser's REP gets a handle, an empty text and the payload, and answers with the same handle", () => {
  assert.deepEqual(JSON.parse(callContent("abc", ["x", "y"])), ["abc", "", "x", "y"]);
  assert.deepEqual(readAnswer('["abc","","reply"]'), { handle: "abc", frames: ["reply"] });
  for (const content of ["reply", '["abc","reply"]', '["abc",""]', '[1,"","a"]', '["abc","",5]', "{}"]) {
    assert.equal(readAnswer(content), undefined, content);
  }
});

test("readEnvelope never throws for random texts", () => {
  const parts = [
    '{"identity":',
    '"a"',
    ',"content":',
    '"{}"',
    ',"msg_type":',
    '"connect"',
    "}",
    "[",
    "]",
    "null",
    "\\u0000",
  ];
  for (let round = 0; round < 2_000; round++) {
    const text = Array.from(
      { length: round % 9 },
      (_, at) => parts[(round * 7 + at * at * 3 + at) % parts.length],
    ).join("");
    assert.ok(["connect", "data", "disconnect", "bad"].includes(readEnvelope(text).kind));
  }
});
