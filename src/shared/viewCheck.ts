import type { Ask } from "./channel.ts";
import { MAX_TYPED_ARGS } from "./callForm.ts";
import { isChoice } from "./decoderChoice.ts";
import { DIALECTS, isOwnDialect } from "./dialects.ts";
import { CALL_SOCKETS } from "./model.ts";
import { CHOOSABLE_DECODERS, FRAME_FORMATS, PICTURE_KINDS, VIEW_COMMANDS, type ViewRequests } from "./viewProtocol.ts";

/** Stands for a value of another shape; what may be left out is `undefined`. */
const BAD = Symbol("of another shape");

/** What is known of a value, without fields of other names, or BAD. */
type Read = (value: unknown) => unknown;

const when =
  (isRight: (value: unknown) => boolean): Read =>
  (value) =>
    isRight(value) ? value : BAD;
const text = (maxLength: number): Read => when((value) => typeof value === "string" && value.length <= maxLength);
const count = when((value) => typeof value === "number" && Number.isSafeInteger(value) && value >= 0);
const positive = when((value) => typeof value === "number" && Number.isFinite(value) && value > 0);
const oneOf = (values: readonly unknown[]): Read => when((value) => values.includes(value));
const choice = when(isChoice);
const flag = when((value) => typeof value === "boolean");
const nothing = when((value) => value === null);
const orNull =
  (read: Read): Read =>
  (value) =>
    value === null ? null : read(value);
const optional =
  (read: Read): Read =>
  (value) =>
    value === undefined ? undefined : read(value);
const either =
  (one: Read, other: Read): Read =>
  (value) => {
    const known = one(value);
    return known === BAD ? other(value) : known;
  };

/** An object with these fields; others are dropped. */
const fields =
  (reads: Readonly<Record<string, Read>>): Read =>
  (value) => {
    if (typeof value !== "object" || value === null) return BAD;
    const known: Record<string, unknown> = {};
    for (const [name, read] of Object.entries(reads)) {
      const one = read(Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined);
      if (one === BAD) return BAD;
      if (one !== undefined) known[name] = one;
    }
    return known;
  };

const list =
  (read: Read, maxCount: number): Read =>
  (value) => {
    if (!Array.isArray(value) || value.length > maxCount) return BAD;
    const known = Array.from(value, read);
    return known.includes(BAD) ? BAD : known;
  };

/** An object of texts by names of any kind. */
const texts = (maxCount: number, maxLength: number): Read => {
  const readNames = list(text(1000), maxCount);
  const readTexts = list(text(maxLength), maxCount);
  return (value) => {
    if (typeof value !== "object" || value === null) return BAD;
    const isRight = readNames(Object.keys(value)) !== BAD && readTexts(Object.values(value)) !== BAD;
    return isRight ? Object.fromEntries(Object.entries(value)) : BAD;
  };
};

const ownDialect = when((value) => isOwnDialect(value) && value.length <= 100);

const MAX_CALL_CHARS = 16 * 1024 * 1024;

const target = either(
  fields({ kind: oneOf(["tap"]), tap: text(200) }),
  fields({ kind: oneOf(["endpoint"]), endpoint: text(1000) }),
);

const body: Readonly<Record<string, Read>> = {
  typed: optional(
    fields({
      dialect: either(oneOf(DIALECTS), ownDialect),
      method: text(100_000),
      args: list(text(MAX_CALL_CHARS), MAX_TYPED_ARGS),
      kwargs: text(MAX_CALL_CHARS),
      fields: texts(100, MAX_CALL_CHARS),
    }),
  ),
  socket: oneOf(CALL_SOCKETS),
  frames: list(fields({ format: oneOf(FRAME_FORMATS), text: text(MAX_CALL_CHARS) }), 1000),
};
const call = fields({
  ...body,
  call: text(200),
  target,
  timeoutMs: count,
  retries: optional(count),
  keys: optional(
    fields({ serverKey: optional(text(1000)), clientPair: optional(text(1000)), plain: optional(text(1000)) }),
  ),
});

/** The shape of each question's body. A question that is missing here does not compile. */
const bodies: Readonly<Record<keyof ViewRequests, Read>> = {
  "rows/read": fields({ filter: orNull(count), from: count, count, firstN: optional(count) }),
  "rows/find": fields({ filter: orNull(count), n: count }),
  "filter/start": fields({ text: text(10_000), fold: flag, foldHeartbeats: optional(flag) }),
  "filter/stop": fields({ filter: count }),
  "filter/values": fields({ field: text(1000), prefix: text(1000) }),
  "filter/applied": fields({ text: text(10_000), isTyping: optional(flag) }),
  "filter/save": fields({ name: text(200), text: text(10_000) }),
  "row/mark": fields({ n: count, pinned: optional(flag), note: optional(text(10_000)) }),
  "message/read": fields({ n: count }),
  "frame/decode": fields({ n: count, frame: count, decoder: orNull(choice) }),
  "bytes/read": fields({ n: count, frame: count, from: count, count }),
  "call/cancel": fields({ call: text(200) }),
  "findings/read": fields({}),
  "picture/overview": fields({}),
  "picture/latency": fields({}),
  "picture/topics": fields({ prefix: text(10_000) }),
  "picture/links": fields({}),
  "picture/topology": fields({}),
  "fidelity/read": fields({ tap: text(200) }),
  "view/start": nothing,
  "command/run": fields({ command: oneOf(VIEW_COMMANDS), n: optional(count), finding: optional(text(100)) }),
  "decoder/remember": fields({ channel: text(1000), decoder: orNull(choice) }),
  "decoder/choose": fields({ decoder: oneOf(CHOOSABLE_DECODERS), current: orNull(choice) }),
  "call/methods": fields({ tap: text(200), dialect: orNull(oneOf(DIALECTS)) }),
  "call/form": nothing,
  "call/send": call,
  "call/repeat": fields({ call, plan: fields({ count, perSecond: orNull(positive) }) }),
  "call/preview": fields(body),
  "call/save": call,
  "text/copy": fields({ text: text(MAX_CALL_CHARS) }),
  "picture/save": fields({ name: text(100), kind: oneOf(PICTURE_KINDS), text: text(MAX_CALL_CHARS) }),
  "row/activate": fields({ n: orNull(count), selected: list(count, 10_000) }),
};

const ask = fields({ kind: oneOf(["ask"]), id: count, name: text(100), body: (value) => value });

/**
 * The value as a question of a view, with the fields that such a question has and no others; `undefined` when it is of no
 * known shape. A page is not trusted to be ours: what it could add, such as that the user has agreed, would reach commands.
 */
export function checkViewAsk(value: unknown): Ask | undefined {
  const known = ask(value);
  if (known === BAD) return undefined;
  const { id, name, body: given } = known as Ask;
  if (!Object.hasOwn(bodies, name)) return undefined;
  const read = bodies[name as keyof ViewRequests](given);
  return read === BAD ? undefined : { kind: "ask", id, name, body: read };
}
