import { parseArgs } from "node:util";
import type { DialectName } from "../shared/dialects.ts";
import { isProblem, parseEndpoint } from "../shared/endpoint.ts";
import { readCurveKey } from "../shared/keys/curveKey.ts";
import { SOCKET_TYPES, type SocketPair, type SocketType } from "../shared/model.ts";
import { readDialect } from "./dialectOption.ts";
import { KEY_OPTIONS, type KeyOptions, readKeyOptions, shown } from "./keyOptions.ts";

/** What a command prints of taps, and where it keeps what they see. */
export type OutputOptions = {
  readonly output: "text" | "json" | "quiet";
  /** Messages to end after; infinite without --count. */
  readonly count: number;
  readonly full: boolean;
  readonly sockets: SocketPair | null;
  /** What the messages are read as; `null` finds it out. */
  readonly dialect: DialectName | null;
  /** A capture file to write what is tapped to; `null` for none. */
  readonly write: string | null;
  /** Whether that file may be there already, and is written anew. */
  readonly force: boolean;
  /** A folder to keep the capture in beyond memory; `null` for memory only. */
  readonly dir: string | null;
  /** Octets that it may take there. */
  readonly maxDiskBytes: number;
};

export type AttachOptions = OutputOptions & {
  /** Empty with `jupyter`, or ANY_DESTINATION with `socks`. */
  readonly server: string;
  /** A kernel's connection file, in place of server, listen endpoint and keys; `null` for none. */
  readonly jupyter: string | null;
  /** It is a SOCKS server; `null` for a tap of one server. */
  readonly socks: SocksOptions | null;
  readonly listen: string;
  readonly name: string;
  /** `null` for a tap without keys. */
  readonly keys: KeyOptions | null;
};

export type SocksOptions = {
  readonly allow: readonly string[];
  /** Keys of --for, in order. `keys` is for all other destinations. */
  readonly destinations: readonly { readonly pattern: string; readonly keys: KeyOptions }[];
};

/** The options about output, as `parseArgs` takes them. */
export const OUTPUT_OPTIONS = {
  json: { type: "boolean", default: false },
  quiet: { type: "boolean", default: false },
  count: { type: "string" },
  full: { type: "boolean", default: false },
  sockets: { type: "string" },
  dialect: { type: "string" },
  write: { type: "string" },
  force: { type: "boolean", default: false },
  dir: { type: "string" },
  "max-disk": { type: "string" },
} as const;

type GivenOutput = {
  readonly [K in keyof typeof OUTPUT_OPTIONS]?:
    ((typeof OUTPUT_OPTIONS)[K]["type"] extends "boolean" ? boolean : string) | undefined;
};

const MIN_MAX_DISK_BYTES = 64 * 1024 * 1024;
const DEFAULT_MAX_DISK_BYTES = 4 * 1024 * 1024 * 1024;
const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** Reads what stands behind `zmq-tap attach`. A text says what is wrong; parseArgs throws for unknown options. */
export function parseAttach(args: readonly string[]): AttachOptions | string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      listen: { type: "string" },
      name: { type: "string" },
      jupyter: { type: "string" },
      ...OUTPUT_OPTIONS,
      ...KEY_OPTIONS,
    },
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
    if (isProblem(endpoint)) return `"${text}" cannot be used as the ${role} endpoint: ${endpoint.problem}`;
  }
  const output = readOutput(values);
  if (typeof output === "string") return output;
  const keys = readKeyOptions(values);
  if (typeof keys === "string") return keys;
  if (jupyter !== undefined) {
    const isGiven = server !== "" || values.listen !== undefined || output.sockets !== null || keys !== null;
    if (isGiven) return "--jupyter takes endpoints and keys from the connection file. Leave the others out.";
  }
  return {
    server,
    jupyter: jupyter ?? null,
    socks: null,
    listen,
    name: values.name ?? (jupyter === undefined ? server : kernelName(jupyter)),
    ...output,
    keys,
  };
}

/** Checks the options about output. A text says what is wrong. */
export function readOutput(values: GivenOutput): OutputOptions | string {
  const { json = false, quiet = false, full = false, force = false } = values;
  if (json && quiet) return "--json and --quiet exclude each other. Choose one.";
  const count = values.count === undefined ? Infinity : Number(values.count);
  if (!(count === Infinity || (Number.isSafeInteger(count) && count > 0)) || values.count === "") {
    return `--count takes a whole number above 0, not ${shown(values.count ?? "")}.`;
  }
  const sockets = values.sockets === undefined ? null : parseSockets(values.sockets);
  if (typeof sockets === "string") return sockets;
  const dialect = readDialect(values.dialect);
  if (typeof dialect !== "string" && dialect !== null) return dialect.problem;
  if (values.write === "") return "--write takes the name of a file. Write for example --write traffic.pcapng.";
  if (values.write !== undefined && !values.write.endsWith(".pcapng")) {
    return `--write makes a pcapng file, so its name must end in .pcapng, not ${shown(values.write)}.`;
  }
  if (force && values.write === undefined) return "--force is about the file of --write, which is missing.";
  if (values.dir === "") return "--dir takes the name of a folder. Write for example --dir captures.";
  const maxDiskBytes = values["max-disk"] === undefined ? DEFAULT_MAX_DISK_BYTES : readSize(values["max-disk"]);
  if (maxDiskBytes === null) {
    return `--max-disk takes a size of at least 64MiB, such as 500MB or 4GiB, not ${shown(values["max-disk"] ?? "")}.`;
  }
  if (values["max-disk"] !== undefined && values.dir === undefined) {
    return "--max-disk is about the folder of --dir, which is missing.";
  }
  return {
    output: json ? "json" : quiet ? "quiet" : "text",
    count,
    full,
    sockets,
    dialect,
    write: values.write ?? null,
    force,
    dir: values.dir ?? null,
    maxDiskBytes,
  };
}

/** `kernel-1` of `/run/kernel-1.json`. */
function kernelName(file: string): string {
  return file.replace(/^.*[/\\]/, "").replace(/\.json$/, "");
}

function readSize(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(kB|MB|GB|KiB|MiB|GiB|)$/.exec(text);
  const bytes = match === null ? NaN : Math.floor(Number(match[1]) * UNITS[match[2]!]!);
  return Number.isSafeInteger(bytes) && bytes >= MIN_MAX_DISK_BYTES ? bytes : null;
}

function parseSockets(text: string): SocketPair | string {
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
