import type { Ask } from "./channel.ts";
import { MAX_TYPED_ARGS } from "./callForm.ts";
import { isChoice } from "./decoderChoice.ts";
import { DIALECTS } from "./dialects.ts";
import { CALL_SOCKETS } from "./model.ts";
import { CHOOSABLE_DECODERS, FRAME_FORMATS, PICTURE_KINDS, VIEW_COMMANDS, type ViewRequests } from "./viewProtocol.ts";

type Check = (value: unknown) => boolean;

const text =
  (maxLength: number): Check =>
  (value) =>
    typeof value === "string" && value.length <= maxLength;
const count: Check = (value) => typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
const positive: Check = (value) => typeof value === "number" && Number.isFinite(value) && value > 0;
const oneOf =
  (values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const flag: Check = (value) => typeof value === "boolean";
const nothing: Check = (value) => value === null;
const fields =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    typeof value === "object" &&
    value !== null &&
    Object.entries(checks).every(([name, check]) => check((value as Record<string, unknown>)[name]));
const list =
  (check: Check, maxCount: number): Check =>
  (value) =>
    Array.isArray(value) && value.length <= maxCount && value.every(check);

/** An object of texts. */
const texts =
  (maxCount: number, maxLength: number): Check =>
  (value) =>
    typeof value === "object" &&
    value !== null &&
    list(text(maxLength), maxCount)(Object.values(value)) &&
    list(text(1000), maxCount)(Object.keys(value));

const MAX_CALL_CHARS = 16 * 1024 * 1024;

const target: Check = (value) =>
  fields({ kind: oneOf(["tap"]), tap: text(200) })(value) ||
  fields({ kind: oneOf(["endpoint"]), endpoint: text(1000) })(value);

const body: Readonly<Record<string, Check>> = {
  typed: optional(
    fields({
      dialect: oneOf(DIALECTS),
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
const bodies: Readonly<Record<keyof ViewRequests, Check>> = {
  "rows/read": fields({ filter: orNull(count), from: count, count }),
  "rows/find": fields({ filter: orNull(count), n: count }),
  "filter/start": fields({ text: text(10_000), fold: flag, foldHeartbeats: optional(flag) }),
  "filter/stop": fields({ filter: count }),
  "filter/values": fields({ field: text(1000), prefix: text(1000) }),
  "filter/applied": fields({ text: text(10_000), isTyping: optional(flag) }),
  "filter/save": fields({ name: text(200), text: text(10_000) }),
  "row/mark": fields({ n: count, pinned: optional(flag), note: optional(text(10_000)) }),
  "message/read": fields({ n: count }),
  "frame/decode": fields({ n: count, frame: count, decoder: orNull(isChoice) }),
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
  "decoder/remember": fields({ channel: text(1000), decoder: orNull(isChoice) }),
  "decoder/choose": fields({ decoder: oneOf(CHOOSABLE_DECODERS), current: orNull(isChoice) }),
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

/** The value as a question of a view, or `undefined` when it is of no known shape: a page is not trusted to be ours. */
export function checkViewAsk(value: unknown): Ask | undefined {
  if (!fields({ kind: oneOf(["ask"]), id: count, name: text(100) })(value)) return undefined;
  const ask = value as Ask;
  if (!Object.hasOwn(bodies, ask.name)) return undefined;
  return bodies[ask.name as keyof ViewRequests](ask.body) ? ask : undefined;
}
