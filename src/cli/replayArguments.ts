import { parseArgs } from "node:util";
import { isProblem, parseEndpoint } from "../shared/endpoint.ts";
import { readCurveKey } from "../shared/keys/curveKey.ts";
import {
  DEFAULT_REPLY_MS,
  REPLAY_SOCKETS,
  type ReplayOptions,
  replayProblem,
  type ReplayTiming,
} from "../shared/replaySession.ts";
import { KEY_OPTIONS, type KeyOptions, readKeyOptions, shown } from "./keyOptions.ts";

export type ReplayFileOptions = {
  readonly file: string;
  readonly filter: string | null;
  readonly json: boolean;
  readonly options: ReplayOptions;
  readonly keys: KeyOptions | null;
  /** Connection file of the Jupyter kernel that is sent to. */
  readonly jupyter: string | null;
};

const text = { type: "string" } as const;
const flag = { type: "boolean", default: false } as const;

/** As `parseArgs` takes them. */
export const REPLAY_OPTIONS = {
  to: text,
  from: text,
  as: text,
  speed: text,
  gap: text,
  timeout: text,
  filter: text,
  loop: text,
  jupyter: text,
  wait: flag,
  fast: flag,
  bind: flag,
  json: flag,
  "curve-upstream": KEY_OPTIONS["curve-upstream"],
  "curve-client": KEY_OPTIONS["curve-client"],
  "plain-user": KEY_OPTIONS["plain-user"],
  "plain-password-file": KEY_OPTIONS["plain-password-file"],
} as const;

/** Reads what stands behind `zmq-tap replay`. A text says what is wrong; parseArgs throws for unknown options. */
export function parseReplay(args: readonly string[]): ReplayFileOptions | string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: REPLAY_OPTIONS,
  });
  const [file, ...rest] = positionals;
  if (file === undefined || file === "")
    return "The capture file is missing. Write for example zmq-tap replay traffic.pcapng --to tcp://127.0.0.1:5556.";
  if (rest.length > 0) return `replay takes one file, and ${shown(rest[0]!)} is one too many.`;
  const { to, from, bind } = values;
  if (to === undefined)
    return "Where to replay to is missing. Give it with --to, for example --to tcp://127.0.0.1:5556.";
  if (readCurveKey(to) !== null) return "A key was given where the endpoint of --to belongs.";
  const endpoint = parseEndpoint(to, bind ? "listen" : "server");
  if (isProblem(endpoint)) return `${shown(to)} cannot be used with --to: ${endpoint.problem}`;
  if (from !== undefined && from !== "client" && from !== "server")
    return `--from takes client or server, not ${shown(from)}.`;
  const as = values.as === undefined ? null : REPLAY_SOCKETS.find((known) => known === values.as?.toUpperCase());
  if (as === undefined) return `--as takes one of ${REPLAY_SOCKETS.join(", ")}, not ${shown(values.as ?? "")}.`;
  const timing = readTiming(values);
  if (typeof timing === "string") return timing;
  const numbers = { timeout: DEFAULT_REPLY_MS, loop: 1 };
  for (const name of ["timeout", "loop"] as const) {
    const given = values[name];
    if (given === undefined) continue;
    numbers[name] = readNumber(given);
    if (!Number.isSafeInteger(numbers[name])) return `--${name} takes a whole number, not ${shown(given)}.`;
  }
  const options: ReplayOptions = {
    target: { kind: "endpoint", endpoint: to, bind },
    timing,
    loops: numbers.loop,
    from: from ?? null,
    as,
    timeoutMs: numbers.timeout,
  };
  const problem = replayProblem(options);
  if (problem !== null) return problem;
  const keys = readKeyOptions(values);
  if (typeof keys === "string") return keys;
  if (values.jupyter === "") return "--jupyter takes the name of a connection file.";
  const jupyter = values.jupyter ?? null;
  const common = { file, filter: values.filter ?? null, json: values.json, options, jupyter };
  if (keys === null) return { ...common, keys };
  if (bind) return "Keys are shown to a server, and with --bind there is none. Leave out the keys or --bind.";
  if (keys.upstream === null && keys.user === null)
    return "--curve-client needs --curve-upstream, the server's public key.";
  // Nobody connects to a replay, so it needs no pair of a server.
  const serverLeg = keys.upstream === null ? "PLAIN" : "CURVE";
  return { ...common, keys: { ...keys, clientLeg: "NULL", serverLeg } };
}

function readTiming(values: {
  readonly speed?: string | undefined;
  readonly gap?: string | undefined;
  readonly wait: boolean;
  readonly fast: boolean;
}): ReplayTiming | string {
  const { speed, gap, wait, fast } = values;
  const given = [speed !== undefined, gap !== undefined, wait, fast].filter(Boolean).length;
  if (given > 1) return "--speed, --gap, --wait and --fast exclude each other. Choose one.";
  if (wait) return { kind: "wait" };
  if (fast) return { kind: "fast" };
  if (gap !== undefined) {
    const ms = readNumber(gap);
    return Number.isNaN(ms) ? `--gap takes a number of milliseconds, not ${shown(gap)}.` : { kind: "gap", ms };
  }
  const factor = speed === undefined ? 1 : readNumber(speed.replace(/^[x×]|[x×]$/i, ""));
  return Number.isNaN(factor)
    ? `--speed takes a factor such as 1, 0.5 or 10, not ${shown(speed ?? "")}.`
    : { kind: "recorded", speed: factor };
}

/** NaN for what is no number. */
function readNumber(text: string): number {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
}
