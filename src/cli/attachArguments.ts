import { parseArgs } from "node:util";
import { isProblem, parseEndpoint } from "../shared/endpoint.ts";
import { readCurveKey } from "../shared/keys/curveKey.ts";
import { specProblem } from "../shared/interventions.ts";
import { parseIntervention } from "../shared/interventionSpec.ts";
import { SOCKET_TYPES, type SocketPair, type SocketType } from "../shared/model.ts";
import type { Sequence } from "../shared/sequences.ts";
import { CAPTURE_OPTIONS, type CaptureOptions, readCaptureOptions } from "./captureOptions.ts";
import { KEY_OPTIONS, type KeyOptions, readKeyOptions, shown } from "./keyOptions.ts";
import { readSequenceOptions } from "./sequenceOptions.ts";

const MAX_SEED = 0xffffffff;

export type AttachOptions = CaptureOptions & {
  /** Empty with `jupyter`, or ANY_DESTINATION with `socks`. */
  readonly server: string;
  /** A kernel's connection file, in place of server, listen endpoint and keys; `null` for none. */
  readonly jupyter: string | null;
  /** It is a SOCKS server; `null` for a tap of one server. */
  readonly socks: SocksOptions | null;
  readonly listen: string;
  readonly sockets: SocketPair | null;
  /** `null` for a tap without keys. */
  readonly keys: KeyOptions | null;
  /** Add a subscriber of its own to all topics. */
  readonly watchesAll: boolean;
  /** Numbers in messages that tell which are missing. */
  readonly sequences: readonly Sequence[];
  /** Whether it ends with what proves that the tap did no harm. */
  readonly stats: boolean;
  /** Specs of interventions that begin with the tap. */
  readonly faults: readonly string[];
  /** Where their chance comes from; `null` for another one each time. */
  readonly seed: number | null;
};

export type SocksOptions = {
  readonly allow: readonly string[];
  /** Keys of --for, in order. `keys` is for all other destinations. */
  readonly destinations: readonly { readonly pattern: string; readonly keys: KeyOptions }[];
};

/** As `parseArgs` takes them. */
export const ATTACH_OPTIONS = {
  listen: { type: "string" },
  sockets: { type: "string" },
  jupyter: { type: "string" },
  "watch-all": { type: "boolean", default: false },
  sequence: { type: "string", multiple: true },
  stats: { type: "boolean", default: false },
  fault: { type: "string", multiple: true, default: [] as string[] },
  seed: { type: "string" },
  ...CAPTURE_OPTIONS,
  ...KEY_OPTIONS,
} as const;

/** Reads what stands behind `zmq-tap attach`. A text says what is wrong; parseArgs throws for unknown options. */
export function parseAttach(args: readonly string[]): AttachOptions | string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: ATTACH_OPTIONS,
  });
  const { jupyter } = values;
  const [server = jupyter === undefined ? undefined : "", ...rest] = positionals;
  if (server === undefined)
    return "The server endpoint is missing. Write for example zmq-tap attach tcp://127.0.0.1:5556.";
  if (rest.length > 0) return `attach takes one server endpoint, and ${shown(rest[0] ?? "")} is one too many.`;
  const listen = values.listen ?? "tcp://127.0.0.1:*";
  if (jupyter === "") return "--jupyter takes a kernel's connection file. Write for example --jupyter kernel-1.json.";
  for (const [text, role] of [
    ...(jupyter === undefined ? [[server, "server"] as const] : []),
    [listen, "listen"],
  ] as const) {
    if (readCurveKey(text) !== null) return `A key was given where the ${role} endpoint belongs.`;
    const endpoint = parseEndpoint(text, role);
    if (isProblem(endpoint)) return `${shown(text)} cannot be used as the ${role} endpoint: ${endpoint.problem}`;
  }
  const sockets = values.sockets === undefined ? null : parseSockets(values.sockets);
  if (typeof sockets === "string") return sockets;
  const sequences = readSequenceOptions(values.sequence ?? []);
  if (typeof sequences === "string") return sequences;
  const watchesAll = values["watch-all"];
  if (watchesAll && (jupyter !== undefined || /^\s*http:/i.test(server)))
    return "--watch-all is for a tap of one publisher.";
  const name = jupyter === undefined ? server : kernelName(jupyter);
  const capture = readCaptureOptions(values, name);
  if (typeof capture === "string") return capture;
  const keys = readKeyOptions(values);
  if (typeof keys === "string") return keys;
  if (keys !== null && /^\s*http:/i.test(server))
    return "Keys are for ZeroMQ, and this server speaks HTTP. Leave them out.";
  const faults = readFaults(values.fault, values.seed);
  if (typeof faults === "string") return faults;
  if (jupyter !== undefined) {
    if (faults.faults.length > 0) return "--fault is about one tap, and a kernel has five. Leave one of them out.";
    const isGiven = server !== "" || values.listen !== undefined || sockets !== null || keys !== null;
    if (isGiven) return "--jupyter takes endpoints and keys from the connection file. Leave the others out.";
  }
  return {
    server,
    jupyter: jupyter ?? null,
    socks: null,
    listen,
    sockets,
    keys,
    watchesAll,
    sequences,
    stats: values.stats,
    ...faults,
    ...capture,
  };
}

const A_KEY = "a key";

/** Reads --fault and --seed. A text says what is wrong. */
function readFaults(
  faults: readonly string[],
  seed: string | undefined,
): Pick<AttachOptions, "faults" | "seed"> | string {
  for (const spec of faults) {
    const parsed = parseIntervention(spec);
    if (!parsed.ok && shown(spec) === A_KEY)
      return `--fault takes what to do, such as drop 1/10, and ${A_KEY} was given.`;
    if (!parsed.ok) return `--fault ${specProblem(spec, parsed.at, parsed.problem)}`;
  }
  if (seed === undefined) return { faults, seed: null };
  if (!/^\d{1,10}$/.test(seed) || Number(seed) > MAX_SEED)
    return `--seed takes a whole number from 0 to ${MAX_SEED}, and ${shown(seed)} is none.`;
  if (faults.length === 0) return "--seed is for --fault. Leave it out, or say with --fault what to do.";
  return { faults, seed: Number(seed) };
}

/** `kernel-1` of `/run/kernel-1.json`. */
function kernelName(file: string): string {
  return file.replace(/^.*[/\\]/, "").replace(/\.json$/, "");
}

/** Reads the value of --sockets. A text says what is wrong. */
export function parseSockets(text: string): SocketPair | string {
  const pair: { client: SocketType | null; server: SocketType | null } = { client: null, server: null };
  for (const part of text.split(",")) {
    const match = /^(client|server)=(\w+)$/.exec(part.trim());
    const type = SOCKET_TYPES.find((known) => known === match?.[2]?.toUpperCase());
    if (match === null || type === undefined) {
      return `--sockets takes client=<TYPE>,server=<TYPE> with socket types such as REQ or SUB; ${shown(part)} is none.`;
    }
    pair[match[1] as "client" | "server"] = type;
  }
  return pair;
}
