import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { type ActivationResult, measureActivation } from "./activation.ts";
import { type BridgesResult, measureBridges } from "./bridges.ts";
import { compilePrograms } from "./compile.ts";
import { type ExportingResult, measureExporting } from "./exporting.ts";
import { type FilteringResult, measureFiltering } from "./filtering.ts";
import { type FindingsCost, measureFindings } from "./findings.ts";
import { judge, type LinkResults, type Results } from "./gates.ts";
import { idleShare, machine } from "./machine.ts";
import { measureOpening, type OpeningResult } from "./opening.ts";
import type { Kit } from "./relays.ts";
import { measureReplay, type ReplayResult } from "./replay.ts";
import { measureRoundTrip } from "./roundTrip.ts";
import { SECURITIES, type Security, setUpSecurity } from "./security.ts";
import { gateLines, resultLines } from "./table.ts";
import { LOADS, loadWords, measureThroughput, type ThroughputResult } from "./throughput.ts";
import { measureToDisk, type ToDiskResult } from "./toDisk.ts";
import { fail, UsageError } from "./usageError.ts";
import { measureView, type ViewResult } from "./view.ts";
import { measureWindows, type WindowsResult } from "./windows.ts";

const ROOT = join(import.meta.dirname, "..");
const OUTPUT = join(ROOT, "out", "bench.json");

/** Below this share of idle time, neighbours make every measured time a matter of chance. */
const IDLE_SHARE = 0.95;
const IDLE_WATCH_MS = 3_000;

/** What --only takes beside the securities. */
const CAPTURES = "captures";
const REPLAY = "replay";
const BRIDGES = "bridges";
const FINDINGS = "findings";
const VIEW = "view";
const PARTS: readonly string[] = [...SECURITIES, CAPTURES, REPLAY, BRIDGES, FINDINGS, VIEW];

const PACED_SECONDS = 20;
const DRIFT_SECONDS = 600;

const USAGE = `Usage: npm run bench -- [--quick] [--only ${PARTS.join("|")}] [--drift] [--no-build] [--no-editor]
  --quick     3 rounds of a quarter of the messages instead of 9
  --only      measure nothing but the links with this security, captures (filters, files, disk), replay, bridges,
              findings, or the view (the inspector in VS Code)
  --drift     replay at the recorded pace for ten minutes instead of 20 s
  --no-build  measure what is in dist already
  --no-editor leave out what is measured in VS Code: the VSIX, the activation and the view`;

async function main(): Promise<void> {
  const flag = { type: "boolean", default: false } as const;
  const { values } = parseArgs({
    options: { quick: flag, "no-build": flag, "no-editor": flag, drift: flag, only: { type: "string" } },
  });
  if (values.only !== undefined && !PARTS.includes(values.only)) {
    throw new UsageError(`--only takes one of ${PARTS.join(", ")}, not "${values.only}".`);
  }
  const isQuick = values.quick;
  const programs = compilePrograms(join(ROOT, "out", "bench"));
  if (!values["no-build"]) build();
  const tap = join(ROOT, "dist", "cli.js");
  const engine = join(ROOT, "dist", "engine.cjs");
  for (const file of [tap, engine]) {
    if (!existsSync(file)) throw new Error(`${file} is missing: run npm run build first, or leave out --no-build.`);
  }

  const idle = await idleShare(IDLE_WATCH_MS);
  const wasIdle = idle >= IDLE_SHARE;
  const rounds = isQuick ? 3 : 9;
  const links: Partial<Record<Security, LinkResults>> = {};
  const isWanted = (part: string): boolean => values.only === undefined || values.only === part;
  const securities = SECURITIES.filter(isWanted);
  for (const security of securities) {
    const kit = { ...programs, tap, security: setUpSecurity(security, join(ROOT, "out", "bench")) };
    links[security] = await measureLinks(security, rounds, isQuick, kit);
  }
  const captures = isWanted(CAPTURES) ? await measureCaptures(engine, programs.peers, rounds, isQuick) : NO_CAPTURES;
  let replay: ReplayResult | null = null;
  if (isWanted(REPLAY)) {
    process.stderr.write("Replay of sessions …\n");
    const seconds = values.drift ? DRIFT_SECONDS : PACED_SECONDS;
    const kit = { tap, peers: programs.peers };
    replay = await measureReplay(isQuick ? 500_000 : 2_000_000, rounds, seconds, kit, join(ROOT, "out", "bench"));
  }
  let bridges: BridgesResult | null = null;
  if (isWanted(BRIDGES)) {
    process.stderr.write("Bridges …\n");
    const counts = isQuick ? { roundTrips: 2_000, messages: 100_000 } : { roundTrips: 8_000, messages: 400_000 };
    bridges = await measureBridges(rounds, counts, { ...programs, tap });
  }
  let findings: FindingsCost | null = null;
  if (isWanted(FINDINGS)) {
    process.stderr.write("Findings …\n");
    const messages = isQuick ? 500_000 : 2_000_000;
    findings = await measureFindings(messages, rounds, engine, programs.peers, join(ROOT, "out", "bench"));
  }
  let view: ViewResult | null = null;
  if (isWanted(VIEW) && !values["no-editor"]) {
    process.stderr.write("The inspector in VS Code …\n");
    view = await measureView(programs.peers, isQuick ? 1_000_000 : 10_000_000, isQuick ? 5 : 20);
  }
  let activation: ActivationResult | null = null;
  if (values.only === undefined && !values["no-editor"]) {
    process.stderr.write("Activation in VS Code …\n");
    activation = measureActivation(ROOT);
  }

  const results: Results = { links, ...captures, replay, bridges, findings, view, activation };
  const gates = judge(results, wasIdle);
  report(results, gates, { idle, wasIdle, isQuick, rounds });
  if (gates.some(({ verdict }) => verdict === "missed")) process.exitCode = 1;
}

async function measureLinks(security: Security, rounds: number, isQuick: boolean, kit: Kit): Promise<LinkResults> {
  const name = security.toUpperCase();
  const throughput: ThroughputResult[] = [];
  for (const load of LOADS[security]) {
    const messages = isQuick ? load.messages / 4 : load.messages;
    process.stderr.write(`${name}: PUSH to PULL, ${loadWords(load)}, ${rounds} rounds …\n`);
    throughput.push(await measureThroughput({ ...load, messages }, rounds, kit));
  }
  process.stderr.write(`${name}: REQ to REP …\n`);
  return { throughput, roundTrip: await measureRoundTrip(rounds, isQuick ? 2_000 : 8_000, kit) };
}

type CaptureResults = {
  readonly windows: WindowsResult | null;
  readonly filtering: FilteringResult | null;
  readonly opening: OpeningResult | null;
  readonly exporting: ExportingResult | null;
  readonly toDisk: ToDiskResult | null;
};

const NO_CAPTURES: CaptureResults = { windows: null, filtering: null, opening: null, exporting: null, toDisk: null };

async function measureCaptures(
  engine: string,
  peers: string,
  rounds: number,
  isQuick: boolean,
): Promise<CaptureResults> {
  const folder = join(ROOT, "out", "bench");
  const messages = isQuick ? 250_000 : 1_000_000;
  process.stderr.write("Windows of rows …\n");
  const windows = await measureWindows(messages, engine, peers);
  process.stderr.write("Filters …\n");
  const filtering = await measureFiltering(messages, engine, peers, folder);
  process.stderr.write("Opening a file …\n");
  const opening = await measureOpening(isQuick ? 450_000 : 1_800_000, engine, peers, folder);
  process.stderr.write("Exports …\n");
  const exporting = await measureExporting(messages, rounds, folder);
  process.stderr.write("Captures to disk …\n");
  const toDisk = await measureToDisk(isQuick ? 200_000 : 700_000, rounds, engine, peers, folder);
  return { windows, filtering, opening, exporting, toDisk };
}

function report(
  results: Results,
  gates: ReturnType<typeof judge>,
  run: { idle: number; wasIdle: boolean; isQuick: boolean; rounds: number },
): void {
  const conditions = `${machine()}, Node ${process.version}, ${(run.idle * 100).toFixed(0)} % idle before the run`;
  const unjudged = run.wasIdle ? "" : "; not idle, so throughput and round trip are reported but not judged";
  const lines = [
    `${conditions}${unjudged}. Medians of ${run.rounds} rounds (quartiles).`,
    "",
    ...resultLines(results),
    ...gateLines(gates),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  mkdirSync(join(ROOT, "out"), { recursive: true });
  const record = {
    machine: machine(),
    node: process.version,
    time: new Date().toISOString(),
    ...run,
    ...results,
    gates,
  };
  writeFileSync(OUTPUT, `${JSON.stringify(record, null, 1)}\n`);
  process.stdout.write(`\nWritten to ${OUTPUT}.\n`);
}

function build(): void {
  const { status } = spawnSync(process.execPath, ["scripts/build.ts"], { cwd: ROOT, stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error("The build failed, so there is nothing to measure: see its messages above.");
}

main().catch((error: unknown) => fail(error, USAGE));
