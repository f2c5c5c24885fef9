import type { Said } from "../../shared/dialects.ts";
import { utf8Text } from "../decode/text.ts";
import { elementsOf, readXml, textOf, type XmlElement } from "../decode/xmlTree.ts";
import type { Dialect, DialectMessage, EncodedCall, SaidOrProblem } from "./dialect.ts";
import { MAX_DEPTH, MAX_MESSAGE_BYTES } from "./limits.ts";
import { isObject, type JsonObject } from "./pythonJson.ts";
import { onlyPayload, say, sayError } from "./saying.ts";
import { readValue, type ValueOrProblem, writeText, writeValue } from "./xmlRpcValue.ts";

/** Octets in which a document must have begun, and HTTP's headers end. */
const MAX_HEAD_BYTES = 16 * 1024;
/** Elements of one nested value: value, array, data, or value, struct, member. */
const ELEMENTS_PER_LEVEL = 3;
const XML_LIMITS = { maxBytes: MAX_MESSAGE_BYTES, maxDepth: ELEMENTS_PER_LEVEL * (MAX_DEPTH + 2) };
const BODY = /^\ufeff?\s*(?:<[?]xml[^>]{0,200}[?]>\s*)?(?:<!--[^>]{0,1000}-->\s*)?<(?:methodCall|methodResponse)[\s/>]/;
const REQUEST_LINE = /^POST (\S{1,2000}) HTTP\/1[.][01]\r?\n/;
const STATUS_LINE = /^HTTP\/1[.][01] (\d{3})[^\n]{0,200}\n/;
const HEADERS_END = /\r?\n\r?\n/;
/** Of a reply in which an application says that it failed, the parts that name where: Pyblish's. */
const FAILED_PARTS = ["plugin", "instance"] as const;
/** What servers answer with whose methods raised. */
const FAULT_CODE = 1;

const encoder = new TextEncoder();
const latin1 = new TextDecoder("latin1");

type Facts = Said["facts"];
/** The document in a frame, and what an HTTP request or response around it says. */
type Document = { readonly xml: Uint8Array; readonly facts: Facts; readonly isRequest: boolean };

/** The bodies of XML-RPC, alone or with the HTTP request or response around them. */
export const xmlRpc: Dialect = {
  name: "xml-rpc",
  title: "XML-RPC",
  meaning:
    "<methodCall> and <methodResponse> documents as a frame, such as Python's xmlrpc.client writes, also within the text of " +
    "an HTTP request or response.",
  socket: "REQ",
  takesArgs: true,
  takesKwargs: false,
  fields: [],
  canCall: true,
  confidence(message) {
    const frame = onlyPayload(message);
    const xml = frame === undefined ? undefined : documentIn(frame)?.xml;
    return xml !== undefined && BODY.test(utf8Text(xml.subarray(0, MAX_HEAD_BYTES), true) ?? "") ? 0.97 : 0;
  },
  decode(message): SaidOrProblem {
    const frame = onlyPayload(message);
    const document = frame === undefined ? undefined : documentIn(frame);
    if (document === undefined) return { problem: "A message of XML-RPC is a single frame with an XML document." };
    const read = readXml(document.xml, XML_LIMITS);
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
    return "frames" in response && isHttp(call) ? { frames: response.frames.map(inHttp) } : response;
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
  return say({ kind: "call", method: textOf(name), args, facts });
}

function readResponse(response: XmlElement, facts: Facts): SaidOrProblem {
  const [content] = elementsOf(response);
  const [param] = content === undefined ? [] : elementsOf(content);
  // Some servers answer with nothing at all where a method returns nothing.
  if (content === undefined || param === undefined) return say({ kind: "reply", facts });
  const read = content.name === "fault" ? readValue(param) : readParam(param);
  if ("problem" in read) return read;
  const { value } = read;
  if (content.name === "fault") return sayFault(value, facts);
  if (isObject(value) && value["success"] === false) return sayFailure(value, facts);
  return say({ kind: "reply", value, facts });
}

function readParam(param: XmlElement): ValueOrProblem {
  const [value] = elementsOf(param);
  return value === undefined ? { problem: "A parameter has no value." } : readValue(value);
}

function sayFault(value: unknown, facts: Facts): SaidOrProblem {
  const { faultCode: code, faultString: problem } = isObject(value) ? value : {};
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
  const message = isObject(error) ? error["message"] : error;
  const problem = typeof message === "string" && message !== "" ? message : "success is false";
  return sayError(where === "" ? problem : `${where}: ${problem}`, problem, { value, facts: [...facts, ...parts] });
}

function nameOf(part: unknown): string | undefined {
  const name = isObject(part) ? (part["name"] ?? part["id"]) : part;
  return typeof name === "string" ? name.slice(0, 200) : undefined;
}

/** Undefined where HTTP's headers say that the body is in pieces or compressed, or do not end. */
function documentIn(frame: Uint8Array): Document | undefined {
  const head = latin1.decode(frame.subarray(0, MAX_HEAD_BYTES));
  const [, path] = REQUEST_LINE.exec(head) ?? [];
  const [, status] = STATUS_LINE.exec(head) ?? [];
  if (path === undefined && status === undefined) return { xml: frame, facts: [], isRequest: false };
  const end = HEADERS_END.exec(head);
  if (end === null || /^(?:transfer|content)-encoding:/im.test(head.slice(0, end.index))) return undefined;
  return {
    xml: frame.subarray(end.index + end[0].length),
    facts: [path === undefined ? { label: "HTTP status", value: status! } : { label: "HTTP path", value: path }],
    isRequest: path !== undefined,
  };
}

function isHttp(message: DialectMessage): boolean {
  const frame = onlyPayload(message);
  return frame !== undefined && documentIn(frame)?.isRequest === true;
}

function inHttp(body: Uint8Array): Uint8Array {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: ${body.length}\r\n\r\n`;
  return encoder.encode(head + utf8Text(body)!);
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
