import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { freePort } from "../scripts/tasks/freePort.ts";
import { compilePrograms } from "./compile.ts";
import { type Editor, openEditor } from "./editor.ts";
import { cpuSeconds, idleShare, machine, openFiles, residentBytes } from "./machine.ts";
import { SOAK_GROUPS, type SoakEndpoints, SoakLoad } from "./soakLoad.ts";
import { PROCESSES, type ProcessName, soakReport, type SoakSample } from "./soakReport.ts";
import { spread } from "./statistics.ts";
import { fail, UsageError } from "./usageError.ts";

// Two hundred links with churn through taps for an hour, the inspector open, and the same beside them without a tap:
//   npm run soak -- --minutes 60
// What soakPeers.c does is the same both ways: every message is numbered and checked, so that both must come to the same.

const ROOT = join(import.meta.dirname, "..");
const REPORT = join(ROOT, "out", "soak.txt");
const MIB = 1024 * 1024;

const MESSAGES_PER_SECOND = 20_000;
/** Small, so that short runs reach the bounds of the capture too. */
const SETTINGS = { "zmqTap.capture.maxBytes": 64 * MIB, "zmqTap.capture.maxDiskBytes": 256 * MIB };
const SAMPLE_MS = 10_000;
const SHORT_SAMPLE_MS = 2_000;
const SHORT_RUN_MINUTES = 10;
/** What is compared: this much at the beginning, once all bounds are reached, and at the end. */
const WINDOW_S = 600;
const WINDOW_SHARE = 1 / 6;
/** Of the run, in which what is compared is not looked at: code is compiled, and bounds are reached. */
const WARM_UP_SHARE = 0.1;
const GROWTH = 1.1;
const MEMORY_SLACK_BYTES = 16 * MIB;
const FILES_SLACK = 5;
/** Beyond what becomes of the round trips without a tap. */
const P50_GROWTH = 1.25;
const P99_GROWTH = 1.5;
const LATENCY_SLACK_US = { p50us: 50, p99us: 1_000 } as const;
/** How far behind the newest row the inspector may be whenever it is looked at. */
const BEHIND_S = 5;
const MIN_RATE = 1_000;
const AFTERWARDS_MS = 10_000;

const USAGE = `Usage: npm run soak -- [--minutes n] [--rate n] [--report file]
  --minutes  how long messages are sent, 60 unless told
  --rate     messages a second through the taps, ${MESSAGES_PER_SECOND} unless told: less where the machine is busy
  --report   where a summary in Markdown goes; none unless told`;

type Loads = { readonly direct: SoakLoad; readonly tapped: SoakLoad };

class Soak {
  readonly #editor: Editor;
  readonly #loads: Loads;
  readonly #sampleMs: number;
  readonly #behindRows: number;
  readonly #startMs = performance.now();
  readonly #samples: SoakSample[] = [];
  readonly #problems: string[] = [];
  readonly #results: string[] = [];
  #cpu: Readonly<Record<ProcessName, number>> | null = null;
  #cpuMs = 0;

  constructor(editor: Editor, loads: Loads, { minutes, rate }: { minutes: number; rate: number }) {
    this.#editor = editor;
    this.#loads = loads;
    this.#behindRows = BEHIND_S * Math.max(rate, MIN_RATE);
    this.#sampleMs = minutes < SHORT_RUN_MINUTES ? SHORT_SAMPLE_MS : SAMPLE_MS;
    editor.page.on("pageerror", (error) => this.#fail(`The window reported: ${error.message}`));
  }

  /** Resolves with whether all was as it should be. */
  async run(): Promise<boolean> {
    const { direct, tapped } = this.#loads;
    const filesBefore = openFiles(this.#editor.pids.engine);
    const ended = Promise.all([direct.run(), tapped.run()]).then(() => true);
    while (!(await Promise.race([ended, wait(this.#sampleMs, false)]))) await this.#sample();
    this.#compareAccounts();
    this.#compareSamples();
    await this.#checkFidelity();
    await wait(AFTERWARDS_MS);
    const filesAfter = openFiles(this.#editor.pids.engine);
    this.#tell(`The engine had ${filesBefore} open files before the peers came, and ${filesAfter} after they left.`);
    if (filesAfter > filesBefore + FILES_SLACK) this.#fail("The engine keeps files open that nobody needs.");
    for (const problem of this.#problems) this.say(`PROBLEM: ${problem}`);
    this.say(this.#problems.length === 0 ? "PASSED" : `FAILED with ${this.#problems.length} problems`);
    return this.#problems.length === 0;
  }

  /** All of it as Markdown; `what` says what was run. */
  report(what: string): string {
    return soakReport({ what, samples: this.#samples, said: this.#results, problems: this.#problems });
  }

  say(line: string): void {
    const seconds = ((performance.now() - this.#startMs) / 1000).toFixed(1).padStart(7);
    appendFileSync(REPORT, `${seconds} s  ${line}\n`);
    process.stdout.write(`${seconds} s  ${line}\n`);
  }

  async #sample(): Promise<void> {
    const { inspector, pids } = this.#editor;
    const { direct, tapped } = this.#loads;
    const [now, same] = [tapped.latest, direct.latest];
    if (now === undefined || same === undefined) return;
    const { seen, kept, evicted, newest, rate } = await inspector.evaluate(shownCounts);
    const of = (measure: (pid: number) => number): Record<ProcessName, number> => ({
      engine: measure(pids.engine),
      host: measure(pids.host),
      renderer: measure(pids.renderer),
    });
    const sample: SoakSample = {
      second: now.second,
      residentBytes: of(residentBytes),
      files: of(openFiles),
      cpu: this.#cpuShares(of(cpuSeconds)),
      tapped: now,
      direct: same,
      seen,
      isFull: evicted > 0,
      behind: seen - newest,
      connects: now.connected,
      restarts: now.restarts,
      load: loadavg()[0]!,
    };
    this.#samples.push(sample);
    this.say(
      `RSS ${PROCESSES.map((name) => `${name} ${mib(sample.residentBytes[name])}`).join(", ")}  ` +
        `CPU ${PROCESSES.map((name) => percent(sample.cpu[name])).join(", ")}  ` +
        `files ${PROCESSES.map((name) => sample.files[name]).join(", ")}  ` +
        `trip ${now.p50us.toFixed(0)}/${now.p99us.toFixed(0)} µs, direct ${same.p50us.toFixed(0)}/${same.p99us.toFixed(0)} µs  ` +
        `passed ${now.passed}, direct ${same.passed}  seen ${seen}, kept ${kept}, ${rate}, behind ${sample.behind}  ` +
        `connects ${now.connected}, restarts ${now.restarts}, garbage ${now.garbage}, again ${now.again}, direct ${same.again}  ` +
        `load ${sample.load.toFixed(1)}`,
    );
    if (seen - newest > this.#behindRows) {
      await this.#editor.page.screenshot({ path: join(ROOT, "out", `soak-behind-${now.second}.png`) });
      this.#fail(`The inspector was ${seen - newest} rows behind at ${now.second} s.`);
    }
    if (seen !== kept + evicted) this.#fail(`seen ${seen} is not kept ${kept} + evicted ${evicted}.`);
  }

  /** Of one core, since the sample before. */
  #cpuShares(cpu: Readonly<Record<ProcessName, number>>): Record<ProcessName, number> {
    const nowMs = performance.now();
    const [before, passedS] = [this.#cpu ?? cpu, (nowMs - this.#cpuMs) / 1000];
    this.#cpu = cpu;
    this.#cpuMs = nowMs;
    const share = (name: ProcessName): number => (cpu[name] - before[name]) / passedS;
    return { engine: share("engine"), host: share("host"), renderer: share("renderer") };
  }

  /** What was sent has arrived, and as much as without a tap. */
  #compareAccounts(): void {
    const { direct, tapped } = this.#loads;
    for (const [way, load] of Object.entries(this.#loads)) {
      for (const fault of load.faults) this.#fail(`${way}: ${fault}`);
      if (load.accounts.size === 0) this.#fail(`${way}: the peers gave no account.`);
    }
    for (const [group, account] of tapped.accounts) {
      const other = direct.accounts.get(group) ?? {};
      this.#tell(`${group}: ${words(account)}; direct: ${words(other)}`);
      for (const [way, { unequal }] of Object.entries({ tapped: account, direct: other }))
        if (unequal !== 0) this.#fail(`${way}, ${group}: what was sent and what arrived differ on ${unequal} links.`);
      // A subscriber has what was published since it came, and without what restarts took.
      if (group === "pub") continue;
      for (const name of ["sent", "received"])
        if (account[name] !== other[name])
          this.#fail(`${group}: ${name} ${account[name]} through the taps, and ${other[name]} without.`);
    }
  }

  /** First and last samples: memory, open files and round trips must not grow. */
  #compareSamples(): void {
    const seconds = this.#samples.at(-1)?.second ?? 0;
    const fullAt = this.#samples.find(({ isFull }) => isFull)?.second;
    if (fullAt === undefined) {
      this.#fail("The capture did not reach its bounds: run it for longer.");
      return;
    }
    const windowS = Math.min(WINDOW_S, seconds * WINDOW_SHARE);
    const fromS = Math.max(fullAt, seconds * WARM_UP_SHARE);
    const isEarly = ({ second }: { second: number }): boolean => second >= fromS && second < fromS + windowS;
    const isLate = ({ second }: { second: number }): boolean => second > seconds - windowS && second <= seconds;
    const [early, late] = [this.#samples.filter(isEarly), this.#samples.filter(isLate)];
    if (early.length < 3 || late.length < 3 || fromS + windowS > seconds - windowS) {
      this.#fail("There are too few samples to compare the beginning with the end: run it for longer.");
      return;
    }
    this.#tell(
      `Compared: ${fromS.toFixed(0)} to ${(fromS + windowS).toFixed(0)} s with the last ${windowS.toFixed(0)} s.`,
    );
    for (const name of PROCESSES) {
      const [first, last] = [early, late].map((each) =>
        median(each.map(({ residentBytes: bytes }) => bytes[name])),
      ) as Pair;
      this.#tell(`RSS of the ${name}: ${mib(first)}, then ${mib(last)}.`);
      if (last > first * GROWTH + MEMORY_SLACK_BYTES)
        this.#fail(`RSS of the ${name} grew from ${mib(first)} to ${mib(last)}.`);
      const [opened, open] = [early, late].map((each) => median(each.map(({ files }) => files[name]))) as Pair;
      this.#tell(`Open files of the ${name}: ${opened}, then ${open}.`);
      if (open > opened + FILES_SLACK) this.#fail(`Open files of the ${name} grew from ${opened} to ${open}.`);
    }
    for (const name of ["p50us", "p99us"] as const) {
      const of = (load: SoakLoad): Pair =>
        [isEarly, isLate].map((isIn) => median(load.seconds.filter(isIn).map((each) => each[name]))) as Pair;
      const [tapped, direct] = [of(this.#loads.tapped), of(this.#loads.direct)];
      this.#tell(
        `${name}: ${tapped[0].toFixed(0)}, then ${tapped[1].toFixed(0)}; direct: ${direct[0].toFixed(0)}, then ${direct[1].toFixed(0)}.`,
      );
      const growth = name === "p50us" ? P50_GROWTH : P99_GROWTH;
      // What slows the machine down slows both ways down.
      const machineGrowth = Math.max(1, direct[1] / direct[0]);
      if (tapped[1] > tapped[0] * growth * machineGrowth + LATENCY_SLACK_US[name])
        this.#fail(`${name} of a round trip grew from ${tapped[0]} to ${tapped[1]}.`);
    }
  }

  /** What the engine itself says of its taps: what came from one side went to the other. */
  async #checkFidelity(): Promise<void> {
    const { inspector } = this.#editor;
    await inspector.locator("#tab-links").click();
    const lines = inspector.locator("#links-panel .fidelity tr[data-tap]");
    await lines.first().waitFor();
    for (const text of await lines.allInnerTexts()) this.#tell(`Fidelity: ${text.replaceAll(/\s+/g, " ").trim()}`);
    const unfaithful = await inspector.locator("#links-panel .unfaithful").count();
    if (unfaithful > 0) this.#fail(`${unfaithful} promises of the taps are broken, by the engine's own word.`);
  }

  /** Says what belongs into the summary, too. */
  #tell(line: string): void {
    this.#results.push(line);
    this.say(line);
  }

  #fail(problem: string): void {
    if (this.#problems.length < 100) this.#problems.push(problem);
    this.say(`PROBLEM: ${problem}`);
  }
}

type Pair = [number, number];

const mib = (bytes: number): string => `${(bytes / MIB).toFixed(0)} MiB`;
const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
const median = (values: readonly number[]): number => spread(values).median;
const words = (account: Readonly<Record<string, number>>): string =>
  Object.entries(account)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");

/**
 * What the inspector shows of its counters and of its newest row; runs in the page. It looks within a frame, since rows
 * that are made anew are empty between two.
 */
async function shownCounts(): Promise<{ seen: number; kept: number; evicted: number; newest: number; rate: string }> {
  await new Promise(requestAnimationFrame);
  const text = document.getElementById("footer-counts")?.textContent ?? "";
  const [seen = 0, kept = 0, evicted = 0] = (text.match(/[\d,]+/g) ?? []).map((part) =>
    Number(part.replaceAll(",", "")),
  );
  const rows = document.querySelectorAll<HTMLElement>(".list-window .row[data-n]:not([hidden])");
  const newest = Math.max(0, ...Array.from(rows, (row) => Number(row.dataset["n"])));
  const rate = document.querySelector(".footer-rate")?.textContent.trim() ?? "";
  return { seen, kept, evicted, newest, rate };
}

/** Where the servers listen, and where their clients connect: at the same place, or at a tap. */
async function makeEndpoints(isTapped: boolean): Promise<SoakEndpoints> {
  const make = async (): Promise<string> => `tcp://127.0.0.1:${await freePort()}`;
  const entries = SOAK_GROUPS.map(async (group) => {
    const server = await make();
    return [group, { server, clients: isTapped ? await make() : server }] as const;
  });
  return Object.fromEntries(await Promise.all(entries)) as SoakEndpoints;
}

async function main(): Promise<void> {
  const options = {
    minutes: { type: "string", default: "60" },
    rate: { type: "string", default: String(MESSAGES_PER_SECOND) },
    report: { type: "string" },
  } as const;
  const { values } = parseArgs({ options });
  const [minutes, rate] = [Number(values.minutes), Number(values.rate)];
  if (!(minutes > 0)) throw new UsageError(`--minutes takes a number above 0, not "${values.minutes}".`);
  if (!(rate > 0)) throw new UsageError(`--rate takes a number above 0, not "${values.rate}".`);
  const { soakPeers } = compilePrograms(join(ROOT, "out", "bench"));
  mkdirSync(join(ROOT, "out"), { recursive: true });
  const idle = await idleShare(3_000);
  const what =
    `${machine()}, Node ${process.version}, ${new Date().toISOString()}, ${percent(idle)} idle before the run: ` +
    `${minutes} minutes of ${rate} messages a second over 200 links through taps, and the same without; ` +
    "capture of 64 MiB in memory and 256 MiB on disk, inspector open.";
  writeFileSync(REPORT, `${what}\n`);
  const [direct, tapped] = [await makeEndpoints(false), await makeEndpoints(true)];
  const taps = SOAK_GROUPS.map((name) => ({ name, server: tapped[name].server, listen: tapped[name].clients }));
  const start = (endpoints: SoakEndpoints): SoakLoad =>
    new SoakLoad(soakPeers, endpoints, Math.round(minutes * 60), rate);
  const loads = { direct: start(direct), tapped: start(tapped) };
  try {
    // A tap listens as long as its server does.
    await Promise.all([loads.direct.ready(), loads.tapped.ready()]);
    const editor = await openEditor(taps, SETTINGS);
    try {
      const soak = new Soak(editor, loads, { minutes, rate });
      if (!(await soak.run())) process.exitCode = 1;
      if (values.report !== undefined) {
        mkdirSync(dirname(values.report), { recursive: true });
        writeFileSync(values.report, soak.report(what));
      }
    } finally {
      await editor.close();
    }
  } finally {
    await loads.direct.stop();
    await loads.tapped.stop();
  }
}

main().catch((error: unknown) => fail(error, USAGE));
