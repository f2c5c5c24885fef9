import { extname, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { DialectName } from "../shared/dialects.ts";
import { type FindingId, FINDINGS } from "../shared/findingKinds.ts";
import type { ExportFormat } from "../shared/model.ts";
import type { Sequence } from "../shared/sequences.ts";
import { readSequenceOptions } from "./sequenceOptions.ts";
import { suggest } from "../shared/filter/suggest.ts";
import { readDialect } from "./dialectOption.ts";
import { shown } from "./keyOptions.ts";

export type ReadOptions = {
  readonly file: string;
  /** `null` for every row. */
  readonly filter: string | null;
  readonly json: boolean;
  readonly full: boolean;
  readonly stats: boolean;
  /** What the messages are read as; `null` finds it out. */
  readonly dialect: DialectName | null;
};

export type ExportOptions = {
  readonly file: string;
  readonly to: string;
  readonly format: ExportFormat;
  readonly filter: string | null;
  readonly force: boolean;
  readonly dialect: DialectName | null;
};

export type CheckOptions = {
  readonly file: string;
  readonly json: boolean;
  /** Findings that are not looked for. */
  readonly disabled: readonly FindingId[];
  /** Numbers in messages that tell which are missing. */
  readonly sequences: readonly Sequence[];
  readonly dialect: DialectName | null;
};

const FORMATS: Readonly<Record<string, ExportFormat>> = {
  ".pcapng": "pcapng",
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
  ".csv": "csv",
};

export const READ_OPTIONS = {
  filter: { type: "string" },
  json: { type: "boolean", default: false },
  full: { type: "boolean", default: false },
  stats: { type: "boolean", default: false },
  dialect: { type: "string" },
} as const;

/** Reads what stands behind `zmq-tap read`. A text says what is wrong; parseArgs throws for unknown options. */
export function parseRead(args: readonly string[]): ReadOptions | string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: READ_OPTIONS,
  });
  const file = oneFile("read", positionals);
  if (typeof file !== "string") return file.problem;
  const dialect = readDialect(values.dialect);
  if (typeof dialect !== "string" && dialect !== null) return dialect.problem;
  const { filter = null, json, full, stats } = values;
  return { file, filter, json, full, stats, dialect };
}

export const EXPORT_OPTIONS = {
  filter: { type: "string" },
  to: { type: "string" },
  force: { type: "boolean", default: false },
  dialect: { type: "string" },
} as const;

/** Reads what stands behind `zmq-tap export`. */
export function parseExport(args: readonly string[]): ExportOptions | string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: EXPORT_OPTIONS,
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
  const dialect = readDialect(values.dialect);
  if (typeof dialect !== "string" && dialect !== null) return dialect.problem;
  return { file, to, format, filter: values.filter ?? null, force: values.force, dialect };
}

export const CHECK_OPTIONS = {
  json: { type: "boolean", default: false },
  disable: { type: "string", multiple: true, default: [] as string[] },
  sequence: { type: "string", multiple: true, default: [] as string[] },
  dialect: { type: "string" },
} as const;

/** Reads what stands behind `zmq-tap check`. */
export function parseCheck(args: readonly string[]): CheckOptions | string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: CHECK_OPTIONS,
  });
  const file = oneFile("check", positionals);
  if (typeof file !== "string") return file.problem;
  const disabled: FindingId[] = [];
  for (const name of values.disable) {
    if (!isFinding(name)) {
      const near = suggest(name, Object.keys(FINDINGS));
      return `There is no finding ${shown(name)}. ${near === null ? "docs/findings.md lists them" : `Do you mean ${near}?`}`.replace(
        /(?<![.?])$/,
        ".",
      );
    }
    disabled.push(name);
  }
  const dialect = readDialect(values.dialect);
  if (typeof dialect !== "string" && dialect !== null) return dialect.problem;
  const sequences = readSequenceOptions(values.sequence);
  if (typeof sequences === "string") return sequences;
  return { file, json: values.json, disabled, sequences, dialect };
}

function isFinding(name: string): name is FindingId {
  return Object.hasOwn(FINDINGS, name);
}

function oneFile(command: string, positionals: readonly string[]): string | { readonly problem: string } {
  const [file, ...rest] = positionals;
  if (file === undefined || file === "") {
    return { problem: `The capture file is missing. Write for example zmq-tap ${command} traffic.pcapng.` };
  }
  if (rest.length > 0) return { problem: `${command} takes one file, and ${shown(rest[0]!)} is one too many.` };
  return file;
}
