import type { Editor } from "./editor.ts";

export type ProcessName = keyof Editor["pids"];
export const PROCESSES: readonly ProcessName[] = ["engine", "host", "renderer"];
type OfProcesses = Readonly<Record<ProcessName, number>>;

/** How things stood at one moment of a soak. */
export type SoakSample = {
  readonly second: number;
  readonly residentBytes: OfProcesses;
  readonly files: OfProcesses;
  /** Of one core, since the sample before. */
  readonly cpu: OfProcesses;
  /** Round trips of the latest second, in microseconds. */
  readonly tapped: { readonly p50us: number; readonly p99us: number };
  readonly direct: { readonly p50us: number; readonly p99us: number };
  readonly seen: number;
  /** The capture has reached its bounds. */
  readonly isFull: boolean;
  /** How many rows the inspector was behind the newest. */
  readonly behind: number;
  readonly connects: number;
  readonly restarts: number;
  readonly load: number;
};

const MIB = 1024 * 1024;
const TABLE_ROWS = 24;

/** A soak as Markdown: what was run, how it stood over time, and what came of it. */
export function soakReport(run: {
  readonly what: string;
  readonly samples: readonly SoakSample[];
  readonly said: readonly string[];
  readonly problems: readonly string[];
}): string {
  const step = Math.max(1, Math.ceil(run.samples.length / TABLE_ROWS));
  const shown = run.samples.filter((_, i) => i % step === 0 || i === run.samples.length - 1);
  const verdict = run.problems.length === 0 ? "**Passed.**" : `**Failed** with ${run.problems.length} problems.`;
  return [
    "# Soak",
    "",
    `${run.what} ${verdict} Written by \`npm run soak\`, whose own report has a line for each sample.`,
    "",
    "| s | RSS engine, host, renderer (MiB) | CPU of a core (%) | open files | round trip p50 / p99 (ms) | direct | messages seen | behind | connects | restarts | load |",
    "|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ...shown.map(tableLine),
    "",
    ...(run.problems.length === 0 ? [] : ["## Problems", "", ...run.problems.map((each) => `- ${each}`), ""]),
    "## What came of it",
    "",
    ...run.said.map((line) => `- ${line}`),
    "",
  ].join("\n");
}

function tableLine(sample: SoakSample): string {
  const of = (values: OfProcesses, unit: number): string =>
    PROCESSES.map((name) => (values[name] / unit).toFixed(0)).join(", ");
  const trip = ({ p50us, p99us }: SoakSample["tapped"]): string =>
    `${(p50us / 1000).toFixed(1)} / ${(p99us / 1000).toFixed(1)}`;
  const cells = [
    sample.second,
    of(sample.residentBytes, MIB),
    of(sample.cpu, 0.01),
    of(sample.files, 1),
    trip(sample.tapped),
    trip(sample.direct),
    sample.seen.toLocaleString("en"),
    sample.behind.toLocaleString("en"),
    sample.connects.toLocaleString("en"),
    sample.restarts.toLocaleString("en"),
    sample.load.toFixed(1),
  ];
  return `| ${cells.join(" | ")} |`;
}
