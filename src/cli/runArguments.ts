import { parseArgs } from "node:util";
import { isProblem, parseEndpoint } from "../shared/endpoint.ts";
import { VARIABLE_NAME } from "../shared/zmqrpc/variables.ts";
import { KEY_OPTIONS, type KeyOptions, readKeyOptions, shown } from "./keyOptions.ts";

export type RunOptions = {
  readonly files: readonly string[];
  /** Name of the environment; `null` for none. */
  readonly environment: string | null;
  readonly variables: ReadonlyMap<string, string>;
  /** Names of the calls that are sent; empty for all. */
  readonly only: readonly string[];
  readonly bail: boolean;
  /** File for JUnit's XML. */
  readonly junit: string | null;
  readonly json: boolean;
  /** Folder of certificates and passwords by the names that calls give. */
  readonly keyFolder: string | null;
  /** Shown to all servers in place of what calls name. */
  readonly keys: KeyOptions | null;
  /** Endpoints in place of taps, by the tap's name. */
  readonly taps: ReadonlyMap<string, string>;
};

const several = { type: "string", multiple: true, default: [] as string[] } as const;

/** As `parseArgs` takes them. */
export const RUN_OPTIONS = {
  env: { type: "string" },
  var: several,
  only: several,
  bail: { type: "boolean", default: false },
  junit: { type: "string" },
  json: { type: "boolean", default: false },
  keys: { type: "string" },
  tap: several,
  "curve-upstream": KEY_OPTIONS["curve-upstream"],
  "curve-client": KEY_OPTIONS["curve-client"],
  "plain-user": KEY_OPTIONS["plain-user"],
  "plain-password-file": KEY_OPTIONS["plain-password-file"],
} as const;

/** Reads what stands behind `zmq-tap run`. A text says what is wrong; parseArgs throws for unknown options. */
export function parseRun(args: readonly string[]): RunOptions | string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: RUN_OPTIONS,
  });
  if (positionals.length === 0) return "The call file is missing. Write for example zmq-tap run calls.zmqrpc.";
  const variables = new Map<string, string>();
  for (const given of values.var) {
    const [name, value] = split(given);
    if (value === null || !VARIABLE_NAME.test(name)) return `--var takes name=value, not ${shown(given)}.`;
    variables.set(name, value);
  }
  const taps = new Map<string, string>();
  for (const given of values.tap) {
    const [name, endpoint] = split(given);
    if (endpoint === null || name === "") return `--tap takes name=endpoint, not ${shown(given)}.`;
    const parsed = parseEndpoint(endpoint, "server");
    if (isProblem(parsed)) return `--tap ${name}: ${shown(endpoint)} cannot be used: ${parsed.problem}`;
    taps.set(name, endpoint);
  }
  for (const name of ["env", "junit", "keys"] as const) if (values[name] === "") return `--${name} needs a value.`;
  const keys = readCallKeys(values);
  if (typeof keys === "string") return keys;
  return {
    files: positionals,
    environment: values.env ?? null,
    variables,
    only: values.only,
    bail: values.bail,
    junit: values.junit ?? null,
    json: values.json,
    keyFolder: values.keys ?? null,
    keys,
    taps,
  };
}

/** The keys of a caller, to whom nobody connects. */
function readCallKeys(values: Parameters<typeof readKeyOptions>[0]): KeyOptions | string | null {
  const keys = readKeyOptions(values);
  if (keys === null || typeof keys === "string") return keys;
  if (keys.upstream === null && keys.user === null)
    return "--curve-client needs --curve-upstream, the server's public key.";
  return { ...keys, clientLeg: "NULL", serverLeg: keys.upstream === null ? "PLAIN" : "CURVE" };
}

function split(given: string): readonly [string, string | null] {
  const at = given.indexOf("=");
  return at < 0 ? [given, null] : [given.slice(0, at), given.slice(at + 1)];
}
