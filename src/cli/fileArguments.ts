import { extname, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { ExportFormat } from "../shared/model.ts";
import { shown } from "./keyOptions.ts";

export type ReadOptions = {
  readonly file: string;
  /** `null` for every row. */
  readonly filter: string | null;
  readonly json: boolean;
  readonly full: boolean;
  readonly stats: boolean;
};

export type ExportOptions = {
  readonly file: string;
  readonly to: string;
  readonly format: ExportFormat;
  readonly filter: string | null;
  readonly force: boolean;
};

const FORMATS: Readonly<Record<string, ExportFormat>> = {
  ".pcapng": "pcapng",
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
  ".csv": "csv",
};

/** Reads what stands behind `zmq-tap read`. A text says what is wrong; parseArgs throws for unknown options. */
export function parseRead(args: readonly string[]): ReadOptions | string {
  const flag = { type: "boolean", default: false } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { filter: { type: "string" }, json: flag, full: flag, stats: flag },
  });
  const file = oneFile("read", positionals);
  if (typeof file !== "string") return file.problem;
  return { file, filter: values.filter ?? null, json: values.json, full: values.full, stats: values.stats };
}

/** Reads what stands behind `zmq-tap export`. */
export function parseExport(args: readonly string[]): ExportOptions | string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { filter: { type: "string" }, to: { type: "string" }, force: { type: "boolean", default: false } },
  });
  const file = oneFile("export", positionals);
  if (typeof file !== "string") return file.problem;
  const { to } = values;
  if (to === undefined || to === "") {
    return "Where to export to is missing. Write for example zmq-tap export traffic.pcapng --to traffic.csv.";
  }
  const format = FORMATS[extname(to).toLowerCase()];
  if (format === undefined) return `--to takes a file that ends in .pcapng, .jsonl or .csv, and ${shown(to)} does not.`;
  if (resolve(file) === resolve(to)) return "A file cannot be exported to itself. Give --to another name.";
  return { file, to, format, filter: values.filter ?? null, force: values.force };
}

function oneFile(command: string, positionals: readonly string[]): string | { readonly problem: string } {
  const [file, ...rest] = positionals;
  if (file === undefined || file === "") {
    return { problem: `The capture file is missing. Write for example zmq-tap ${command} traffic.pcapng.` };
  }
  if (rest.length > 0) return { problem: `${command} takes one file, and ${shown(rest[0]!)} is one too many.` };
  return file;
}
