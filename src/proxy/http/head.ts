import { toKey } from "../wire/octets.ts";

/** Octets of one head, and of the trailers behind a chunked body. Common servers take 8 to 64 KiB. */
export const MAX_HEAD_BYTES = 64 * 1024;

/** How long a message's body is; a number counts octets. `chunked`: it says itself; `close`: to the end of the stream. */
export type BodyLength = number | "chunked" | "close";

/** What of a head matters to whoever follows the stream. */
export type HttpHead = {
  /** As written; empty of a response. */
  readonly method: string;
  /** Three digits; 0 of a request. */
  readonly status: number;
  /** What its own fields say of its body, whatever the method or status has to say about that. */
  readonly length: BodyLength;
  /** Whether it says that the connection ends behind this message. */
  readonly isLast: boolean;
};

/** Why octets are no head that can be followed: `code` for programs, and a sentence. */
export type HeadProblem = { readonly code: string; readonly problem: string };

const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP\/(\d)\.(\d)$/;
const STATUS_LINE = /^HTTP\/(\d)\.(\d) (\d{3})(?: [^\n]*)?$/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Fields that let others in, in lower case: their values are never kept. */
export const SECRET_FIELDS: ReadonlySet<string> = new Set([
  "authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
  "x-api-key",
  "x-auth-token",
]);
/** A field up to its value; of an authorization its scheme is no secret. */
const FIELD_START = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:[ \t]*/;
const SCHEME = /^[A-Za-z][\w-]*[ \t]+(?=\S)/;
/** User and password of a URL, wherever in the head one stands. */
const USER_IN_URL = /:\/\/([^\s/?#]*)@/g;
/** Put in place of each octet of a secret. */
const MASKED = 0x2a;

/** The lines of a head without their ends. */
export function linesOf(text: string): string[] {
  let end = text.length;
  while (end > 0 && (text[end - 1] === "\n" || text[end - 1] === "\r")) end--;
  return text.slice(0, end).split(/\r?\n/);
}

/** Name and value of a header line; `null` for one that is none. No expression trims: long runs of spaces cost it time. */
export function readField(line: string): readonly [name: string, value: string] | null {
  const colon = line.indexOf(":");
  if (!TOKEN.test(line.slice(0, Math.max(0, colon)))) return null;
  let [from, to] = [colon + 1, line.length];
  while (isSpace(line[from])) from++;
  while (to > from && isSpace(line[to - 1])) to--;
  return [line.slice(0, colon), line.slice(from, to)];
}

function isSpace(character: string | undefined): boolean {
  return character === " " || character === "\t";
}

/**
 * Reads a head, with or without the empty line behind it (RFC 9112). Never throws. What two programs may read as different
 * lengths is a problem, since then nobody can say where the next message begins.
 */
export function readHead(octets: Uint8Array): HttpHead | HeadProblem {
  const text = toKey(octets, 0, octets.length);
  const [first = "", ...rest] = linesOf(text);
  const request = REQUEST_LINE.exec(first);
  const response = STATUS_LINE.exec(first);
  const major = request?.[3] ?? response?.[1];
  if (major === undefined)
    return bad("bad-start-line", "A message begins with neither a request line nor a status line.");
  if (major !== "1") return bad("other-version", `This is HTTP/${major}, and taps read HTTP/1.`);
  const fields = readFields(rest);
  if ("problem" in fields) return fields;
  const minor = request?.[4] ?? response![2];
  const isRequest = request !== null;
  const length = lengthOf(fields, isRequest);
  if (typeof length === "object") return length;
  const connection = listOf(fields.get("connection"));
  return {
    method: request?.[1] ?? "",
    status: response === null ? 0 : Number(response[3]),
    length,
    isLast: connection.includes("close") || (minor === "0" && !connection.includes("keep-alive")),
  };
}

type Fields = ReadonlyMap<string, readonly string[]>;

/** Values by lower-case name, in their order. */
function readFields(lines: readonly string[]): Fields | HeadProblem {
  const fields = new Map<string, string[]>();
  let last: string[] | undefined;
  let isFraming = false;
  for (const line of lines) {
    if (/[\r\0]/.test(line))
      return bad("bad-field", "A header holds a line end or zero octet that programs read differently.");
    if (/^[ \t]/.test(line)) {
      // Obsolete: a value that goes on in the next line.
      if (last === undefined || isFraming)
        return bad("bad-field", "A header that is folded over lines is read differently by programs.");
      last.push(`${last.pop()!} ${line.trim()}`);
      continue;
    }
    const field = readField(line);
    if (field === null) return bad("bad-field", "A header is none: its name and colon are missing or malformed.");
    const [name, value] = field;
    const key = name.toLowerCase();
    isFraming = key === "content-length" || key === "transfer-encoding";
    last = fields.get(key) ?? [];
    last.push(value);
    fields.set(key, last);
  }
  return fields;
}

function lengthOf(fields: Fields, isRequest: boolean): BodyLength | HeadProblem {
  const codings = listOf(fields.get("transfer-encoding"));
  const lengths = new Set(listOf(fields.get("content-length")));
  const hasCodings = fields.has("transfer-encoding");
  if (hasCodings && lengths.size > 0) {
    return bad(
      "ambiguous-length",
      "A message has both Content-Length and Transfer-Encoding, which programs read differently.",
    );
  }
  if (hasCodings) {
    if (codings.at(-1) === "chunked" && codings.indexOf("chunked") === codings.length - 1) return "chunked";
    if (!isRequest && !codings.includes("chunked")) return "close";
    return bad(
      "ambiguous-length",
      "A message's Transfer-Encoding does not end in chunked, which programs read differently.",
    );
  }
  if (!fields.has("content-length")) return isRequest ? 0 : "close";
  const [length = ""] = lengths;
  if (lengths.size !== 1 || !/^\d{1,15}$/.test(length)) {
    return bad("ambiguous-length", "A message's Content-Length is no number, or several that differ.");
  }
  return Number(length);
}

function listOf(values: readonly string[] = []): string[] {
  return values
    .flatMap((value) => value.toLowerCase().split(","))
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function bad(code: string, problem: string): HeadProblem {
  return { code, problem };
}

/**
 * Overwrites in place what lets others in: the values of SECRET_FIELDS (of an authorization behind its scheme), and user and
 * password of any URL. Nothing else changes, and no length.
 */
export function maskHead(octets: Uint8Array): void {
  const text = toKey(octets, 0, octets.length);
  for (const match of text.matchAll(USER_IN_URL)) {
    const from = match.index + "://".length;
    octets.fill(MASKED, from, from + match[1]!.length);
  }
  let isSecret = false;
  for (let from = 0; from < text.length;) {
    const end = text.indexOf("\n", from);
    const next = end < 0 ? text.length : end + 1;
    const line = text.slice(from, next).replace(/\r?\n?$/, "");
    // A line that begins with white space goes on with the value before it.
    const isFolded = /^[ \t]/.test(line);
    const open = isFolded ? 1 : openOctets(line);
    if (!isFolded) isSecret = open >= 0;
    if (isSecret) octets.fill(MASKED, from + open, from + line.length);
    from = next;
  }
}

/** How many octets of a field with a secret may be shown; -1 for any other line. */
function openOctets(line: string): number {
  const [start, name] = FIELD_START.exec(line) ?? [];
  if (start === undefined || !SECRET_FIELDS.has(name!.toLowerCase())) return -1;
  const [scheme = ""] = name!.toLowerCase().endsWith("authorization")
    ? (SCHEME.exec(line.slice(start.length)) ?? [])
    : [];
  return start.length + scheme.length;
}
