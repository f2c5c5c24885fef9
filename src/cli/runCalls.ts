import { readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { dialectInfos } from "../proxy/dialects/registry.ts";
import { textDestination } from "../proxy/httpEndpoint.ts";
import { testPattern } from "../proxy/readFilter.ts";
import { callDialect } from "../proxy/rpc/dialectCall.ts";
import type { CallOutcome } from "../shared/calls.ts";
import { suggest } from "../shared/filter/suggest.ts";
import type { TapSecurity } from "../shared/security.ts";
import { toRefusal, UserError } from "../shared/userError.ts";
import {
  type CallContext,
  type CallFile,
  type CallInFile,
  checkCall,
  environmentNames,
  problemsOf,
  readCallFile,
} from "../shared/zmqrpc/callFile.ts";
import { MAX_CHARACTERS } from "../shared/zmqrpc/document.ts";
import { ENVIRONMENT_FILE, type Environments, readEnvironments } from "../shared/zmqrpc/environments.ts";
import type { ReadyCall } from "../shared/zmqrpc/readCall.ts";
import { redactText } from "../shared/zmqrpc/redact.ts";
import { differenceLines, resultLine, resultSummary } from "../shared/zmqrpc/resultText.ts";
import { replyOf, runCall, type RunResult } from "../shared/zmqrpc/runCall.ts";
import { type FileResults, junitXml } from "./junit.ts";
import { readSecurity } from "./keyOptions.ts";
import { namedKeys } from "./namedKeys.ts";
import { Output } from "./output.ts";
import type { RunOptions } from "./runArguments.ts";

const DIFFERENT = 3;
const TIMED_OUT = 4;
/** UTF-8 has at most four octets for each character. */
const MAX_FILE_BYTES = 4 * MAX_CHARACTERS;

type Loaded = {
  readonly path: string;
  readonly file: CallFile;
  readonly context: CallContext;
  readonly calls: readonly CallInFile[];
};

/**
 * Sends the calls of files in order and prints what came of each. Resolves with the exit code: 0 all as expected, 3 some
 * different, 4 when those that are have no reply, 2 a file that cannot be used (then nothing is sent), 1 a call that could
 * not be sent.
 */
export async function runCalls(options: RunOptions, stdout = new Output(1), stderr = new Output(2)): Promise<number> {
  let loaded: readonly Loaded[];
  let security: TapSecurity | null;
  try {
    loaded = loadAll(options);
    security = options.keys === null ? null : readSecurity(options.keys, process.env);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    await stderr.write(`${error.message}\n`);
    return error.code === BAD_FILE ? 2 : 1;
  }
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopping.abort());
  const run = new Run(options, security, stopping.signal);
  const done: FileResults[] = [];
  for (const one of loaded) {
    if (run.isOver) break;
    const results: { result: RunResult; seconds: number }[] = [];
    done.push({ file: one.path, results });
    if (!options.json && loaded.length > 1) await stdout.write(`${one.path}\n`);
    for await (const finished of run.file(one)) {
      results.push(finished);
      await stdout.write(run.print(one.path, finished.result));
    }
  }
  const all = done.flatMap(({ results }) => results.map(({ result }) => result));
  if (!options.json) await stdout.write(`${resultSummary(all)}\n`);
  if (options.junit !== null) {
    try {
      writeFileSync(
        options.junit,
        junitXml(done, (text) => run.clean(text)),
      );
    } catch (error) {
      await stderr.write(`The results cannot be written to ${options.junit}: ${toRefusal(error).message}\n`);
      return 1;
    }
  }
  return exitCode(all);
}

function exitCode(results: readonly RunResult[]): number {
  const has = (...statuses: readonly RunResult["status"][]): boolean =>
    results.some(({ status }) => statuses.includes(status));
  if (has("broken", "cancelled")) return 1;
  if (has("failed")) return DIFFERENT;
  return has("timeout") ? TIMED_OUT : 0;
}

class Run {
  readonly #options: RunOptions;
  readonly #security: TapSecurity | null;
  readonly #signal: AbortSignal;
  /** What came from the environment may be secret, and is not printed. */
  readonly #secrets = new Set<string>();
  #hasBailed = false;

  constructor(options: RunOptions, security: TapSecurity | null, signal: AbortSignal) {
    this.#options = options;
    this.#security = security;
    this.#signal = signal;
  }

  get isOver(): boolean {
    return this.#hasBailed || this.#signal.aborted;
  }

  async *file({ file, context, calls }: Loaded): AsyncGenerator<{ result: RunResult; seconds: number }> {
    const saved = new Map<string, unknown>();
    const processVariable = (name: string): string | undefined => {
      const value = process.env[name];
      if (value !== undefined) this.#secrets.add(value);
      return value;
    };
    const matches = (pattern: string, text: string): Promise<boolean | null> =>
      Promise.resolve(testPattern(pattern, text));
    for (const call of calls) {
      if (this.isOver) return;
      const startedAt = performance.now();
      const known = { ...context, saved, processVariable };
      const result = await runCall(file, call, known, { send: (ready) => this.#send(ready), matches });
      for (const [name, value] of result.saved) saved.set(name, value);
      if (this.#options.bail && result.status !== "passed") this.#hasBailed = true;
      yield { result, seconds: (performance.now() - startedAt) / 1000 };
    }
  }

  print(file: string, result: RunResult): string {
    if (!this.#options.json) {
      return this.clean([resultLine(result), ...differenceLines(result).map((line) => `    ${line}`), ""].join("\n"));
    }
    const { name, status, outcome, checks, problem } = result;
    const { value } = outcome === null ? { value: undefined } : replyOf(outcome);
    const told = {
      file,
      call: name,
      status,
      outcome: outcome?.kind ?? null,
      latencyMs: outcome?.reply?.latencyMs ?? null,
      attempts: outcome?.attempts ?? 0,
      checks: checks.map(({ text, isMet, differs }) => ({ expected: text, met: isMet, differs })),
      problem,
      code: outcome?.reply?.said?.code ?? null,
      value: value ?? null,
    };
    const clean = (_: string, member: unknown): unknown => (typeof member === "string" ? this.clean(member) : member);
    return `${JSON.stringify(told, clean)}\n`;
  }

  clean(text: string): string {
    return redactText(text, this.#secrets);
  }

  async #send({ target, body, timeoutMs, retries, keys }: ReadyCall): Promise<CallOutcome> {
    const security = this.#security ?? namedKeys(keys, this.#options.keyFolder, process.env);
    const endpoint = target.kind === "endpoint" ? target.endpoint : (this.#options.taps.get(target.name) ?? "");
    return callDialect({ to: textDestination(endpoint, security), body, timeoutMs, retries }, this.#signal);
  }
}

const BAD_FILE = "bad-call-file";

/** Reads all files before anything is sent. Throws a UserError of code BAD_FILE that names every place. */
function loadAll(options: RunOptions): readonly Loaded[] {
  const loaded = options.files.map((path) => load(path, options));
  const names = loaded.flatMap(({ file }) => file.calls.map(({ name }) => name));
  for (const name of options.only) {
    if (!names.includes(name)) throw badFile(`There is no call "${name}".${meant(suggest(name, names))}`);
  }
  const { environment } = options;
  if (environment !== null) {
    const known = loaded.flatMap(({ file, context }) => environmentNames(file, context.environments));
    if (!known.includes(environment)) {
      throw badFile(`There is no environment "${environment}".${meant(suggest(environment, known))}`);
    }
  }
  const places = loaded.flatMap((one) => [...placesOf(one), ...missingTaps(one, options)]);
  if (places.length > 0) throw badFile(places.join("\n"));
  if (loaded.every(({ calls }) => calls.length === 0)) throw badFile("There is no call in the file. Add one.");
  return loaded;
}

function load(path: string, options: RunOptions): Loaded {
  const file = readCallFile(readText(path, MAX_FILE_BYTES) ?? "");
  const context: CallContext = {
    environment: options.environment,
    environments: loadEnvironments(join(dirname(path), ENVIRONMENT_FILE)),
    given: options.variables,
    dialects: dialectInfos(),
  };
  const calls = options.only.length === 0 ? file.calls : file.calls.filter(({ name }) => options.only.includes(name));
  return { path, file, context, calls };
}

function loadEnvironments(path: string): Environments {
  const text = readText(path, MAX_FILE_BYTES, true);
  if (text === null) return new Map();
  const { environments, problem } = readEnvironments(text);
  if (problem !== null) throw badFile(`${path}: ${problem}`);
  return environments;
}

/** The text of a file; `null` where it may be missing and is. */
function readText(path: string, maxBytes: number, mayBeMissing = false): string | null {
  try {
    if (statSync(path).size <= maxBytes) return readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
    if (code === "ENOENT" && mayBeMissing) return null;
    throw badFile(`${path} cannot be read (${code}).`);
  }
  throw badFile(`${path} is too long for a call file.`);
}

/** What is wrong in a file, as compilers write it. */
function placesOf({ path, file, context }: Loaded): readonly string[] {
  const text = readText(path, MAX_FILE_BYTES) ?? "";
  return problemsOf(file, context).map(({ range, message, suggestion }) => {
    const before = text.slice(0, range.from).split("\n");
    return `${path}:${before.length}:${before.at(-1)!.length + 1}: ${message}${meant(suggestion)}`;
  });
}

function missingTaps({ path, file, context, calls }: Loaded, { taps }: RunOptions): readonly string[] {
  return calls.flatMap((call) => {
    const target = checkCall(file, call, context).call?.target;
    if (target?.kind !== "tap" || taps.has(target.name)) return [];
    return [
      `${path}: "${call.name}" goes through the tap "${target.name}". Say with --tap ${target.name}=<endpoint> where that is.`,
    ];
  });
}

function meant(suggestion: string | null): string {
  return suggestion === null ? "" : ` Did you mean ${suggestion}?`;
}

function badFile(message: string): UserError {
  return new UserError(BAD_FILE, message);
}
