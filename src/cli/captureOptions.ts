import type { DialectName } from "../shared/dialects.ts";
import { readDialect } from "./dialectOption.ts";
import { shown } from "./keyOptions.ts";

/** The options of what prints and keeps what comes, as `parseArgs` takes them. */
export const CAPTURE_OPTIONS = {
  name: { type: "string" },
  json: { type: "boolean", default: false },
  quiet: { type: "boolean", default: false },
  count: { type: "string" },
  full: { type: "boolean", default: false },
  dialect: { type: "string" },
  write: { type: "string" },
  force: { type: "boolean", default: false },
  dir: { type: "string" },
  "max-disk": { type: "string" },
} as const;

export type CaptureOptions = {
  /** Of what is watched, in the output. */
  readonly name: string;
  readonly output: "text" | "json" | "quiet";
  /** Messages to end after; infinite without --count. */
  readonly count: number;
  readonly full: boolean;
  /** What the messages are read as; `null` finds it out. */
  readonly dialect: DialectName | null;
  /** A capture file to write what comes to; `null` for none. */
  readonly write: string | null;
  /** Whether that file may be there already, and is written anew. */
  readonly force: boolean;
  /** A folder to keep the capture in beyond memory; `null` for memory only. */
  readonly dir: string | null;
  /** Octets that it may take there. */
  readonly maxDiskBytes: number;
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

type Given = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** Checks these options; `name` is what it is called without --name. A text says what is wrong. */
export function readCaptureOptions(given: Given, name: string): CaptureOptions | string {
  const values = given as {
    readonly [K in keyof typeof CAPTURE_OPTIONS]?: (typeof CAPTURE_OPTIONS)[K]["type"] extends "string"
      ? string
      : boolean;
  };
  const { json = false, quiet = false, full = false, force = false, write, dir } = values;
  if (json && quiet) return "--json and --quiet exclude each other. Choose one.";
  const count = values.count === undefined ? Infinity : Number(values.count);
  if (!(count === Infinity || (Number.isSafeInteger(count) && count > 0)) || values.count === "") {
    return `--count takes a whole number above 0, not ${shown(values.count ?? "")}.`;
  }
  const dialect = readDialect(values.dialect);
  if (typeof dialect !== "string" && dialect !== null) return dialect.problem;
  if (write === "") return "--write takes the name of a file. Write for example --write traffic.pcapng.";
  if (write !== undefined && !write.endsWith(".pcapng")) {
    return `--write makes a pcapng file, so its name must end in .pcapng, not ${shown(write)}.`;
  }
  if (force && write === undefined) return "--force is about the file of --write, which is missing.";
  if (dir === "") return "--dir takes the name of a folder. Write for example --dir captures.";
  const maxDisk = values["max-disk"];
  const maxDiskBytes = maxDisk === undefined ? DEFAULT_MAX_DISK_BYTES : readSize(maxDisk);
  if (maxDiskBytes === null || maxDiskBytes < MIN_MAX_DISK_BYTES) {
    return `--max-disk takes a size of at least 64MiB, such as 500MB or 4GiB, not ${shown(maxDisk ?? "")}.`;
  }
  if (maxDisk !== undefined && dir === undefined) {
    return "--max-disk is about the folder of --dir, which is missing.";
  }
  return {
    name: values.name ?? name,
    output: json ? "json" : quiet ? "quiet" : "text",
    count,
    full,
    dialect,
    write: write ?? null,
    force,
    dir: dir ?? null,
    maxDiskBytes,
  };
}

/** Octets of `500MB`, `4GiB` or a plain number; `null` for anything else. */
export function readSize(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(kB|MB|GB|KiB|MiB|GiB|)$/.exec(text);
  const bytes = match === null ? NaN : Math.floor(Number(match[1]) * UNITS[match[2]!]!);
  return Number.isSafeInteger(bytes) ? bytes : null;
}
