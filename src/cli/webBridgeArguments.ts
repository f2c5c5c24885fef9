import { parseArgs } from "node:util";
import {
  accessProblem,
  DEFAULT_HIGH_WATER_MARK,
  DEFAULT_TIMEOUT_MS,
  type EndpointRule,
  MAX_HIGH_WATER_MARK,
  MAX_TIMEOUT_MS,
  originProblem,
  readEndpointRule,
  tokenProblem,
  type WebAccess,
} from "../shared/webBridge.ts";
import { type CaptureOptions, CAPTURE_OPTIONS, readCaptureOptions } from "./captureOptions.ts";
import { shown } from "./keyOptions.ts";

export type WebBridgeOptions = CaptureOptions & {
  readonly port: number;
  readonly access: Omit<WebAccess, "token">;
  readonly token: TokenSource;
  readonly highWaterMark: number;
  readonly timeoutMs: number;
};

/** Where the token comes from; `random` is a new one, unless the environment has one. */
export type TokenSource =
  | { readonly kind: "given"; readonly token: string }
  | { readonly kind: "file"; readonly file: string }
  | { readonly kind: "random" }
  | { readonly kind: "none" };

export const TOKEN_VARIABLE = "ZMQ_TAP_WEB_TOKEN";

const texts = { type: "string", multiple: true, default: [] as string[] } as const;

/** As `parseArgs` takes them. */
export const WEB_BRIDGE_OPTIONS = {
  port: { type: "string", default: "0" },
  allow: texts,
  "allow-function": texts,
  "allow-topic": texts,
  "allow-origin": texts,
  token: { type: "string" },
  "token-file": { type: "string" },
  "no-token": { type: "boolean", default: false },
  hwm: { type: "string", default: String(DEFAULT_HIGH_WATER_MARK) },
  timeout: { type: "string", default: String(DEFAULT_TIMEOUT_MS) },
  ...CAPTURE_OPTIONS,
} as const;

/** Reads what stands behind `zmq-tap web-bridge`. A text says what is wrong; parseArgs throws for unknown options. */
export function parseWebBridge(args: readonly string[]): WebBridgeOptions | string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: WEB_BRIDGE_OPTIONS,
  });
  if (positionals.length > 0)
    return `web-bridge takes only options, and ${shown(positionals[0]!)} is none. Give endpoints with --allow.`;
  const port = whole(values.port, 0, 65_535);
  if (port === null) return `--port takes a number up to 65535, or 0 for a free port, not ${shown(values.port)}.`;
  if (values.allow.length === 0)
    return "The endpoints that pages may use are missing. Write for example --allow tcp://127.0.0.1:10001.";
  const endpoints: EndpointRule[] = [];
  for (const text of values.allow) {
    const rule = readEndpointRule(text);
    if ("problem" in rule) return `--allow cannot be used: ${rule.problem}`;
    endpoints.push(rule);
  }
  for (const origin of values["allow-origin"]) {
    const problem = originProblem(origin);
    if (problem !== undefined) return `--allow-origin cannot be used: ${problem}`;
  }
  const [functions, topics] = [values["allow-function"], values["allow-topic"]];
  if (functions.includes("")) return "--allow-function takes the name of a function.";
  const access = {
    origins: values["allow-origin"],
    endpoints,
    functions: functions.length === 0 ? null : functions,
    topics: topics.length === 0 ? null : topics,
  };
  const problem = accessProblem({ ...access, token: null });
  if (problem !== undefined) return problem;
  const token = readToken(values);
  if (typeof token === "string") return token;
  const highWaterMark = whole(values.hwm, 1, MAX_HIGH_WATER_MARK);
  if (highWaterMark === null) return `--hwm takes a number from 1 to ${MAX_HIGH_WATER_MARK}, not ${shown(values.hwm)}.`;
  const timeoutMs = whole(values.timeout, 1, MAX_TIMEOUT_MS);
  if (timeoutMs === null)
    return `--timeout takes milliseconds from 1 to ${MAX_TIMEOUT_MS}, not ${shown(values.timeout)}.`;
  const capture = readCaptureOptions(values, "web bridge");
  if (typeof capture === "string") return capture;
  return { ...capture, port, access, token, highWaterMark, timeoutMs };
}

/** No message repeats a token. */
function readToken(values: {
  readonly token?: string | undefined;
  readonly "token-file"?: string | undefined;
  readonly "no-token": boolean;
}): TokenSource | string {
  const { token, "token-file": file, "no-token": none } = values;
  if ([token !== undefined, file !== undefined, none].filter((given) => given).length > 1)
    return "--token, --token-file and --no-token exclude each other. Choose one.";
  if (none) return { kind: "none" };
  if (file !== undefined) return file === "" ? "--token-file takes the name of a file." : { kind: "file", file };
  if (token === undefined) return { kind: "random" };
  const problem = tokenProblem(token);
  return problem === undefined ? { kind: "given", token } : `--token cannot be used: ${problem}`;
}

function whole(text: string, least: number, most: number): number | null {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  return value >= least && value <= most ? value : null;
}
