import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync, gzipSync } from "node:zlib";
import { xmlRpc } from "../../../src/proxy/dialects/xmlRpc.ts";
import { dialectTools } from "../../../src/proxy/dialectTools.ts";
import type { DialectCall, Said } from "../../../src/shared/dialects.ts";
import {
  framesOf,
  fuzzDialect,
  messageOf,
  randomJson,
  randomText,
  roundTrips,
  saidBy,
} from "../../support/dialects.ts";
import { CALL_XML, FAULT_XML, RESULT_XML, seedMessages } from "../../support/seedMessages.ts";

const said = (text: string): Said => saidBy(xmlRpc, messageOf(["", text]));
const problem = (...frames: (string | Uint8Array)[]): string => {
  const read = xmlRpc.decode(messageOf(frames), null, dialectTools);
  return "problem" in read ? read.problem : "";
};
const refusal = (call: Partial<DialectCall>): string => {
  const encoded = xmlRpc.encode({ method: "m", args: [], kwargs: {}, fields: {}, ...call }, null, dialectTools);
  return "problem" in encoded ? encoded.problem : "";
};
const response = (inner: string): string => `<methodResponse>${inner}</methodResponse>`;
const result = (members: string): string =>
  response(`<params><param><value><struct>${members}</struct></value></param></params>`);
const member = (name: string, value: string): string => `<member><name>${name}</name><value>${value}</value></member>`;

test("A call says its method and arguments", () => {
  const { kind, method, args, kwargs } = said(CALL_XML);
  assert.deepEqual([kind, method, args, kwargs], ["call", "process", ["a<b", null], null]);
  assert.deepEqual(said("<methodCall><methodName>ping</methodName></methodCall>").args, []);
});

test("A response brings its value, or nothing", () => {
  const reply = said(response("<params><param><value><int>4</int></value></param></params>"));
  assert.deepEqual([reply.kind, reply.value], ["reply", 4]);
  for (const empty of ["", "<params/>"]) assert.equal("value" in said(response(empty)), false);
});

test("A fault is an error with its code", () => {
  const { kind, problem: words, code } = said(FAULT_XML);
  assert.deepEqual([kind, words, code], ["error", "no method", "1"]);
  const odd = said(response("<fault><value>odd</value></fault>"));
  assert.deepEqual(
    [odd.kind, odd.problem, odd.code, odd.value],
    ["error", "The server answered with a fault.", null, "odd"],
  );
});

test("A result without success is an error that names plug-in and instance", () => {
  const { kind, problem: words, facts } = said(RESULT_XML);
  assert.deepEqual([kind, words], ["error", "ValidateRig on hero: no joints"]);
  assert.deepEqual(facts, [
    { label: "Plug-in", value: "ValidateRig" },
    { label: "Instance", value: "hero" },
  ]);
  const failed = member("success", "<boolean>0</boolean>");
  assert.equal(said(result(failed)).problem, "success is false");
  assert.equal(said(result(failed + member("error", "boom"))).problem, "boom");
  assert.equal(
    said(result(failed + member("plugin", "P") + member("instance", "<nil/>"))).problem,
    "P: success is false",
  );
  const byId = `<struct>${member("id", "p-1")}</struct>`;
  assert.equal(said(result(failed + member("plugin", byId))).problem, "p-1: success is false");
  assert.equal(said(result(member("success", "<boolean>1</boolean>"))).kind, "reply");
});

test("HTTP around a document is read over", () => {
  const request = said(`POST /pyblish HTTP/1.1\r\nHost: h\r\nAuthorization: Basic c2VjcmV0\r\n\r\n${CALL_XML}`);
  assert.deepEqual([request.method, request.facts], ["process", [{ label: "HTTP path", value: "/pyblish" }]]);
  const answer = said(`HTTP/1.0 200 OK\nContent-Length: 1\n\n${FAULT_XML}`);
  assert.deepEqual([answer.kind, answer.facts], ["error", [{ label: "HTTP status", value: "200" }]]);
  assert.match(problem(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${FAULT_XML}`), /single frame/);
  assert.match(problem(`POST / HTTP/1.1\r\n${FAULT_XML}`), /single frame/);
});

test("A document is read behind an HTTP head in a frame of its own", () => {
  const request = saidBy(xmlRpc, messageOf(["", "POST /pyblish HTTP/1.1\r\nTransfer-Encoding: chunked", CALL_XML]));
  assert.deepEqual([request.method, request.facts], ["process", [{ label: "HTTP path", value: "/pyblish" }]]);
  const answer = messageOf(["", "HTTP/1.1 200 OK", FAULT_XML]);
  assert.deepEqual(saidBy(xmlRpc, answer).facts, [{ label: "HTTP status", value: "200" }]);
  assert.equal(xmlRpc.confidence(answer), 0.97);
  assert.match(problem("no head", FAULT_XML), /single frame/);
  assert.match(problem("HTTP/1.1 200 OK", "a", "b"), /single frame/);
  assert.match(problem("HTTP/1.1 200 OK", "<svg/>"), /neither/);
});

test("A compressed document is opened, as far as a message may be long", () => {
  const head = (coding: string): string => `HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}`;
  const reply = response("<params><param><value>x</value></param></params>");
  for (const [coding, body] of [
    ["gzip", gzipSync(reply)],
    ["X-GZIP", gzipSync(reply)],
    ["deflate", deflateSync(Buffer.from(reply))],
    ["identity", Buffer.from(reply)],
  ] as const) {
    assert.equal(saidBy(xmlRpc, messageOf([head(coding), body])).value, "x", coding);
  }
  assert.equal(xmlRpc.confidence(messageOf([head("gzip"), gzipSync(reply)])), 0.5);
  assert.match(problem(head("gzip"), "no gzip"), /This is not gzip/);
  assert.match(problem(head("br"), "x"), /not opened here/);
  assert.match(problem(head("constructor"), "x"), /not opened here/);
  const bomb = gzipSync(Buffer.alloc(5 * 1024 * 1024, " "));
  const read = xmlRpc.decode(messageOf([head("gzip"), bomb]), null, dialectTools);
  assert.match("problem" in read ? read.problem : "", /would become more than/);
});

test("An HTTP error without a document is an error with its status", () => {
  const refused = (...frames: string[]) => {
    const { kind, code, problem: words } = saidBy(xmlRpc, messageOf(["", ...frames]));
    return [kind, code, words];
  };
  const missing = ["error", "404", "The HTTP server answered 404 Not Found."];
  assert.deepEqual(refused("HTTP/1.1 404 Not Found\r\nServer: x", "<html/>"), missing);
  assert.deepEqual(refused("HTTP/1.1 404 Not Found"), missing);
  assert.deepEqual(refused("HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\nno"), missing);
  assert.deepEqual(refused("HTTP/1.1 500", ""), ["error", "500", "The HTTP server answered 500."]);
  // Some servers answer faults with an error's status.
  assert.deepEqual(refused("HTTP/1.1 500 Internal Server Error", FAULT_XML), ["error", "1", "no method"]);
  assert.equal(xmlRpc.confidence(messageOf(["HTTP/1.1 404 Not Found", "<html/>"])), 0);
  assert.equal(xmlRpc.confidence(messageOf(["HTTP/1.1 200 OK", "<html/>"])), 0);
});

test("A call of heartbeat is a heartbeat", () => {
  const call =
    "<methodCall><methodName>heartbeat</methodName><params><param><value><int>9001</int></value></param></params></methodCall>";
  const { kind, method, args } = said(call);
  assert.deepEqual([kind, method, args], ["heartbeat", "heartbeat", [9001]]);
});

test("What is no such document is a problem in words, and not taken for one", () => {
  assert.match(problem("<svg/>"), /neither a methodCall/);
  assert.match(problem("<methodCall>"), /not well-formed/);
  assert.match(problem("<methodCall/>"), /names no method/);
  assert.match(problem("<methodCall><params/></methodCall>"), /names no method/);
  assert.match(problem("<methodCall><methodName>m</methodName><params><param/></params></methodCall>"), /no value/);
  assert.match(problem(response("<params><param/></params>")), /no value/);
  assert.match(problem(response("<fault><value><int>x</int></value></fault>")), /is no int/);
  assert.match(problem("a", "b"), /single frame/);
  for (const text of ["<svg/>", "<methodCallX/>", "text", ""]) assert.equal(xmlRpc.confidence(messageOf([text])), 0);
  assert.equal(xmlRpc.confidence(messageOf(["a", "b"])), 0);
  assert.equal(xmlRpc.confidence(messageOf([Uint8Array.of(0xff)])), 0);
  const commented = "\ufeff<?xml version='1.0'?>\n<!-- c -->\n<methodCall/>";
  assert.equal(xmlRpc.confidence(messageOf([commented])), 0.97);
});

test("Nothing that a document declares is expanded", () => {
  const doctype = `<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]>`;
  assert.match(problem(`${doctype}<methodCall><methodName>&x;</methodName></methodCall>`), /not well-formed/);
  const laughs = Array.from({ length: 9 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`);
  const bomb = `<!DOCTYPE m [<!ENTITY l0 "ha">${laughs.join("")}]>`;
  assert.match(problem(`${bomb}<methodCall><methodName>&l9;</methodName></methodCall>`), /not well-formed/);
  const outside = `<!DOCTYPE methodCall SYSTEM "http://127.0.0.1:1/x.dtd">`;
  assert.equal(said(`${outside}<methodCall><methodName>m</methodName></methodCall>`).method, "m");
});

test("What is too deep or too large is refused in words", () => {
  const deep = (levels: number): string => {
    const open = "<value><array><data>".repeat(levels);
    return response(`<params><param>${open}${"</data></array></value>".repeat(levels)}</param></params>`);
  };
  assert.equal(said(deep(99)).kind, "reply");
  assert.match(problem(deep(101)), /nested deeper/);
  assert.match(problem(deep(50_000)), /nested deeper/);
  assert.match(
    problem(response(`<params><param><value>${"x".repeat(4 * 1024 * 1024)}</value></param></params>`)),
    /single frame/,
  );
  assert.equal(xmlRpc.confidence(messageOf([new Uint8Array(100 * 1024 * 1024)])), 0);
});

test("A call is written as Python's xmlrpc.client reads it", () => {
  const [frame] = framesOf(xmlRpc, { method: "a.b", args: [1, { x: [null, true] }] });
  assert.equal(
    Buffer.from(frame!).toString(),
    "<?xml version='1.0'?>\n<methodCall><methodName>a.b</methodName><params><param><value><int>1</int></value></param>" +
      "<param><value><struct><member><name>x</name><value><array><data><value><nil/></value><value><boolean>1</boolean>" +
      "</value></data></array></value></member></struct></value></param></params></methodCall>",
  );
});

test("What has no place in a call is refused", () => {
  assert.match(refusal({ method: "" }), /needs the name of a method/);
  assert.match(refusal({ kwargs: { a: 1 } }), /no arguments by name/);
  assert.match(refusal({ method: "\u0000" }), /XML has no place/);
  assert.match(refusal({ args: [NaN] }), /no place for NaN/);
  assert.match(refusal({ args: ["x".repeat(4 * 1024 * 1024)] }), /larger than/);
});

test("Answers are responses and faults, in HTTP where the call was", () => {
  const call = messageOf(["", CALL_XML]);
  const read = (message: typeof call, answer: Parameters<typeof xmlRpc.answer>[1]): Said => {
    const encoded = xmlRpc.answer(message, answer, null, dialectTools);
    assert.ok("frames" in encoded);
    return saidBy(xmlRpc, messageOf(encoded.frames, "REP", "REQ"));
  };
  assert.deepEqual(read(call, { kind: "value", value: { a: 1 } }).value, { a: 1 });
  assert.equal(read(call, { kind: "value", value: undefined }).value, null);
  const fault = read(call, { kind: "error", problem: "boom" });
  assert.deepEqual([fault.kind, fault.problem, fault.code], ["error", "boom", "1"]);
  const http = messageOf(["", `POST / HTTP/1.1\r\nHost: h\r\n\r\n${CALL_XML}`]);
  assert.deepEqual(read(http, { kind: "value", value: "é" }).facts, [{ label: "HTTP status", value: "200" }]);
  const tapped = messageOf(["", "POST / HTTP/1.1\r\nHost: h", CALL_XML]);
  assert.deepEqual(read(tapped, { kind: "value", value: "é" }).value, "é");
  assert.ok("problem" in xmlRpc.answer(call, { kind: "value", value: NaN }, null, dialectTools));
});

test("Calls are read as they were written", () => {
  const written = roundTrips(xmlRpc, (below) => ({
    method: randomText(below),
    args: [randomJson(below), randomJson(below)].slice(below(3)),
  }));
  assert.ok(written > 1000);
});

test("xml-rpc takes any octets", () => fuzzDialect(xmlRpc, seedMessages("xml-rpc")));
