import assert from "node:assert/strict";
import { test } from "node:test";
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
const problem = (...frames: string[]): string => {
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
  for (const head of ["Transfer-Encoding: chunked", "Content-Encoding: gzip"]) {
    assert.match(problem(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${FAULT_XML}`), /single frame/);
  }
  assert.match(problem(`POST / HTTP/1.1\r\n${FAULT_XML}`), /single frame/);
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
