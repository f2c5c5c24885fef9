import type { Said } from "../../shared/dialects.ts";
import { type Compression, inflate } from "../decode/inflate.ts";
import { utf8Text } from "../decode/text.ts";
import { elementsOf, readXml, textOf, type XmlElement } from "../decode/xmlTree.ts";
import type { Dialect, DialectMessage, EncodedCall, SaidOrProblem } from "./dialect.ts";
import { payloadOf } from "./envelope.ts";
import { MAX_DEPTH, MAX_MESSAGE_BYTES } from "./limits.ts";
import { isJsonObject } from "./jsonPayload.ts";
import type { JsonObject } from "./pythonJson.ts";
import { said } from "./said.ts";
import { sayError } from "./saying.ts";
import { readValue, type ValueOrProblem, writeText, writeValue } from "./xmlRpcValue.ts";

/** Octets in which a document must have begun, and HTTP's headers end. */
const MAX_HEAD_BYTES = 16 * 1024;
/** Elements of one nested value: value, array, data, or value, struct, member. */
const ELEMENTS_PER_LEVEL = 3;
const XML_LIMITS = { maxBytes: MAX_MESSAGE_BYTES, maxDepth: ELEMENTS_PER_LEVEL * (MAX_DEPTH + 2) };
const BODY = /^\ufeff?\s*(?:<[?]xml[^>]{0,200}[?]>\s*)?(?:<!--[^>]{0,1000}-->\s*)?<(?:methodCall|methodResponse)[\s/>]/;
const REQUEST_LINE = /^POST (\S{1,2000}) HTTP\/1[.][01](?:\r?\n|$)/;
const STATUS_LINE = /^HTTP\/1[.][01] (\d{3})([^\r\n]{0,200})(?:\r?\n|$)/;
const HEADERS_END = /\r?\n\r?\n/;
/** Of a reply in which an application says that it failed, the parts that name where: Pyblish's. */
const FAILED_PARTS = ["plugin", "instance"] as const;
/** What servers answer with whose methods raised. */
const FAULT_CODE = 1;
/** What programs call to hear that the other one is still there: Pyblish's. */
const HEARTBEAT = "heartbeat";
/** Content codings that are opened. */
const CODINGS: Readonly<Record<string, Compression>> = { gzip: "gzip", "x-gzip": "gzip", deflate: "zlib" };

const encoder = new TextEncoder();
const latin1 = new TextDecoder("latin1");

type Facts = Said["facts"];
/** The document in a message, and what an HTTP request or response around it says. */
type Document = {
  readonly xml: Uint8Array;
  readonly facts: Facts;
  readonly isRequest: boolean;
  /** Of a response over HTTP: its status and what it says in words. */
  readonly status: { readonly code: string; readonly words: string } | null;
  /** How the document is compressed, in the words of HTTP; empty where it is not. */
  readonly coding: string;
};

/**
 * The bodies of XML-RPC, alone or with the HTTP request or response around them: in the same frame, or in a frame before, as
 * taps of HTTP servers show them.
 */
export const xmlRpc: Dialect = {
  name: "xml-rpc",
  title: "XML-RPC",
  meaning:
    "<methodCall> and <methodResponse> documents, such as Python's xmlrpc.client writes: over HTTP, or as a frame over " +
    "ZeroMQ, also with the text of an HTTP request or response around them.",
  socket: "REQ",
  takesArgs: true,
  takesKwargs: false,
  fields: [],
  canCall: true,
  confidence(message) {
    const document = documentOf(message);
    if (document === undefined) return 0;
    // Opening it costs too much to be done for a guess.
    if (document.coding !== "") return 0.5;
    return isDocument(document.xml) ? 0.97 : 0;
  },
  decode(message): SaidOrProblem {
    const document = documentOf(message);
    if (document === undefined) {
      return { problem: "A message of XML-RPC is a single frame with an XML document, or an HTTP head and that." };
    }
    const opened = openedXml(document);
    if ("problem" in opened) return opened;
    if (isRefusal(document) && !isDocument(opened.xml)) return sayRefusal(document);
    const read = readXml(opened.xml, XML_LIMITS);
    if ("problem" in read) return read;
    switch (read.root.name) {
      case "methodCall":
        return readCall(read.root, document.facts);
      case "methodResponse":
        return readResponse(read.root, document.facts);
      default:
        return { problem: "This XML is neither a methodCall nor a methodResponse." };
    }
  },
  encode({ method, args, kwargs }): EncodedCall {
    if (method === "") return { problem: "A call needs the name of a method." };
    if (Object.keys(kwargs).length > 0) {
      return { problem: "XML-RPC has no arguments by name. Put them into an object as an argument of its own." };
    }
    const name = writeText(method);
    if ("problem" in name) return name;
    return withValues(args, (values) => {
      const params = values.map((value) => `<param>${value}</param>`).join("");
      return `<methodCall><methodName>${name.xml}</methodName><params>${params}</params></methodCall>`;
    });
  },
  renew: (frames) => ({ frames }),
  answer(call, answer): EncodedCall {
    const isFault = answer.kind === "error";
    const value = isFault ? { faultCode: FAULT_CODE, faultString: answer.problem } : (answer.value ?? null);
    const response = withValues([value], ([xml]) => {
      const inner = isFault ? `<fault>${xml}</fault>` : `<params><param>${xml}</param></params>`;
      return `<methodResponse>${inner}</methodResponse>`;
    });
    if ("problem" in response || documentOf(call)?.isRequest !== true) return response;
    const [body] = response.frames;
    const head = encoder.encode(headOf(body!));
    return { frames: payloadOf(call.frames).length === 1 ? [concat(head, HEAD_END, body!)] : [head, body!] };
  },
};

function readCall(call: XmlElement, facts: Facts): SaidOrProblem {
  const [name, params] = elementsOf(call);
  if (name?.name !== "methodName") return { problem: "This methodCall names no method." };
  const args: unknown[] = [];
  for (const param of params === undefined ? [] : elementsOf(params)) {
    const read = readParam(param);
    if ("problem" in read) return read;
    args.push(read.value);
  }
  const method = textOf(name);
  return said({ kind: method === HEARTBEAT ? "heartbeat" : "call", method, args, facts });
}

function readResponse(response: XmlElement, facts: Facts): SaidOrProblem {
  const [content] = elementsOf(response);
  const [param] = content === undefined ? [] : elementsOf(content);
  // Some servers answer with nothing at all where a method returns nothing.
  if (content === undefined || param === undefined) return said({ kind: "reply", facts });
  const read = content.name === "fault" ? readValue(param) : readParam(param);
  if ("problem" in read) return read;
  const { value } = read;
  if (content.name === "fault") return sayFault(value, facts);
  if (isJsonObject(value) && value["success"] === false) return sayFailure(value, facts);
  return said({ kind: "reply", value, facts });
}

function readParam(param: XmlElement): ValueOrProblem {
  const [value] = elementsOf(param);
  return value === undefined ? { problem: "A parameter has no value." } : readValue(value);
}

function sayFault(value: unknown, facts: Facts): SaidOrProblem {
  const { faultCode: code, faultString: problem } = isJsonObject(value) ? value : {};
  const isCode = typeof code === "number" || typeof code === "string";
  return sayError(problem, "The server answered with a fault.", { code: isCode ? String(code) : null, value, facts });
}

/** A reply in which the application says that it failed: of Pyblish's results also in which plug-in and instance. */
function sayFailure(value: JsonObject, facts: Facts): SaidOrProblem {
  const parts = FAILED_PARTS.flatMap((part) => {
    const name = nameOf(value[part]);
    return name === undefined ? [] : [{ label: part === "plugin" ? "Plug-in" : "Instance", value: name }];
  });
  const where = parts.map((part) => part.value).join(" on ");
  const { error } = value;
  const message = isJsonObject(error) ? error["message"] : error;
  const problem = typeof message === "string" && message !== "" ? message : "success is false";
  return sayError(where === "" ? problem : `${where}: ${problem}`, problem, { value, facts: [...facts, ...parts] });
}

function nameOf(part: unknown): string | undefined {
  const name = isJsonObject(part) ? (part["name"] ?? part["id"]) : part;
  return typeof name === "string" ? name.slice(0, 200) : undefined;
}

/** Undefined for a message of other frames, one that is too large, and one whose body HTTP's headers say is in pieces. */
function documentOf({ frames }: DialectMessage): Document | undefined {
  const [first, ...more] = payloadOf(frames);
  const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
  if (first === undefined || more.length > 1 || bytes > MAX_MESSAGE_BYTES) return undefined;
  const text = latin1.decode(first.subarray(0, MAX_HEAD_BYTES));
  const isHttp = REQUEST_LINE.test(text) || STATUS_LINE.test(text);
  const [body] = more;
  if (body !== undefined) return isHttp ? inHttp(text, body) : undefined;
  if (!isHttp) return { xml: first, facts: [], isRequest: false, status: null, coding: "" };
  const end = HEADERS_END.exec(text);
  // A head in a frame of its own has lost its end, and a body in its own frame has no pieces any more.
  if (end === null) return STATUS_LINE.test(text) ? inHttp(text, new Uint8Array(0)) : undefined;
  const head = text.slice(0, end.index);
  if (/^transfer-encoding:/im.test(head)) return undefined;
  return inHttp(head, first.subarray(end.index + end[0].length));
}

function inHttp(head: string, xml: Uint8Array): Document {
  const [, path] = REQUEST_LINE.exec(head) ?? [];
  const [, code = "", words = ""] = STATUS_LINE.exec(head) ?? [];
  const [, coding = ""] = /^content-encoding:[ \t]*([^\r\n]{0,40})/im.exec(head) ?? [];
  const isRequest = path !== undefined;
  return {
    xml,
    facts: [isRequest ? { label: "HTTP path", value: path } : { label: "HTTP status", value: code }],
    isRequest,
    status: isRequest ? null : { code, words: words.trim() },
    coding: coding.trim().toLowerCase().replace("identity", ""),
  };
}

function isDocument(xml: Uint8Array): boolean {
  return BODY.test(utf8Text(xml.subarray(0, MAX_HEAD_BYTES), true) ?? "");
}

/** Whether HTTP says that there was no call, or none that worked. */
function isRefusal({ status }: Document): boolean {
  return status !== null && Number(status.code) >= 300;
}

function sayRefusal({ status, facts }: Document): SaidOrProblem {
  const { code, words } = status!;
  const what = [code, words].filter((part) => part !== "").join(" ");
  return sayError(`The HTTP server answered ${what}.`, "", { code, facts });
}

function openedXml({ xml, coding }: Document): { readonly xml: Uint8Array } | { readonly problem: string } {
  if (coding === "") return { xml };
  const compression = Object.hasOwn(CODINGS, coding) ? CODINGS[coding] : undefined;
  if (compression === undefined) return { problem: "Its body is compressed in a way that is not opened here." };
  const opened = inflate(compression, xml, MAX_MESSAGE_BYTES);
  return "problem" in opened ? { problem: opened.problem } : { xml: opened.bytes };
}

/** The head of a response, without the end of its last line. */
function headOf(body: Uint8Array): string {
  return `HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: ${body.length}`;
}

const HEAD_END = encoder.encode("\r\n\r\n");

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A document of one frame with these values in it, or why it cannot be written. */
function withValues(values: readonly unknown[], document: (xml: readonly string[]) => string): EncodedCall {
  const texts: string[] = [];
  for (const value of values) {
    const written = writeValue(value);
    if ("problem" in written) return written;
    texts.push(written.xml);
  }
  const frame = encoder.encode(`<?xml version='1.0'?>\n${document(texts)}`);
  if (frame.length <= MAX_MESSAGE_BYTES) return { frames: [frame] };
  return { problem: `This is larger than ${MAX_MESSAGE_BYTES} octets, which is more than a message may have here.` };
}
