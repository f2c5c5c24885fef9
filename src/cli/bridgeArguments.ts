import { parseArgs } from "node:util";
import {
  BRIDGE_KINDS,
  type BridgeConfig,
  bridgeSockets,
  FAN_OUTS,
  readBridge,
  usualAttach,
} from "../shared/bridges.ts";
import { readCurveKey } from "../shared/keys/curveKey.ts";
import { type CaptureOptions, CAPTURE_OPTIONS, readCaptureOptions, readSize } from "./captureOptions.ts";
import { KEY_OPTIONS, type KeyOptions, readKeyOptions, shown } from "./keyOptions.ts";

export type BridgeOptions = CaptureOptions & {
  readonly config: BridgeConfig;
  /** Keys of each leg; `null` for NULL. */
  readonly keys: Readonly<Record<LegName, KeyOptions | null>>;
  /** Where the queue is kept; `null` for memory. */
  readonly folder: string | null;
};

export type LegName = "in" | "out";
const LEGS = ["in", "out"] as const;
/** Of those that attach takes: what a leg that binds has, and one that connects. */
const LEG_KEYS = {
  bind: ["curve-server", "curve-allow", "plain-user", "plain-password-file"],
  connect: ["curve-upstream", "curve-client", "plain-user", "plain-password-file"],
} as const;

const text = { type: "string" } as const;
const texts = { type: "string", multiple: true } as const;

const legOptions = Object.fromEntries(
  LEGS.flatMap((leg) =>
    Object.values(LEG_KEYS)
      .flat()
      .map((name) => [`${leg}-${name}`, KEY_OPTIONS[name]] as const),
  ),
);

/** As `parseArgs` takes them. */
export const BRIDGE_OPTIONS = {
  in: texts,
  out: texts,
  bind: texts,
  connect: texts,
  "fan-out": text,
  timeout: text,
  retries: text,
  "recreate-timeout": texts,
  "max-messages": text,
  "max-bytes": text,
  "max-age": text,
  persist: text,
  ...legOptions,
  ...CAPTURE_OPTIONS,
} as const;

/** Reads what stands behind `zmq-tap bridge`. A text says what is wrong; parseArgs throws for unknown options. */
export function parseBridge(args: readonly string[]): BridgeOptions | string {
  const { values: read, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: BRIDGE_OPTIONS,
  });
  const values: Values = read;
  const [given, ...rest] = positionals;
  const kind = BRIDGE_KINDS.find((known) => known === given);
  if (given === undefined)
    return `The kind of the bridge is missing: ${BRIDGE_KINDS.join(", ")}. Write for example zmq-tap bridge rep-req --in tcp://127.0.0.1:5555 --out tcp://127.0.0.1:5556.`;
  if (kind === undefined) return `${shown(given)} is no kind of bridge. The kinds are ${BRIDGE_KINDS.join(", ")}.`;
  if (rest.length > 0)
    return `bridge takes one kind, and ${shown(rest[0]!)} is one too many. Give endpoints with --in and --out.`;
  const sockets = bridgeSockets(kind);
  const attach = { in: usualAttach(sockets.in), out: usualAttach(sockets.out) };
  for (const how of ["bind", "connect"] as const) {
    for (const leg of all(values, how)) {
      const side = LEGS.find((known) => known === leg);
      if (side === undefined) return `--${how} takes in or out, not ${shown(leg)}.`;
      attach[side] = how;
    }
  }
  const both = all(values, "bind").find((leg) => all(values, "connect").includes(leg));
  if (both !== undefined) return `--bind ${both} and --connect ${both} exclude each other. Choose one.`;
  const silences = readSilences(all(values, "recreate-timeout"));
  if (typeof silences === "string") return silences;
  for (const leg of LEGS) {
    if (all(values, leg).length === 0)
      return `The endpoint of the ${sockets[leg]} is missing. Give it with --${leg}, for example --${leg} tcp://127.0.0.1:5556.`;
    if (all(values, leg).some((endpoint) => readCurveKey(endpoint) !== null))
      return `A key was given where an endpoint of --${leg} belongs.`;
  }
  const unknown = [...silences.each.keys()].find((endpoint) => !all(values, "in").includes(endpoint));
  if (unknown !== undefined) return `--recreate-timeout names ${shown(unknown)}, which is no endpoint of --in.`;
  const numbers = readNumbers(values);
  if (typeof numbers === "string") return numbers;
  const persist = one(values, "persist");
  if (persist === "") return "--persist takes the name of a folder. Write for example --persist queue.";
  const fanOut = one(values, "fan-out");
  if (fanOut !== undefined && !FAN_OUTS.some((known) => known === fanOut))
    return `--fan-out takes ${FAN_OUTS.join(" or ")}, not ${shown(fanOut)}.`;
  const capture = readCaptureOptions(values, kind);
  if (typeof capture === "string") return capture;
  const endpointsOf = (leg: LegName): object[] =>
    all(values, leg).map((endpoint) => {
      const ms = silences.each.get(endpoint);
      return ms === undefined ? { endpoint } : { endpoint, recreateTimeoutMs: ms };
    });
  const config = readBridge(
    {
      name: capture.name,
      kind,
      in: { endpoints: endpointsOf("in"), attach: attach.in },
      out: { endpoints: endpointsOf("out"), attach: attach.out },
      ...(fanOut === undefined ? {} : { fanOut }),
      ...numbers,
      ...(silences.usual === undefined ? {} : { recreateTimeoutMs: silences.usual }),
      persist: persist !== undefined,
    },
    "cli",
  );
  if ("problem" in config) return `The bridge ${config.problem}`;
  const keys: Record<LegName, KeyOptions | null> = { in: null, out: null };
  for (const leg of LEGS) {
    const legKeys = readLegKeys(values, leg, attach[leg]);
    if (typeof legKeys === "string") return legKeys;
    keys[leg] = legKeys;
  }
  return { ...capture, config, keys, folder: persist ?? null };
}

type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

function all(values: Values, name: string): readonly string[] {
  return [values[name] ?? []].flat().map(String);
}

function one(values: Values, name: string): string | undefined {
  return all(values, name).at(-1);
}

/** `ms`, or `<endpoint>=<ms>`. */
function readSilences(
  given: readonly string[],
): { readonly usual: number | undefined; readonly each: ReadonlyMap<string, number> } | string {
  let usual: number | undefined;
  const each = new Map<string, number>();
  for (const value of given) {
    const at = value.lastIndexOf("=");
    const ms = value.slice(at + 1);
    if (!/^\d{1,10}$/.test(ms)) return `--recreate-timeout takes milliseconds, not ${shown(value)}.`;
    if (at < 0) usual = Number(ms);
    else each.set(value.slice(0, at), Number(ms));
  }
  return { usual, each };
}

function readNumbers(values: Values): object | string {
  const numbers: { timeoutMs?: number; retries?: number; limits: Record<string, number> } = { limits: {} };
  for (const name of ["timeout", "retries", "max-messages", "max-age"]) {
    const value = one(values, name);
    if (value === undefined) continue;
    if (!/^\d{1,10}$/.test(value)) return `--${name} takes a whole number, not ${shown(value)}.`;
    if (name === "timeout") numbers.timeoutMs = Number(value);
    else if (name === "retries") numbers.retries = Number(value);
    else if (name === "max-messages") numbers.limits["maxMessages"] = Number(value);
    else numbers.limits["maxAgeMs"] = Number(value) * 1000;
  }
  const size = one(values, "max-bytes");
  if (size === undefined) return numbers;
  const bytes = readSize(size);
  if (bytes === null) return `--max-bytes takes a size such as 500kB or 64MiB, not ${shown(size)}.`;
  numbers.limits["maxBytes"] = bytes;
  return numbers;
}

function readLegKeys(values: Values, leg: LegName, attach: "bind" | "connect"): KeyOptions | string | null {
  const other = attach === "bind" ? "connect" : "bind";
  const misplaced = LEG_KEYS[other].find(
    (name) => !LEG_KEYS[attach].some((known) => known === name) && values[`${leg}-${name}`] !== undefined,
  );
  if (misplaced !== undefined) {
    const takes = LEG_KEYS[attach].map((name) => `--${leg}-${name}`).join(", ");
    return `--${leg}-${misplaced} is for a side that ${other}s, and this one ${attach}s. It takes ${takes}.`;
  }
  const given = Object.fromEntries(
    LEG_KEYS[attach].map((name) => [name, values[`${leg}-${name}`] as string | string[] | undefined]),
  );
  const keys = readKeyOptions(given);
  if (typeof keys === "string") return withLeg(keys, leg);
  if (keys === null) return null;
  if (attach === "bind" && keys.allow !== null && keys.serverFile === null)
    return `--${leg}-curve-allow needs --${leg}-curve-server, the pair that is shown to the clients.`;
  if (attach === "connect" && keys.clientFile !== null && keys.upstream === null)
    return `--${leg}-curve-client needs --${leg}-curve-upstream, the server's public key.`;
  const hasCurve = keys.serverFile !== null || keys.upstream !== null;
  if (hasCurve && keys.user !== null) return `The "${leg}" side speaks CURVE or PLAIN, not both. Choose one.`;
  const mechanism = hasCurve ? "CURVE" : "PLAIN";
  return attach === "bind"
    ? { ...keys, clientLeg: mechanism, serverLeg: mechanism }
    : { ...keys, clientLeg: "NULL", serverLeg: mechanism };
}

/** Options of a leg are those of attach with the leg in front. */
export function withLeg(message: string, leg: LegName): string {
  return message
    .replaceAll(/--(?=curve|plain)/g, `--${leg}-`)
    .replaceAll("ZMQ_TAP_PASSWORD", `ZMQ_TAP_${leg.toUpperCase()}_PASSWORD`);
}
