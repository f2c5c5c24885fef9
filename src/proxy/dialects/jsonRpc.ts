import type { Said } from "../../shared/dialects.ts";
import type { Answer, Dialect, DialectTools, EncodedCall, SaidOrProblem } from "./dialect.ts";
import { payloadOf, payloadStart } from "./envelope.ts";
import { isJsonObject, readJson, readJsonExactly, writeJson } from "./jsonPayload.ts";
import { said } from "./said.ts";

type Json = Readonly<Record<string, unknown>>;

const VERSION = "2.0";
/** "Server error" of the specification, for errors that it has no code for. */
const SERVER_ERROR = -32000;
const NOT_MINE = 'This is no JSON-RPC 2.0 message: one frame of JSON with "jsonrpc": "2.0".';
/** Methods that a batch is named after, and ids that it is known by. */
const MAX_NAMED = 5;

/** JSON-RPC 2.0: https://www.jsonrpc.org/specification */
export const jsonRpc: Dialect = {
  name: "json-rpc",
  title: "JSON-RPC 2.0",
  meaning:
    'One frame of JSON: {"jsonrpc": "2.0", "method", "params", "id"}, a notification without an id, the answer with result or error; batches are lists of them.',
  socket: "REQ",
  takesArgs: true,
  takesKwargs: true,
  fields: [
    { name: "notification", label: "Notification", kind: "boolean", hint: "Without an id, so that nobody answers." },
    {
      name: "batch",
      label: "Further calls",
      kind: "json",
      hint: 'Sent in the same batch: [{"method": "add", "params": [1, 2]}, …].',
    },
  ],
  canCall: true,
  confidence({ frames }) {
    return itemsOf(frames) === undefined ? 0 : 0.99;
  },
  decode({ frames }): SaidOrProblem {
    const items = itemsOf(frames);
    if (items === undefined) return { problem: NOT_MINE };
    return said(items.isBatch ? readBatch(items.list) : readItem(items.list[0]!));
  },
  encode({ method, args, kwargs, fields }, _key, tools): EncodedCall {
    const { batch = [], notification = false } = fields;
    if (args.length > 0 && Object.keys(kwargs).length > 0) {
      return { problem: "JSON-RPC takes arguments by position or by name, not both." };
    }
    const isList = Array.isArray(batch) && batch.every((call) => isJsonObject(call) && isRequest(call));
    if (!isList) return { problem: 'The further calls must be a list: [{"method": "add", "params": [1, 2]}].' };
    const params = args.length > 0 ? { params: args } : Object.keys(kwargs).length > 0 ? { params: kwargs } : {};
    const calls = [{ method, ...params }, ...(batch as Json[])].map((call) => ({
      jsonrpc: VERSION,
      ...call,
      ...(notification === true ? {} : { id: tools.newId() }),
    }));
    return oneFrame(calls.length === 1 ? calls[0] : calls);
  },
  renew(frames, _key, tools): EncodedCall {
    const start = payloadStart(frames);
    if (itemsOf(frames) === undefined) return { frames };
    const value = readJsonExactly(frames[start]!);
    const renewed = Array.isArray(value)
      ? value.map((item) => withNewId(item as Json, tools))
      : withNewId(value as Json, tools);
    const encoded = writeJson(renewed);
    return "problem" in encoded ? encoded : { frames: [...frames.slice(0, start), encoded.bytes] };
  },
  answer({ frames }, answer): EncodedCall {
    const items = itemsOf(frames);
    const asked = items?.list.filter((item) => "method" in item && "id" in item) ?? [];
    if (items === undefined || asked.length === 0) return { problem: "Only JSON-RPC calls with an id are answered." };
    const answers = asked.map(({ id }) => answerTo(id, answer));
    return oneFrame(items.isBatch ? answers : answers[0]);
  },
};

function answerTo(id: unknown, answer: Answer): Json {
  if (answer.kind === "value") return { jsonrpc: VERSION, result: answer.value ?? null, id };
  return { jsonrpc: VERSION, error: { code: SERVER_ERROR, message: answer.problem }, id };
}

/** A fresh id of the same type, since some servers take only numbers; others stay. */
function withNewId(item: Json, tools: DialectTools): Json {
  if (!("method" in item) || !("id" in item) || item["id"] === null) return item;
  const fresh = tools.newId();
  return { ...item, id: typeof item["id"] === "string" ? fresh : parseInt(fresh.slice(0, 12), 16) };
}

function oneFrame(value: unknown): EncodedCall {
  const encoded = writeJson(value);
  return "problem" in encoded ? encoded : { frames: [encoded.bytes] };
}

/** The requests or responses of a message; undefined when it is something else, or holds something else. */
function itemsOf(
  frames: readonly Uint8Array[],
): { readonly list: readonly Json[]; readonly isBatch: boolean } | undefined {
  const payload = payloadOf(frames);
  if (payload.length !== 1) return undefined;
  const value = readJson(payload[0]!);
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const isMine = list.length > 0 && list.every((item) => isJsonObject(item) && isItem(item));
  return isMine ? { list: list as readonly Json[], isBatch: Array.isArray(value) } : undefined;
}

function isItem(item: Json): boolean {
  return item["jsonrpc"] === VERSION && (isRequest(item) || isResponse(item));
}

function isRequest({ method, params }: Json): boolean {
  return typeof method === "string" && (params === undefined || Array.isArray(params) || isJsonObject(params));
}

function isResponse(item: Json): boolean {
  return "id" in item && ("result" in item || isJsonObject(item["error"]));
}

function readItem(item: Json): Parameters<typeof said>[0] {
  const id = "id" in item ? idText(item["id"]) : null;
  if (isRequest(item)) {
    const { params } = item;
    return {
      kind: "id" in item ? "call" : "signal",
      method: item["method"] as string,
      args: Array.isArray(params) ? params : [],
      kwargs: isJsonObject(params) ? params : {},
      id,
    };
  }
  const { error } = item;
  if (!isJsonObject(error)) return { kind: "reply", id, value: item["result"] };
  const { code, message, data } = error;
  return {
    kind: "error",
    id,
    problem: typeof message === "string" ? message : "The error has no message.",
    code: typeof code === "number" ? String(code) : null,
    value: data,
  };
}

function readBatch(list: readonly Json[]): Parameters<typeof said>[0] {
  const read = list.map(readItem);
  const kinds = new Set(read.map(({ kind }) => kind));
  const kind: Said["kind"] = (["call", "error", "reply"] as const).find((one) => kinds.has(one)) ?? "signal";
  // Answers come in any order, so that only sorted ids show what belongs together.
  const ids = read.flatMap(({ id }) => id ?? []).sort();
  const failed = read.filter((one) => one.kind === "error");
  return {
    kind,
    method: listed([...new Set(read.flatMap(({ method }) => method ?? []))]),
    value: list,
    id: ids.length === 0 ? null : listed(ids),
    problem: kind === "error" ? `${failed.length} of ${list.length} failed: ${failed[0]!.problem!}` : null,
    code: kind === "error" ? (failed[0]!.code ?? null) : null,
    facts: [{ label: "batch", value: String(list.length) }],
  };
}

function listed(texts: readonly string[]): string {
  const more = texts.length > MAX_NAMED ? `, … ${texts.length - MAX_NAMED} more` : "";
  return texts.slice(0, MAX_NAMED).join(", ") + more;
}

function idText(id: unknown): string | null {
  if (typeof id === "string") return id;
  return typeof id === "number" || typeof id === "bigint" ? String(id) : null;
}
