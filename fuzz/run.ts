/* `npm run fuzz -- --help` says what it takes. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { type FuzzOutcome, fuzzTarget } from "./fuzzTarget.ts";
import { CORPUS, FAILURES, keepCorpus, readInputs } from "./inputs.ts";
import { fuzzReport, toBase64 } from "./report.ts";
import { targets } from "./targets.ts";

const USAGE = `npm run fuzz -- [options]
  --minutes <n>      how long in all; 1 unless told otherwise
  --target <names>   only these, apart by commas: ${Object.keys(targets).join(", ")}
  --seed <n>         the same numbers as another run with this seed
  --jobs <n>         targets at a time; as many as there are processors unless told otherwise
  --report <file>    where the report goes as it grows; out/fuzz.md unless told otherwise
  --keep             keeps new inputs in fuzz/corpus
  --input <base64>   gives this one input to one target, and nothing else`;

const REPORT_MS = 5000;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    target: { type: "string" },
    seed: { type: "string" },
    jobs: { type: "string", default: String(availableParallelism()) },
    report: { type: "string", default: "out/fuzz.md" },
    keep: { type: "boolean", default: false },
    input: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(USAGE);
else process.exitCode = (await (values.input === undefined ? fuzz() : again(values.input))) ? 0 : 1;

/** Gives one input to one target; true when its promises hold. */
async function again(digits: string): Promise<boolean> {
  const target = await targets[namesOf(values.target)[0]!]!();
  try {
    await target.run(new Uint8Array(Buffer.from(digits, "base64")));
    console.log(`${target.name}: all promises hold.`);
    return true;
  } catch (error) {
    console.error(error);
    return false;
  } finally {
    await target.stop?.();
  }
}

async function fuzz(): Promise<boolean> {
  const names = namesOf(values.target);
  const jobs = Math.min(names.length, numberOf("jobs", values.jobs));
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : numberOf("seed", values.seed);
  const seconds = (numberOf("minutes", values.minutes) * 60 * jobs) / names.length;
  const startedAt = new Date();
  const started = performance.now();
  const outcomes = new Map<string, FuzzOutcome & { readonly about: string }>();
  for (const name of names) {
    const { about } = await targets[name]!();
    outcomes.set(name, {
      name,
      about,
      seed,
      executions: 0,
      seconds: 0,
      characters: 0,
      inputs: [],
      corpus: 0,
      findings: [],
    });
  }
  const write = (): void => {
    const took = (performance.now() - started) / 1000;
    const run = { seed, startedAt, seconds: took, node: process.version, outcomes: [...outcomes.values()] };
    mkdirSync(dirname(values.report), { recursive: true });
    writeFileSync(`${values.report}.part`, fuzzReport(run));
    renameSync(`${values.report}.part`, values.report);
  };
  console.log(`Seed ${seed}: ${names.length} targets, ${seconds.toFixed(0)} s each, ${jobs} at a time.`);
  const timer = setInterval(write, REPORT_MS);
  const waiting = [...names];
  const work = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const outcome = await fuzzTarget({
        table: new URL("targets.ts", import.meta.url).href,
        name,
        seed,
        seconds,
        corpus: [...readInputs(FAILURES, name), ...readInputs(CORPUS, name)].map(({ input }) => input),
        onProgress: (now) => outcomes.set(now.name, { ...outcomes.get(now.name)!, ...now }),
      });
      if (values.keep) keepCorpus(CORPUS, name, outcome.inputs);
      console.log(lineOf(outcome));
      for (const { kind, what, stack, input } of outcome.findings) {
        console.log(`    ${kind}: ${what}\n${stack.split("\n").slice(1, 6).join("\n")}`);
        console.log(`    npm run fuzz -- --target ${name} --input ${toBase64(input)}   # seed ${seed}`);
      }
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  clearInterval(timer);
  write();
  const all = [...outcomes.values()];
  const executions = all.reduce((sum, outcome) => sum + outcome.executions, 0);
  const findings = all.reduce((sum, outcome) => sum + outcome.findings.length, 0);
  console.log(
    `${executions.toLocaleString("en")} inputs, ${findings} findings, seed ${seed}. Report: ${values.report}`,
  );
  return findings === 0;
}

function lineOf({ name, executions, seconds, characters, corpus, findings }: FuzzOutcome): string {
  const rate = Math.round(executions / Math.max(seconds, 0.001)).toLocaleString("en");
  const counts = `${executions.toLocaleString("en")} inputs (${rate}/s), ${characters} characters, ${corpus} kept`;
  return `  ${name.padEnd(16)} ${counts}, ${findings.length} findings`;
}

function namesOf(given: string | undefined): readonly string[] {
  const names = given === undefined ? Object.keys(targets) : given.split(",");
  for (const name of names) if (!(name in targets)) throw new Error(`There is no target "${name}".\n${USAGE}`);
  return names;
}

function numberOf(option: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new Error(`--${option} takes a number, not "${text}".`);
}
