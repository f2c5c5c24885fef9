import { concat, toKey } from "../wire/octets.ts";
import { linesOf, MAX_HEAD_BYTES, readField, SECRET_FIELDS } from "./head.ts";

/** Where requests of our own go, and who we say that we are. */
export type HttpTarget = {
  /** As the Host header says it: host and port. */
  readonly host: string;
  /** With its leading `/`; empty for what is usual. A recorded request's own is overruled by it. */
  readonly path: string;
  /** What an Authorization header says; `null` for none. */
  readonly authorization: string | null;
};

/** Octets of a request, or why there are none, in a sentence. */
export type WrittenRequest = { readonly octets: Uint8Array } | { readonly problem: string };

/** What xmlrpc.client of Python asks for where a URL has no path. */
const XML_RPC_PATH = "/RPC2";
const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP\/1\.[01]$/;
const XML = /^\s*(?:\u00ef\u00bb\u00bf)?<(?:[?]xml|methodCall)[\s>]/;
const JSON_TEXT = /^\s*[{[]/;
const LOOKED_BYTES = 256;

/** An answer that asks to go on, or in another protocol, would be none for a REQ; so requests do not ask for one. */
const LEFT_OUT = new Set([
  "host",
  "content-length",
  "transfer-encoding",
  "trailer",
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "upgrade",
  "expect",
  ...SECRET_FIELDS,
]);

/** The head of a recorded request, as far as it is of use for another one. */
export type RequestHead = {
  readonly method: string;
  /** What stands between method and version: a path, or a whole URL. */
  readonly path: string;
  /** Without those of the connection and length, and without secrets, of which a capture has only a mask. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly hadCredentials: boolean;
};

/** What a frame says that is the head of a request; `null` for any other. */
export function readRequestHead(frame: Uint8Array): RequestHead | null {
  const [first = "", ...lines] = linesOf(toKey(frame, 0, Math.min(frame.length, MAX_HEAD_BYTES)));
  const [, method, path] = REQUEST_LINE.exec(first) ?? [];
  if (method === undefined || path === undefined) return null;
  const fields = lines.flatMap((line): [string, string][] => {
    const field = readField(line);
    return field === null || /[\r\0]/.test(line) ? [] : [[...field]];
  });
  const names = fields.map(([name]) => name.toLowerCase());
  return {
    method,
    path,
    fields: fields.filter((_field, at) => !LEFT_OUT.has(names[at]!)),
    hadCredentials: names.some((name) => SECRET_FIELDS.has(name)),
  };
}

/**
 * The HTTP request that frames of a REQ stand for: `[head][body…]` as a tap shows a request, or a body alone, which is
 * posted. Length, host and connection are said anew, and so is who asks.
 */
export function writeRequest(frames: readonly Uint8Array[], target: HttpTarget): WrittenRequest {
  const [first = new Uint8Array(0), ...rest] = frames;
  const recorded = readRequestHead(first);
  if (recorded === null && rest.length > 0) {
    return {
      problem: "An HTTP request is one frame, which is its body, or its head and its body.",
    };
  }
  const body = concat(recorded === null ? [first] : rest);
  const { method, path, fields } = recorded ?? postOf(first);
  if (method === "CONNECT") return { problem: "A tunnel (CONNECT) is no request that can be made here." };
  const hasBody = body.length > 0 || method === "POST" || method === "PUT" || method === "PATCH";
  const lines = [
    `${method} ${target.path === "" ? path : target.path} HTTP/1.1`,
    `Host: ${target.host}`,
    ...fields.map(([name, value]) => `${name}: ${value}`),
    ...(target.authorization === null ? [] : [`Authorization: ${target.authorization}`]),
    ...(hasBody ? [`Content-Length: ${body.length}`] : []),
  ];
  return { octets: concat([fromLatin1(`${lines.join("\r\n")}\r\n\r\n`), body]) };
}

function postOf(body: Uint8Array): Pick<RequestHead, "method" | "path" | "fields"> {
  const text = toKey(body, 0, Math.min(body.length, LOOKED_BYTES));
  const isXml = XML.test(text);
  const type = isXml ? "text/xml" : JSON_TEXT.test(text) ? "application/json" : "application/octet-stream";
  return {
    method: "POST",
    path: isXml ? XML_RPC_PATH : "/",
    fields: [
      ["Content-Type", type],
      ["User-Agent", "ZMQ-Tap"],
    ],
  };
}

/** A recorded head may hold any octets, one per character. */
function fromLatin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
