import { parseArgs } from "node:util";
import { isProblem, parseEndpoint } from "../shared/endpoint.ts";
import { readCurveKey } from "../shared/keys/curveKey.ts";
import { ANY_DESTINATION, MAX_PATTERNS, readDestinationPattern } from "../shared/socks.ts";
import { type AttachOptions, parseSockets, type SocksOptions } from "./attachArguments.ts";
import { CAPTURE_OPTIONS, readCaptureOptions } from "./captureOptions.ts";
import { KEY_OPTIONS, readKeyOptions, shown } from "./keyOptions.ts";

const DEFAULT_LISTEN = "tcp://127.0.0.1:1080";

/** As `parseArgs` takes them, besides `--for`. */
export const SOCKS_OPTIONS = {
  listen: { type: "string", default: DEFAULT_LISTEN },
  allow: { type: "string", multiple: true, default: [] as string[] },
  sockets: { type: "string" },
  stats: { type: "boolean", default: false },
  ...CAPTURE_OPTIONS,
  ...KEY_OPTIONS,
} as const;

/** Reads what stands behind `zmq-tap socks`. A text says what is wrong; parseArgs throws for unknown options. */
export function parseSocks(args: readonly string[]): AttachOptions | string {
  const [general, ...groups] = splitAtFor(args);
  const { values, positionals } = parseArgs({
    args: general!,
    allowPositionals: true,
    options: SOCKS_OPTIONS,
  });
  const { listen, allow } = values;
  if (positionals.length > 0)
    return `socks takes no server, since programs say where they connect, so ${shown(positionals[0]!)} is one too many.`;
  if (readCurveKey(listen) !== null) return "A key was given where the listen endpoint belongs.";
  const endpoint = parseEndpoint(listen, "listen");
  if (isProblem(endpoint)) return `${shown(listen)} cannot be used as the listen endpoint: ${endpoint.problem}`;
  if (allow.length > MAX_PATTERNS) return `--allow was given more than ${MAX_PATTERNS} times. Use * in the patterns.`;
  for (const pattern of allow) {
    const problem = patternProblem("allow", pattern);
    if (problem !== null) return problem;
  }
  const sockets = values.sockets === undefined ? null : parseSockets(values.sockets);
  if (typeof sockets === "string") return sockets;
  const capture = readCaptureOptions(values, "socks");
  if (typeof capture === "string") return capture;
  const keys = readKeyOptions(values);
  if (typeof keys === "string") return keys;
  const destinations = readDestinations(groups);
  if (typeof destinations === "string") return destinations;
  const { stats } = values;
  const socks = { allow, destinations };
  return {
    server: ANY_DESTINATION,
    jupyter: null,
    socks,
    listen,
    sockets,
    keys,
    watchesAll: false,
    sequences: [],
    stats,
    faults: [],
    seed: null,
    ...capture,
  };
}

/** The arguments in front of the first `--for`, and those of each `--for`, its pattern first. */
function splitAtFor(args: readonly string[]): string[][] {
  const groups: string[][] = [[]];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === "--for") groups.push(at + 1 < args.length ? [args[++at]!] : []);
    else if (arg.startsWith("--for=")) groups.push([arg.slice("--for=".length)]);
    else groups.at(-1)!.push(arg);
  }
  return groups;
}

function readDestinations(groups: readonly string[][]): SocksOptions["destinations"] | string {
  const destinations: { pattern: string; keys: NonNullable<AttachOptions["keys"]> }[] = [];
  if (groups.length > MAX_PATTERNS) return `--for was given more than ${MAX_PATTERNS} times. Use * in the patterns.`;
  for (const [pattern, ...args] of groups) {
    if (pattern === undefined) return "--for takes a pattern. Write for example --for 127.0.0.1:5556.";
    const problem = patternProblem("for", pattern);
    if (problem !== null) return problem;
    const other = args.find((arg) => arg.startsWith("--") && !isKeyOption(arg));
    if (other !== undefined)
      return `Behind --for only options for keys can stand, and ${shown(other)} is none. Write it in front of the first --for.`;
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: KEY_OPTIONS });
    if (positionals.length > 0)
      return `Behind --for only options for keys can stand, and ${shown(positionals[0]!)} is none.`;
    const keys = readKeyOptions(values);
    if (keys === null)
      return `--for ${pattern} has no keys behind it. Write for example --for ${pattern} --curve-server <file>.`;
    if (typeof keys === "string") return keys;
    destinations.push({ pattern, keys });
  }
  return destinations;
}

function isKeyOption(arg: string): boolean {
  const [name] = arg.slice(2).split("=");
  return Object.keys(KEY_OPTIONS).some((known) => known === name);
}

function patternProblem(option: string, pattern: string): string | null {
  if (readCurveKey(pattern) !== null) return `A key was given where the pattern of --${option} belongs.`;
  const read = readDestinationPattern(pattern);
  return "problem" in read ? `${shown(pattern)} cannot be used with --${option}: ${read.problem}` : null;
}
