import { DIALECTS } from "../dialects.ts";
import { SOCKET_TYPES } from "../model.ts";

/**
 * `any` is a value of JSON or MessagePack, which brings its type along. `size` is octets, `duration` nanoseconds.
 * `string` and `bytes` compare with text; `bytes` with octets too. `level` is an enum whose words have an order.
 */
export type FieldType =
  "enum" | "level" | "bool" | "int" | "size" | "duration" | "time" | "string" | "bytes" | "address" | "any";

export type KnownValue = { readonly name: string; readonly meaning: string };

export type Field = {
  readonly name: FieldName;
  readonly type: FieldType;
  /** What may stand behind the name: nothing, `[2]`, or a way into a value such as `.user[0]["first name"]`. */
  readonly path: "none" | "index" | "names";
  readonly meaning: string;
  /** All values of an enum or level, in their order; the usual ones of other types. */
  readonly values: readonly KnownValue[];
};

const named = (names: readonly string[], meaning: string): readonly KnownValue[] =>
  names.map((name) => ({ name, meaning }));

const TABLE = [
  {
    name: "dir",
    type: "enum",
    path: "none",
    meaning: "Direction through the tap.",
    values: [
      { name: "c2s", meaning: "from the client to the server" },
      { name: "s2c", meaning: "from the server to the client" },
    ],
  },
  {
    name: "kind",
    type: "enum",
    path: "none",
    meaning: "What the row is.",
    values: [
      { name: "message", meaning: "a message" },
      { name: "encrypted", meaning: "a frame that the tap cannot read" },
      { name: "event", meaning: "something that happened to a link or tap" },
      { name: "command", meaning: "a ZMTP command such as PING or SUBSCRIBE" },
    ],
  },
  {
    name: "cmd",
    type: "string",
    path: "none",
    meaning: "Name of a ZMTP command.",
    values: named(["PING", "PONG", "SUBSCRIBE", "CANCEL", "ERROR"], "a ZMTP command"),
  },
  {
    name: "event",
    type: "string",
    path: "none",
    meaning: "Name of an event or command row, as the log calls it.",
    values: named(
      [
        "link-opened",
        "handshake",
        "link-closed",
        "fault",
        "server-down",
        "refused",
        "intervention",
        "capturing",
        "gap",
      ],
      "an event",
    ),
  },
  { name: "tap", type: "string", path: "none", meaning: "Name of the tap.", values: [] },
  { name: "conn", type: "int", path: "none", meaning: "Number of the link: one client connection.", values: [] },
  {
    name: "peer",
    type: "string",
    path: "none",
    meaning: "Address of the peer that sent it, and its identity where it has one.",
    values: [],
  },
  { name: "addr", type: "address", path: "none", meaning: "Address of either end of the link.", values: [] },
  { name: "src", type: "address", path: "none", meaning: "Address of the sender.", values: [] },
  { name: "dst", type: "address", path: "none", meaning: "Address of the receiver.", values: [] },
  { name: "identity", type: "bytes", path: "none", meaning: "ZeroMQ identity of either end of the link.", values: [] },
  {
    name: "socket",
    type: "enum",
    path: "none",
    meaning: "Socket type of the peer that sent it.",
    values: named(SOCKET_TYPES, "a ZeroMQ socket type"),
  },
  {
    name: "mech",
    type: "enum",
    path: "none",
    meaning: "Security mechanism of the link, or HTTP.",
    values: [
      ...named(["NULL", "PLAIN", "CURVE", "GSSAPI"], "a ZMTP mechanism"),
      ...named(["HTTP"], "HTTP in place of ZMTP"),
    ],
  },
  {
    name: "decrypted",
    type: "bool",
    path: "none",
    meaning: "Encrypted on the wire, read with the tap's keys.",
    values: [],
  },
  {
    name: "topic",
    type: "bytes",
    path: "none",
    meaning: "First frame of a publication; what a SUBSCRIBE or CANCEL is about.",
    values: [],
  },
  { name: "frames", type: "int", path: "none", meaning: "Number of frames.", values: [] },
  {
    name: "frame",
    type: "bytes",
    path: "index",
    meaning: "Any frame; frame[0] is the first, frame[-1] the last.",
    values: [],
  },
  { name: "size", type: "size", path: "none", meaning: "Octets of all frames together.", values: [] },
  { name: "body", type: "bytes", path: "none", meaning: "Octets of any frame.", values: [] },
  { name: "text", type: "string", path: "none", meaning: "Text of any frame that is UTF-8.", values: [] },
  {
    name: "json",
    type: "any",
    path: "names",
    meaning: "A value in a frame that is JSON, such as json.user.name or json.items[0].",
    values: [],
  },
  {
    name: "msgpack",
    type: "any",
    path: "names",
    meaning: "A value in a frame that is MessagePack, such as msgpack.user.",
    values: [],
  },
  {
    name: "copies",
    type: "int",
    path: "none",
    meaning: "To how many subscribers a publication went through taps; 0 for anything else.",
    values: [],
  },
  {
    name: "exchange",
    type: "enum",
    path: "none",
    meaning: "What became of a request, or what a reply is.",
    values: [
      { name: "none", meaning: "not part of an exchange" },
      { name: "pending", meaning: "a request without a reply yet" },
      { name: "answered", meaning: "a request with a reply" },
      { name: "reply", meaning: "a reply" },
      { name: "unasked", meaning: "a reply that belongs to no open request" },
      { name: "abandoned", meaning: "a request whose requester asked again before the reply" },
      { name: "lost", meaning: "a request whose connection closed before the reply" },
    ],
  },
  {
    name: "dialect",
    type: "enum",
    path: "none",
    meaning: "RPC dialect that its channel speaks.",
    values: named(
      DIALECTS.filter((name) => name !== "raw"),
      "a dialect",
    ),
  },
  {
    name: "method",
    type: "string",
    path: "none",
    meaning: "Method, signal, service or topic, as the message's dialect names it; of a reply that of its call.",
    values: [],
  },
  {
    name: "corr",
    type: "string",
    path: "none",
    meaning: "Id of a call in its dialect, which the reply repeats; hex for octets.",
    values: [],
  },
  {
    name: "status",
    type: "enum",
    path: "none",
    meaning: "How a call stands, or what a reply says.",
    values: [
      { name: "ok", meaning: "answered, and nothing says that it failed" },
      { name: "error", meaning: "answered with an error, even where clients hide that" },
      { name: "pending", meaning: "without a reply yet, or without the signal that it leads to" },
      { name: "acknowledged", meaning: "it arrived, and more is not known" },
      { name: "timed-out", meaning: "its requester gave up, or its signal never came" },
      { name: "lost", meaning: "its connection closed before the reply" },
      { name: "none", meaning: "neither a call nor a reply, or nobody can tell" },
    ],
  },
  {
    name: "late",
    type: "bool",
    path: "none",
    meaning: "A reply that came after its requester gave up.",
    values: [],
  },
  { name: "dup", type: "bool", path: "none", meaning: "A call or reply whose id was there before.", values: [] },
  {
    name: "heartbeat",
    type: "bool",
    path: "none",
    meaning: "A heartbeat of a dialect, or the answer to one.",
    values: [],
  },
  { name: "pending", type: "bool", path: "none", meaning: "A request without a reply yet.", values: [] },
  { name: "guessed", type: "bool", path: "none", meaning: "Its pairing is a guess.", values: [] },
  { name: "latency", type: "duration", path: "none", meaning: "Of a reply: time since its request.", values: [] },
  { name: "age", type: "duration", path: "none", meaning: "Time since it was seen.", values: [] },
  {
    name: "origin",
    type: "enum",
    path: "none",
    meaning: "Who put it on the wire.",
    values: [
      { name: "wire", meaning: "the programs themselves" },
      { name: "replay", meaning: "a replay" },
      { name: "call", meaning: "a call" },
      { name: "bridge", meaning: "a bridge" },
      { name: "watch", meaning: "Watch All Topics" },
    ],
  },
  {
    name: "finding",
    type: "string",
    path: "none",
    meaning: "Name of a finding about it, such as rep-wedged.",
    values: [],
  },
  {
    name: "sev",
    type: "level",
    path: "none",
    meaning: "How grave the gravest finding about it is.",
    values: [
      { name: "note", meaning: "worth knowing" },
      { name: "warning", meaning: "something may be wrong" },
      { name: "error", meaning: "something is wrong" },
    ],
  },
  { name: "marked", type: "bool", path: "none", meaning: "Pinned by you.", values: [] },
  { name: "comment", type: "string", path: "none", meaning: "Your note on it.", values: [] },
  {
    name: "time",
    type: "time",
    path: "none",
    meaning: "When it was seen: a date and time, or a time of day.",
    values: [],
  },
  { name: "n", type: "int", path: "none", meaning: "Its number in the log.", values: [] },
] as const satisfies readonly (Omit<Field, "name"> & { readonly name: string })[];

export type FieldName = (typeof TABLE)[number]["name"];

/** Every field a filter can test, in the order in which they are listed. */
export const FIELDS: readonly Field[] = TABLE;

/** Fields that are known of a row only when its message was read in its dialect, a little after it came. */
export const TALK_FIELDS: ReadonlySet<FieldName> = new Set([
  "dialect",
  "method",
  "corr",
  "status",
  "late",
  "dup",
  "heartbeat",
]);

/** Fields that are known of a row only when rules have looked at it, and may change when they look at later ones. */
export const FINDING_FIELDS: ReadonlySet<FieldName> = new Set(["finding", "sev"]);

/** Fields of the language that nothing can answer yet. */
export const NOT_YET: readonly { readonly name: string; readonly meaning: string }[] = [
  { name: "proto", meaning: "A value in a frame that is Protocol Buffers." },
];

/** A short form. `same` is what it stands for; of those with an argument, what is tested besides. */
export type Short = {
  readonly name: string;
  readonly argument: "regex" | "name" | null;
  /** What the argument is tested with. */
  readonly field: FieldName | null;
  readonly same: string;
  readonly meaning: string;
};

export const SHORTS: readonly Short[] = [
  { name: "q", argument: null, field: null, same: "dir == c2s", meaning: "From the client to the server." },
  { name: "s", argument: null, field: null, same: "dir == s2c", meaning: "From the server to the client." },
  { name: "t", argument: "regex", field: "topic", same: "", meaning: "The topic matches." },
  { name: "b", argument: "regex", field: "body", same: "", meaning: "Any frame matches." },
  { name: "bq", argument: "regex", field: "body", same: "dir == c2s", meaning: "Any frame to the server matches." },
  { name: "bs", argument: "regex", field: "body", same: "dir == s2c", meaning: "Any frame to the client matches." },
  { name: "src", argument: "regex", field: "src", same: "", meaning: "The sender's address matches." },
  { name: "dst", argument: "regex", field: "dst", same: "", meaning: "The receiver's address matches." },
  { name: "id", argument: "regex", field: "identity", same: "", meaning: "An identity matches." },
  { name: "c", argument: "name", field: "cmd", same: "", meaning: "The command of that name." },
  { name: "pending", argument: null, field: null, same: "pending", meaning: "A request without a reply yet." },
  { name: "e", argument: null, field: null, same: "sev >= error", meaning: "What was found about it is an error." },
  { name: "marked", argument: null, field: null, same: "marked", meaning: "Pinned by you." },
  { name: "replay", argument: null, field: null, same: "origin == replay", meaning: "Sent by a replay." },
  { name: "all", argument: null, field: null, same: "", meaning: "Everything." },
];

const byName = new Map<string, Field>(FIELDS.map((field) => [field.name, field]));

/** The field of that name; names are lower case. */
export function fieldNamed(name: string): Field | undefined {
  return byName.get(name);
}

export const OPERATORS = ["==", "!=", "<", "<=", ">", ">=", "in", "contains", "matches", "startswith"] as const;
export type Operator = (typeof OPERATORS)[number];

const EQUAL: readonly Operator[] = ["==", "!="];
const ORDERED: readonly Operator[] = ["==", "!=", "<", "<=", ">", ">=", "in"];

const OPERATORS_OF: Record<FieldType, readonly Operator[]> = {
  enum: [...EQUAL, "in"],
  level: ORDERED,
  bool: EQUAL,
  int: ORDERED,
  size: ORDERED,
  duration: ORDERED,
  time: ORDERED,
  string: OPERATORS,
  bytes: OPERATORS,
  address: [...EQUAL, "in", "contains", "matches", "startswith"],
  any: OPERATORS,
};

/** Operators that mean something for a type. */
export function operatorsOf(type: FieldType): readonly Operator[] {
  return OPERATORS_OF[type];
}

export const OPERATOR_MEANINGS: Record<Operator, string> = {
  "==": "is",
  "!=": "is not",
  "<": "is less than",
  "<=": "is at most",
  ">": "is more than",
  ">=": "is at least",
  in: "is one of a set: {a, b, 10..20}",
  contains: "has within it",
  matches: "matches a regular expression, in any case of letters",
  startswith: "begins with",
};

/** What a type is, as a sentence goes on after "is". */
export const TYPE_WORDS: Record<FieldType, string> = {
  enum: "one of a few words",
  level: "one of a few words in order",
  bool: "true or false",
  int: "a number",
  size: "a number of octets",
  duration: "a duration",
  time: "a time",
  string: "text",
  bytes: "octets",
  address: "an address",
  any: "a decoded value",
};
