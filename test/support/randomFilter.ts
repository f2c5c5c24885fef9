import { unpack } from "msgpackr";
import { SEVERITIES } from "../../src/shared/findings.ts";
import { ANCHOR_MS, NAMES, NOW_NS, type Pick, type PlainRow, WORDS } from "./filterRows.ts";

/** A filter as text, and the same in the plainest code there is. */
export type RandomFilter = { readonly text: string; readonly judge: (row: PlainRow) => boolean };

type Random = (below: number) => number;
type Value = Uint8Array | string | number | boolean | null | object;

/** Patterns that JavaScript reads as we do, as long as they meet octets one by one. */
const PATTERNS = [
  "bob",
  "b+",
  "^md",
  "usd$",
  "[a-c]{2}",
  "x{20,}",
  "(?:bob|alice)",
  "\\d+",
  "\\bb",
  "a.b",
  "s[^q]y",
  "",
];

/** Draws a filter out of the whole grammar. */
export function randomFilter(random: Random, depth = 3): RandomFilter {
  const pick: Pick = (items) => items[random(items.length)]!;
  const kind = depth === 0 ? 0 : random(6);
  if (kind < 2) return leaf(random, pick);
  if (kind === 2) {
    const of = randomFilter(random, depth - 1);
    return { text: `${pick(["!", "not ", "! "])}(${of.text})`, judge: (row) => !of.judge(row) };
  }
  const parts = Array.from({ length: 2 + random(2) }, () => randomFilter(random, depth - 1));
  const texts = parts.map((part) => `(${part.text})`);
  if (kind < 5) {
    const joint = pick([" and ", " && ", "&", " "]);
    return { text: texts.join(joint), judge: (row) => parts.every((part) => part.judge(row)) };
  }
  return { text: texts.join(pick([" or ", " || ", "|"])), judge: (row) => parts.some((part) => part.judge(row)) };
}

function leaf(random: Random, pick: Pick): RandomFilter {
  switch (random(9)) {
    case 0:
      return enumLeaf(random, pick);
    case 1:
      return boolLeaf(pick);
    case 2:
      return numberLeaf(random, pick);
    case 3:
      return addressLeaf(pick);
    case 4:
      return shortLeaf(pick);
    case 5: {
      const word = pick(["bob", "MD.", "grüsse", "SAY"]);
      const has = (text: string): boolean => text.toLowerCase().includes(word.toLowerCase());
      return { text: pick([word, `"${word}"`]), judge: (row) => has(row.topicText) || has(row.preview) };
    }
    case 6:
      return textLeaf(random, pick);
    case 7:
      return octetsLeaf(random, pick);
    default:
      return decodedLeaf(random, pick);
  }
}

const side = (row: PlainRow): "client" | "server" => (row.dir === "s2c" ? "server" : "client");

const ENUMS: Record<string, { values: readonly string[]; read: (row: PlainRow) => string | null }> = {
  dir: { values: ["c2s", "s2c"], read: (row) => row.dir },
  kind: { values: ["message", "encrypted", "event", "command"], read: (row) => row.kind },
  origin: { values: ["wire", "replay", "call", "bridge", "watch"], read: (row) => row.origin },
  exchange: { values: ["none", "pending", "answered", "reply", "lost"], read: (row) => row.exchange },
  socket: { values: ["REQ", "SUB", "ROUTER", "PUB"], read: (row) => row.link?.sockets[side(row)] ?? null },
  mech: { values: ["NULL", "CURVE"], read: (row) => row.link?.mechanism ?? null },
};

function enumLeaf(random: Random, pick: Pick): RandomFilter {
  const field = pick(Object.keys(ENUMS));
  const { values, read } = ENUMS[field]!;
  const value = pick(values);
  switch (random(4)) {
    case 0:
      return { text: field, judge: (row) => read(row) !== null && (field !== "exchange" || read(row) !== "none") };
    case 1:
      return { text: `${field} == ${value}`, judge: (row) => read(row) === value };
    case 2:
      return { text: `${field}!=${value}`, judge: (row) => read(row) !== value };
    default: {
      const other = pick(values);
      return { text: `${field} in {${value},${other}}`, judge: (row) => [value, other].includes(read(row) ?? "") };
    }
  }
}

const BOOLS: Record<string, (row: PlainRow) => boolean> = {
  pending: (row) => row.exchange === "pending",
  marked: (row) => row.pinned,
  guessed: (row) => row.guessed,
  decrypted: (row) => row.kind === "message" && row.link?.isDecrypted === true,
};

function boolLeaf(pick: Pick): RandomFilter {
  const field = pick(Object.keys(BOOLS));
  const read = BOOLS[field]!;
  return pick<RandomFilter>([
    { text: field, judge: read },
    { text: `${field} == true`, judge: read },
    { text: `${field} == false`, judge: (row) => !read(row) },
    { text: `${field} != true`, judge: (row) => !read(row) },
  ]);
}

const NUMBERS: Record<string, { values: Record<string, number>; read: (row: PlainRow) => number | null }> = {
  n: { values: { "3": 3, "10": 10, "-1": -1 }, read: (row) => row.n },
  frames: { values: { "0": 0, "1": 1, "2": 2 }, read: (row) => row.frames.length },
  size: {
    values: { "0": 0, "4": 4, "20B": 20, "0.1KiB": 102.4 },
    read: (row) => row.frames.reduce((sum, frame) => sum + frame.length, 0),
  },
  copies: { values: { "0": 0, "1": 1 }, read: (row) => row.copies },
  conn: { values: { "1": 1, "3": 3 }, read: (row) => row.link?.link ?? null },
  latency: { values: { "5ms": 5e6, "0.02s": 20e6, "30000us": 30e6 }, read: (row) => row.latencyNs },
  sev: {
    values: { note: 0, warning: 1, error: 2 },
    read: (row) => (row.finding === null ? null : SEVERITIES.indexOf(row.finding.severity)),
  },
  age: { values: { "2s": 2e9, "5000ms": 5e9, "0": 0 }, read: (row) => NOW_NS - row.timeNs },
  time: {
    values: { "2026-11-25T12:00:04Z": ANCHOR_MS + 4000 },
    read: (row) => Math.floor((ANCHOR_MS + row.timeNs / 1e6) / 1000) * 1000,
  },
};

const ORDER: Record<string, (difference: number) => boolean> = {
  "==": (difference) => difference === 0,
  "!=": (difference) => difference !== 0,
  "<": (difference) => difference < 0,
  "<=": (difference) => difference <= 0,
  ">": (difference) => difference > 0,
  ">=": (difference) => difference >= 0,
};

function numberLeaf(random: Random, pick: Pick): RandomFilter {
  const field = pick(Object.keys(NUMBERS));
  const { values, read } = NUMBERS[field]!;
  const written = pick(Object.keys(values));
  const value = values[written]!;
  if (random(4) === 0) {
    const high = pick(Object.keys(values));
    const judge = (row: PlainRow): boolean => {
      const number = read(row);
      return number !== null && ((number >= value && number <= values[high]!) || number === values[high]);
    };
    return { text: `${field} in { ${written} .. ${high} , ${high} }`, judge };
  }
  const op = pick(Object.keys(ORDER));
  const judge = (row: PlainRow): boolean => {
    const number = read(row);
    return number === null ? op === "!=" : ORDER[op]!(number - value);
  };
  return { text: `${field} ${op} ${written}`, judge };
}

const ADDRESSES: Record<string, (row: PlainRow) => (string | undefined)[]> = {
  addr: (row) => [row.link?.client, row.link?.server],
  src: (row) => (row.dir === null ? [] : [row.dir === "c2s" ? row.link?.client : row.link?.server]),
  dst: (row) => (row.dir === null ? [] : [row.dir === "c2s" ? row.link?.server : row.link?.client]),
};

function addressLeaf(pick: Pick): RandomFilter {
  const field = pick(Object.keys(ADDRESSES));
  const [test, passes] = pick<[string, (text: string) => boolean]>([
    ["== 127.0.0.1", (text) => text.startsWith("127.0.0.1:")],
    ["== 10.0.0.0/8", (text) => text.startsWith("10.")],
    ["== 10.1.0.0/16", (text) => text.startsWith("10.1.")],
    ["== 10.1.2.3:5555", (text) => text === "10.1.2.3:5555"],
    ["== [::1]:5555", (text) => text === "[::1]:5555"],
    ["== ::/0", (text) => text === "[::1]:5555"],
    ["== ipc:///tmp/a", (text) => text === "ipc:///tmp/a"],
    ["in {ipc:///tmp/a, 127.0.0.1}", (text) => text === "ipc:///tmp/a" || text.startsWith("127.")],
    ["contains :40001", (text) => text.includes(":40001")],
    ["matches ^10", (text) => text.startsWith("10")],
    ["startswith [", (text) => text.startsWith("[")],
  ]);
  const func = pick(["", "any", "all"]);
  const judge = (row: PlainRow): boolean => {
    const texts = ADDRESSES[field]!(row).filter((text) => text !== undefined);
    return func === "all" ? texts.length > 0 && texts.every(passes) : texts.some(passes);
  };
  return { text: `${func === "" ? field : `${func}(${field})`} ${test}`, judge };
}

function shortLeaf(pick: Pick): RandomFilter {
  const anyBob = (row: PlainRow): boolean => row.frames.some((frame) => /bob/i.test(latin(frame)));
  const command = (row: PlainRow): string | undefined =>
    ({ ping: "PING", pong: "PONG", subscribe: "SUBSCRIBE", unsubscribe: "CANCEL", command: row.topicText })[row.event];
  return pick<RandomFilter>([
    { text: "~q", judge: (row) => row.dir === "c2s" },
    { text: "~s", judge: (row) => row.dir === "s2c" },
    { text: "~b bob", judge: anyBob },
    { text: "~bq /bob/i", judge: (row) => row.dir === "c2s" && anyBob(row) },
    { text: '~bs "bob"', judge: (row) => row.dir === "s2c" && anyBob(row) },
    { text: "~t ^MD\\.", judge: (row) => topicOf(row).some((topic) => /^md\./i.test(latin(topic))) },
    { text: "~c ping", judge: (row) => command(row) === "PING" },
    {
      text: "cmd in {SUBSCRIBE, unsubscribe, bob}",
      judge: (row) => ["SUBSCRIBE", "CANCEL", "bob"].includes(command(row) ?? ""),
    },
    { text: "~pending", judge: (row) => row.exchange === "pending" },
    { text: "~marked", judge: (row) => row.pinned },
    { text: "~replay", judge: (row) => row.origin === "replay" },
    { text: "~all", judge: () => true },
    {
      text: "~id ^worker",
      judge: (row) => row.link !== null && (row.link.identity.client + row.link.identity.server).includes("worker"),
    },
  ]);
}

const TEXTS: Record<string, (row: PlainRow) => (string | undefined)[]> = {
  tap: (row) => [row.tap],
  comment: (row) => [row.note || undefined],
  event: (row) => [row.event || undefined],
  peer: (row) => [row.link?.[side(row)], row.link?.identity[side(row)]].filter((text) => text !== ""),
  text: (row) => row.frames.map((frame) => utf8(frame)),
};

function textLeaf(random: Random, pick: Pick): RandomFilter {
  const field = pick(Object.keys(TEXTS));
  const read = (row: PlainRow): Value[] => TEXTS[field]!(row).filter((text) => text !== undefined);
  return valuesLeaf(random, pick, field, read, (text) => Array.from(text as string).length);
}

function octetsLeaf(random: Random, pick: Pick): RandomFilter {
  const index = random(5) - 2;
  const [field, frames] = pick<[string, (row: PlainRow) => (Uint8Array | undefined)[]]>([
    ["frame", (row) => [...row.frames]],
    ["body", (row) => [...row.frames]],
    ["topic", topicOf],
    [`frame[${index}]`, (row) => [row.frames.at(index)]],
    [
      "identity",
      ({ link }) =>
        [link?.identity.client ?? "", link?.identity.server ?? ""].filter((text) => text !== "").map(toOctets),
    ],
  ]);
  const [slice, cut] = pick<[string, (octets: Uint8Array) => Uint8Array]>([
    ["", (octets) => octets],
    ["", (octets) => octets],
    ["[0:2]", (octets) => octets.slice(0, 2)],
    ["[-3:]", (octets) => octets.slice(-3)],
    ["[ 1 : -1 ]", (octets) => octets.slice(1, -1)],
    ["[1:][:2]", (octets) => octets.slice(1).slice(0, 2)],
  ]);
  const read = (row: PlainRow): Value[] =>
    frames(row)
      .filter((frame) => frame !== undefined)
      .map(cut);
  return valuesLeaf(random, pick, field + slice, read, (octets) => (octets as Uint8Array).length);
}

function toOctets(text: string): Uint8Array {
  return text.startsWith("0x") ? Buffer.from(text.slice(2), "hex") : Buffer.from(text);
}

function decodedLeaf(random: Random, pick: Pick): RandomFilter {
  const format = pick(["json", "json", "msgpack"]);
  const path = Array.from({ length: random(3) }, () => pick<string | number>([...NAMES, 0, 1]));
  const written = path.map((step) =>
    typeof step === "number" ? `[${step}]` : /^\w+$/.test(step) ? `.${step}` : `["${step}"]`,
  );
  const read = (row: PlainRow): Value[] =>
    row.frames
      .map((frame) => (format === "json" ? fromJson(frame) : fromMsgpack(frame)))
      .map((value) => path.reduce(step, value))
      .filter((value) => value !== undefined);
  return valuesLeaf(random, pick, format + written.join(""), read, (value) => {
    if (typeof value === "string") return Array.from(value).length;
    return typeof value === "object" && value !== null ? Object.keys(value).length : undefined;
  });
}

function step(value: Value | undefined, name: string | number): Value | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value) !== (typeof name === "number"))
    return undefined;
  return Object.hasOwn(value, name) ? (value as Record<string | number, Value>)[name] : undefined;
}

/** Any test of a field with several values. */
function valuesLeaf(
  random: Random,
  pick: Pick,
  field: string,
  read: (row: PlainRow) => Value[],
  lengthOf: (value: Value) => number | undefined,
): RandomFilter {
  const func = pick(["", "", "", "any", "all", "lower", "len", "count"]);
  const operand = func === "" ? field : `${func}(${field})`;
  if (func === "count") {
    const count = random(3);
    return { text: `${operand} >= ${count}`, judge: (row) => read(row).length >= count };
  }
  if (func === "len") {
    const length = pick([0, 2, 3, 6]);
    const op = pick(Object.keys(ORDER));
    const passes = (value: Value): boolean => ORDER[op === "!=" ? "==" : op]!(lengthOf(value)! - length);
    const some = (row: PlainRow): boolean => read(row).some((value) => lengthOf(value) !== undefined && passes(value));
    return { text: `${operand} ${op} ${length}`, judge: (row) => some(row) !== (op === "!=") };
  }
  if (func === "" && random(4) === 0) return { text: operand, judge: (row) => read(row).length > 0 };
  // Lower case is text, so its literals are too.
  const tested = func === "lower" ? field.replace(/^(?:json|msgpack)/, "text") : field;
  const { text, passes, isNegated } = valueTest(random, pick, tested);
  const judge = (row: PlainRow): boolean => {
    const values = read(row).map((value) => (func === "lower" ? lower(value) : value));
    const is = func === "all" ? values.length > 0 && values.every(passes) : values.some(passes);
    return is !== isNegated;
  };
  return { text: `${operand} ${text}`, judge };
}

type ValueTest = { text: string; passes: (value: Value) => boolean; isNegated: boolean };

function valueTest(random: Random, pick: Pick, field: string): ValueTest {
  if (/^(?:json|msgpack)/.test(field) && random(2) === 0) {
    const literal = pick<boolean | null | number>([true, false, null, 0, 1, 2.5, -3, 7]);
    const op = pick(typeof literal === "number" ? Object.keys(ORDER) : ["==", "!="]);
    const passes = (value: Value): boolean =>
      typeof literal === "number"
        ? typeof value === "number" && ORDER[op === "!=" ? "==" : op]!(value - literal)
        : value === literal;
    return { text: `${op} ${literal}`, passes, isNegated: op === "!=" };
  }
  const isOctets = /^(?:frame|body|topic|identity)/.test(field) && random(3) === 0;
  const octets = isOctets ? pick([[0], [0xff], [0, 1], [0x62, 0x6f]]) : null;
  const value = octets === null ? Buffer.from(pick(WORDS)) : Buffer.from(octets);
  const hex = value.toString("hex");
  const literal =
    octets === null ? JSON.stringify(value.toString()) : pick([`0x${hex}`, `"${hex}"`]).replace(/^"\w*"$/, `0x${hex}`);
  const over =
    (passes: (octets: Buffer) => boolean) =>
    (one: Value): boolean => {
      if (one instanceof Uint8Array) return passes(Buffer.from(one));
      return typeof one === "string" && passes(Buffer.from(one));
    };
  const kind = random(5);
  if (kind === 0) return { text: `contains ${literal}`, passes: over((one) => one.includes(value)), isNegated: false };
  if (kind === 1) {
    const passes = over((one) => one.subarray(0, value.length).equals(value));
    return { text: `startswith ${literal}`, passes, isNegated: false };
  }
  if (kind === 2) {
    const pattern = pick(PATTERNS);
    const passes = over((one) => new RegExp(pattern, "is").test(latin(one)));
    return { text: `matches "${pattern}"`, passes, isNegated: false };
  }
  if (kind === 3) {
    const passes = over((one) => (one.compare(value) >= 0 && one.compare(Buffer.from("c")) <= 0) || one.equals(value));
    return { text: `in {${literal}.."c",${literal}}`, passes, isNegated: false };
  }
  const op = pick(Object.keys(ORDER));
  const passes = over((one) => ORDER[op === "!=" ? "==" : op]!(one.compare(value)));
  return { text: `${op} ${literal}`, passes, isNegated: op === "!=" };
}

function lower(value: Value): Value {
  if (typeof value === "string") return value.toLowerCase();
  if (!(value instanceof Uint8Array)) return value;
  const text = utf8(value);
  return text === undefined
    ? Buffer.from(
        latin(value).replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
        "latin1",
      )
    : Buffer.from(text.toLowerCase());
}

function topicOf(row: PlainRow): Uint8Array[] {
  if (row.isPubSub && row.frames.length > 0) return [row.frames[0]!];
  return row.event === "subscribe" || row.event === "unsubscribe" ? [Buffer.from(row.topicText)] : [];
}

function latin(octets: Uint8Array): string {
  return Buffer.from(octets).toString("latin1");
}

function utf8(octets: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    return undefined;
  }
}

function fromJson(octets: Uint8Array): Value | undefined {
  try {
    return JSON.parse(utf8(octets) ?? "?") as Value;
  } catch {
    return undefined;
  }
}

function fromMsgpack(octets: Uint8Array): Value | undefined {
  try {
    const value = unpack(octets) as unknown;
    return typeof value === "object" && value !== null && !(value instanceof Uint8Array) ? value : undefined;
  } catch {
    return undefined;
  }
}
