import { parseArgs } from "node:util";
import { MAX_RETRIES, MAX_TIMEOUT_MS, MIN_TIMEOUT_MS } from "../shared/calls.ts";
import { DIALECTS, type DialectName } from "../shared/dialects.ts";
import { isProblem, parseEndpoint } from "../shared/endpoint.ts";
import { jsonFaultText } from "../shared/jsonFault.ts";
import { readCurveKey } from "../shared/keys/curveKey.ts";
import { CALL_SOCKETS, type CallSocket } from "../shared/model.ts";
import { KEY_OPTIONS, type KeyOptions, readKeyOptions, shown } from "./keyOptions.ts";

export type CallOptions = {
  readonly endpoint: string;
  readonly dialect: DialectName;
  readonly method: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** As they were typed. */
  readonly fields: Readonly<Record<string, string>>;
  /** Names of files that hold the values of further fields. */
  readonly fieldFiles: Readonly<Record<string, string>>;
  /** `null`: the one that the dialect's callers have. */
  readonly socket: CallSocket | null;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly keys: KeyOptions | null;
};

export const DEFAULT_TIMEOUT_MS = 5_000;
/** Put in front of a negative number, which would be taken for an option. */
const NUMBER_MARK = "\u0000";

/** As `parseArgs` takes them. */
export const CALL_OPTIONS = {
  dialect: { type: "string", default: "raw" },
  kwargs: { type: "string" },
  field: { type: "string", multiple: true, default: [] as string[] },
  "field-file": { type: "string", multiple: true, default: [] as string[] },
  socket: { type: "string" },
  timeout: { type: "string", default: String(DEFAULT_TIMEOUT_MS) },
  retries: { type: "string", default: "0" },
  "curve-upstream": KEY_OPTIONS["curve-upstream"],
  "curve-client": KEY_OPTIONS["curve-client"],
  "plain-user": KEY_OPTIONS["plain-user"],
  "plain-password-file": KEY_OPTIONS["plain-password-file"],
} as const;

/** Reads what stands behind `zmq-tap call`. A text says what is wrong; parseArgs throws for unknown options. */
export function parseCall(args: readonly string[]): CallOptions | string {
  const { values, positionals } = parseArgs({
    args: args.map((arg) => (/^-[.\d]/.test(arg) ? `${NUMBER_MARK}${arg}` : arg)),
    allowPositionals: true,
    options: CALL_OPTIONS,
  });
  const [endpoint, method, ...rest] = positionals.map((text) => text.replace(NUMBER_MARK, ""));
  if (endpoint === undefined)
    return "The endpoint is missing. Write for example zmq-tap call tcp://127.0.0.1:5556 add 2 3.";
  if (readCurveKey(endpoint) !== null) return "A key was given where the endpoint belongs.";
  const parsed = parseEndpoint(endpoint, "server");
  if (isProblem(parsed)) return `${shown(endpoint)} cannot be called: ${parsed.problem}`;
  if (method === undefined) return "The method is missing. Write it behind the endpoint.";
  const dialect = DIALECTS.find((known) => known === values.dialect);
  if (dialect === undefined) return `${shown(values.dialect)} is no dialect. zmq-tap dialects lists them.`;
  const socket = values.socket === undefined ? null : CALL_SOCKETS.find((one) => one === values.socket?.toUpperCase());
  if (socket === undefined) return `--socket takes ${CALL_SOCKETS.join(", ")}, not ${shown(values.socket ?? "")}.`;
  const kwargs = values.kwargs === undefined ? {} : readObject(values.kwargs);
  if (typeof kwargs === "string") return kwargs;
  const fields = readPairs("field", values.field);
  if (typeof fields === "string") return fields;
  const fieldFiles = readPairs("field-file", values["field-file"]);
  if (typeof fieldFiles === "string") return fieldFiles;
  const twice = Object.keys(fields).find((name) => name in fieldFiles);
  if (twice !== undefined) return `The field ${shown(twice)} was given with --field and with --field-file. Choose one.`;
  const timeoutMs = readNumber(values.timeout, MIN_TIMEOUT_MS, MAX_TIMEOUT_MS);
  if (timeoutMs === null)
    return `--timeout takes ${MIN_TIMEOUT_MS} to ${MAX_TIMEOUT_MS} ms, not ${shown(plain(values.timeout))}.`;
  const retries = readNumber(values.retries, 0, MAX_RETRIES);
  if (retries === null) return `--retries takes 0 to ${MAX_RETRIES}, not ${shown(plain(values.retries))}.`;
  const keys = readKeyOptions(values);
  if (typeof keys === "string") return keys;
  if (keys !== null && keys.upstream === null && keys.user === null)
    return "--curve-client needs --curve-upstream, the server's public key.";
  return {
    endpoint,
    dialect,
    method,
    args: rest.map(readArgument),
    kwargs,
    fields,
    fieldFiles,
    socket,
    timeoutMs,
    retries,
    // Nobody connects to a call, so it needs no pair of a server.
    keys: keys === null ? null : { ...keys, clientLeg: "NULL", serverLeg: keys.upstream === null ? "PLAIN" : "CURVE" },
  };
}

/** JSON where it is some, else text. */
function readArgument(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text; // Quotes of JSON are a nuisance in a shell, so text may stand without them.
  }
}

function readObject(text: string): Record<string, unknown> | string {
  const fault = jsonFaultText(text);
  if (fault !== null) return `--kwargs takes a JSON object. ${fault}`;
  const value = JSON.parse(text) as unknown;
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  return '--kwargs takes a JSON object, such as {"a": 1}.';
}

function readPairs(option: string, given: readonly string[]): Record<string, string> | string {
  const pairs: [string, string][] = [];
  for (const pair of given) {
    const at = pair.indexOf("=");
    if (at < 1) return `--${option} takes <name>=<value>, not ${shown(plain(pair))}.`;
    pairs.push([pair.slice(0, at), pair.slice(at + 1)]);
  }
  return Object.fromEntries(pairs);
}

function readNumber(text: string, min: number, max: number): number | null {
  const number = /^\d+$/.test(text) ? Number(text) : NaN;
  return number >= min && number <= max ? number : null;
}

function plain(text: string): string {
  return text.replace(NUMBER_MARK, "");
}
