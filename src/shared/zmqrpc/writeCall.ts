import type { CallBody } from "../calls.ts";
import { toCallFrame } from "../frameText.ts";
import { ENTRY_INDENT } from "./document.ts";
import type { CallKeys, CallPlace } from "./readCall.ts";

/** A call as it is to be written into a file, without variables. */
export type CallToWrite = {
  readonly name: string;
  readonly target: CallPlace;
  readonly body: CallBody;
  /** `null` for what calls have that say nothing. */
  readonly timeoutMs: number | null;
  readonly retries: number;
  readonly keys: CallKeys;
};

const LINE = 100;
const HEX_OCTETS_PER_LINE = 32;
const MAX_NAME = 80;
/** Longer frames are written as hex, whose lines differ one by one. */
const MAX_TEXT_FRAME = 2_000;

/** The call as a section of a call file, ending in a line end. What it reads as is the same call again. */
export function writeCall({ name, target, body, timeoutMs, retries, keys }: CallToWrite): string {
  const lines = [`call ${callName(name)}`];
  const add = (key: string, value: string): void => void lines.push(`  ${key}: ${value}`);
  add("target", target.kind === "tap" ? `tap ${target.name}` : target.endpoint);
  if (body.kind === "frames") {
    if (body.socket !== "REQ") add("socket", body.socket);
    for (const frame of body.frames) add("frame", frameText(frame));
  } else {
    add("dialect", body.dialect);
    if (body.socket !== undefined) add("socket", body.socket);
    add("method", isPlain(body.call.method) ? body.call.method : literal(body.call.method));
    if (body.call.args.length > 0) add("args", json(body.call.args));
    if (Object.keys(body.call.kwargs).length > 0) add("kwargs", json(body.call.kwargs));
    if (Object.keys(body.call.fields).length > 0) add("fields", json(body.call.fields));
  }
  if (timeoutMs !== null) add("timeout", `${timeoutMs}ms`);
  if (retries > 0) add("retries", String(retries));
  for (const [key, keyName] of Object.entries(keys)) add(key, keyName);
  return `${lines.join("\n")}\n`;
}

/** A text as the name of a call: in one line, and never empty. */
export function callName(text: string): string {
  const name = text
    .replace(/[\p{C}\s]+/gu, " ")
    .trim()
    .slice(0, MAX_NAME)
    .trim();
  return name === "" ? "unnamed" : name;
}

/** A name that no call has yet. */
export function freeCallName(text: string, taken: readonly string[]): string {
  const name = callName(text);
  let free = name;
  for (let n = 2; taken.includes(free); n++) free = `${name} ${n}`;
  return free;
}

/** Whether a value stands in JSON as it is: without octets, large integers and what else JSON lacks. */
export function isJsonValue(value: unknown, depth = 0): boolean {
  if (depth > 64) return false;
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
    case "object":
      if (value === null) return true;
      if (Array.isArray(value)) return value.every((one) => isJsonValue(one, depth + 1));
      if (Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== null) return false;
      return Object.values(value).every((one) => isJsonValue(one, depth + 1));
    default:
      return false;
  }
}

/** JSON in one line where it fits, else in several, indented below its key. */
function json(value: unknown): string {
  const short = literal(value);
  if (short.length <= LINE) return short;
  return escapeVariables(JSON.stringify(value, null, 2)).replaceAll("\n", `\n${" ".repeat(ENTRY_INDENT)}`);
}

/** JSON in which nothing is taken for a variable. */
function literal(value: unknown): string {
  return escapeVariables(JSON.stringify(value));
}

function escapeVariables(text: string): string {
  return text.replace(/\{(?=\{)/g, "\\u007b");
}

/** Whether a text is read as it is without quotes. */
function isPlain(text: string): boolean {
  return text !== "" && text.trim() === text && !/^["#]|\{\{|[\p{C}\n\r]/u.test(text);
}

function frameText(frame: Uint8Array): string {
  const typed = toCallFrame(frame);
  if (typed.format === "text" && typed.text.length <= MAX_TEXT_FRAME) return literal(typed.text);
  const lines: string[] = [];
  for (let at = 0; at < frame.length; at += HEX_OCTETS_PER_LINE) {
    const octets = frame.subarray(at, at + HEX_OCTETS_PER_LINE);
    lines.push(Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join(" "));
  }
  if (lines.length === 1) return `hex ${lines[0]!}`;
  return ["hex", ...lines.map((line) => " ".repeat(2 * ENTRY_INDENT) + line)].join("\n");
}
