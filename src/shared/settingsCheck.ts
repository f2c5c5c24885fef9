import { type DialectName, DIALECTS } from "./dialects.ts";
import { isProblem, parseEndpoint, withoutUser } from "./endpoint.ts";
import { readCurveKey } from "./keys/curveKey.ts";
import { readSecurityNames } from "./keys/securityNames.ts";
import { MAX_OWN_MODULES, OWN_KINDS, ownNameProblem, type OwnModule } from "./ownDialects.ts";
import { type EngineLimits, MAX_LINGER_MS } from "./engineProtocol.ts";
import { MAX_SAVED_FILTERS } from "./savedFilters.ts";
import type { SecurityNames } from "./security.ts";
import type { SavedFilter } from "./viewProtocol.ts";

/** A tap of the setting `zmqTap.taps`. */
export type ConfiguredTap = {
  readonly name: string;
  readonly server: string;
  readonly listen: string;
  /** Filter that views begin with for this tap's rows. */
  readonly filter?: string;
  /** What its channels speak, where that shall not be found out. */
  readonly dialect?: DialectName;
  readonly security?: SecurityNames;
};

/** The settings as they are used: checked, with defaults, never changed. */
export type Settings = {
  readonly taps: readonly ConfiguredTap[];
  readonly limits: EngineLimits;
  /** How long the engine goes on without a window. */
  readonly lingerMs: number;
  readonly savedFilters: readonly SavedFilter[];
  /** Dialects and decoders of the user's, their modules by paths in the workspace. */
  readonly ownModules: readonly OwnModule[];
};

export const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;
export const MIN_MAX_BYTES = 16 * 1024 * 1024;
export const DEFAULT_MAX_DISK_BYTES = 4 * 1024 * 1024 * 1024;
export const MIN_MAX_DISK_BYTES = 64 * 1024 * 1024;
export const DEFAULT_MAX_FRAME_BYTES = 1024 * 1024 * 1024;
export const MIN_MAX_FRAME_BYTES = 64 * 1024;
const DEFAULT_LINGER_S = 60;
export const ANY_LISTEN = "tcp://127.0.0.1:*";

/** Why a text is no filter, or `null`; takes every text as one when the parser is not at hand. */
type FilterCheck = (text: string) => string | null;

/**
 * Checks what the configuration holds. Each value that cannot be used makes one sentence in `problems` which names the
 * setting; everything else is used.
 */
export function checkSettings(raw: {
  taps: unknown;
  maxBytes?: unknown;
  maxDiskBytes?: unknown;
  maxFrameBytes?: unknown;
  linger?: unknown;
  savedFilters?: unknown;
  ownModules?: unknown;
  filterProblem?: FilterCheck;
}): {
  readonly settings: Settings;
  readonly problems: readonly string[];
} {
  const problems: string[] = [];
  const { filterProblem = () => null } = raw;
  const taps = checkTaps(raw.taps, filterProblem, problems);
  const limits = {
    maxBytes: checkBytes("zmqTap.capture.maxBytes", raw.maxBytes, MIN_MAX_BYTES, DEFAULT_MAX_BYTES, problems),
    maxDiskBytes:
      raw.maxDiskBytes === 0
        ? 0
        : checkBytes(
            "zmqTap.capture.maxDiskBytes",
            raw.maxDiskBytes,
            MIN_MAX_DISK_BYTES,
            DEFAULT_MAX_DISK_BYTES,
            problems,
            "0 or ",
          ),
    maxFrameBytes: checkBytes(
      "zmqTap.curve.maxFrameBytes",
      raw.maxFrameBytes,
      MIN_MAX_FRAME_BYTES,
      DEFAULT_MAX_FRAME_BYTES,
      problems,
    ),
  };
  return {
    settings: {
      taps,
      limits,
      lingerMs: checkLinger(raw.linger, problems) * 1000,
      savedFilters: checkFilters(raw.savedFilters, filterProblem, problems),
      ownModules: checkModules(raw.ownModules, problems),
    },
    problems,
  };
}

function checkBytes(
  setting: string,
  raw: unknown,
  least: number,
  byDefault: number,
  problems: string[],
  orElse = "",
): number {
  if (raw === undefined) return byDefault;
  if (typeof raw === "number" && Number.isSafeInteger(raw) && raw >= least) return raw;
  problems.push(
    `The setting "${setting}" must be ${orElse}a whole number of at least ${least}, not ${describe(raw)}. ${byDefault} is used instead.`,
  );
  return byDefault;
}

/** In seconds. */
function checkLinger(raw: unknown, problems: string[]): number {
  if (raw === undefined) return DEFAULT_LINGER_S;
  const most = MAX_LINGER_MS / 1000;
  if (typeof raw === "number" && raw >= 0 && raw <= most) return raw;
  problems.push(
    `The setting "zmqTap.engine.linger" must be a number of seconds from 0 to ${most}, not ${describe(raw)}. ${DEFAULT_LINGER_S} is used instead.`,
  );
  return DEFAULT_LINGER_S;
}

function checkModules(raw: unknown, problems: string[]): readonly OwnModule[] {
  if (raw === undefined) return [];
  if (!Array.isArray(raw)) {
    problems.push(`The setting "zmqTap.dialects" must be a list of modules, not ${describe(raw)}. It was not used.`);
    return [];
  }
  const modules = new Map<string, OwnModule>();
  for (const [index, entry] of (raw as readonly unknown[]).entries()) {
    const module = checkModule(entry);
    const where = `The setting "zmqTap.dialects", entry ${index + 1},`;
    if (typeof module === "string") problems.push(`${where} ${module} That module was left out.`);
    else if (modules.has(module.name))
      problems.push(`${where} has the name "${module.name}" of an earlier one. That module was left out.`);
    else modules.set(module.name, module);
  }
  if (modules.size > MAX_OWN_MODULES)
    problems.push(`The setting "zmqTap.dialects" has more than ${MAX_OWN_MODULES} modules. The rest was left out.`);
  return [...modules.values()].slice(0, MAX_OWN_MODULES);
}

function checkModule(entry: unknown): OwnModule | string {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry))
    return `must be an object with "name" and "module", not ${describe(entry)}.`;
  const { name, module, kind = "dialect" } = entry as Readonly<Record<string, unknown>>;
  if (typeof name !== "string") return `has a "name" that is no text but ${describe(name)}.`;
  const problem = ownNameProblem(name);
  if (problem !== null) return `has a "name" that cannot be used: it ${problem}`;
  const known = OWN_KINDS.find((one) => one === kind);
  if (known === undefined) return `has a "kind" that is neither dialect nor decoder but ${describe(kind)}.`;
  if (typeof module !== "string" || !/[.]m?js$/.test(module))
    return `needs a "module" that is the path of a .mjs or .js file in the workspace, not ${describe(module)}.`;
  const parts = module.split(/[/\\]/);
  if (/^([/\\]|[a-z]:)/i.test(module) || parts.includes(".."))
    return `has the module "${module.slice(0, 80)}", which is not in the workspace. Write its path from the workspace's folder.`;
  return { name, kind: known, module };
}

function checkFilters(raw: unknown, filterProblem: FilterCheck, problems: string[]): readonly SavedFilter[] {
  if (raw === undefined) return [];
  if (!Array.isArray(raw)) {
    problems.push(
      `The setting "zmqTap.filters.saved" must be a list of filters, not ${describe(raw)}. It was not used.`,
    );
    return [];
  }
  const filters = new Map<string, SavedFilter>();
  for (const [index, entry] of (raw as readonly unknown[]).entries()) {
    const filter = checkFilter(entry, filterProblem);
    const where = `The setting "zmqTap.filters.saved", entry ${index + 1},`;
    if (typeof filter === "string") problems.push(`${where} ${filter} That filter was left out.`);
    else if (filters.has(filter.name))
      problems.push(`${where} has the name "${filter.name}" of an earlier one. That filter was left out.`);
    else filters.set(filter.name, filter);
  }
  if (filters.size > MAX_SAVED_FILTERS)
    problems.push(
      `The setting "zmqTap.filters.saved" has more than ${MAX_SAVED_FILTERS} filters. The rest was left out.`,
    );
  return [...filters.values()].slice(0, MAX_SAVED_FILTERS);
}

function checkFilter(entry: unknown, filterProblem: FilterCheck): SavedFilter | string {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry))
    return `must be an object with "name" and "filter", not ${describe(entry)}.`;
  const { name, filter } = entry as Record<string, unknown>;
  if (typeof name !== "string" || name.trim() === "") return `has a "name" that is no text but ${describe(name)}.`;
  const problem = checkExpression(filter, filterProblem);
  return problem ?? { name: name.trim(), text: (filter as string).trim() };
}

/** Why a value cannot be used as a filter, or `null`. */
function checkExpression(filter: unknown, filterProblem: FilterCheck): string | null {
  if (typeof filter !== "string" || filter.trim() === "")
    return `has a "filter" that is no text but ${describe(filter)}.`;
  const text = filter.trim();
  if (readCurveKey(text) !== null) return "has a key itself as its filter, where no key belongs.";
  const problem = filterProblem(text);
  return problem === null ? null : `has the filter "${text}", which cannot be used: ${problem}`;
}

function checkTaps(raw: unknown, filterProblem: FilterCheck, problems: string[]): readonly ConfiguredTap[] {
  if (raw === undefined) return [];
  if (!Array.isArray(raw)) {
    problems.push(
      `The setting "zmqTap.taps" must be a list of taps, not ${describe(raw)}. No tap was started from it.`,
    );
    return [];
  }
  const taps = new Map<string, ConfiguredTap>();
  for (const [index, entry] of (raw as readonly unknown[]).entries()) {
    const tap = checkTap(entry, filterProblem);
    const where = `The setting "zmqTap.taps", entry ${index + 1},`;
    if (typeof tap === "string") problems.push(`${where} ${tap} That tap was left out.`);
    else if (taps.has(tap.name))
      problems.push(`${where} has the name "${tap.name}" of an earlier one. That tap was left out.`);
    else taps.set(tap.name, tap);
  }
  return [...taps.values()];
}

function checkTap(entry: unknown, filterProblem: FilterCheck): ConfiguredTap | string {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) {
    return `must be an object with "server" and perhaps "name" and "listen", not ${describe(entry)}.`;
  }
  const { server, listen = ANY_LISTEN, name = server } = entry as Record<string, unknown>;
  if (typeof server !== "string") return `needs a "server" that is an endpoint such as tcp://127.0.0.1:5556.`;
  if (typeof listen !== "string") return `has a "listen" that is no text but ${describe(listen)}.`;
  if (typeof name !== "string" || name.trim() === "") return `has a "name" that is no text but ${describe(name)}.`;
  // A name is shown everywhere, and what is no endpoint is repeated.
  const misplaced = [server, listen, name].find((text) => readCurveKey(text.trim()) !== null);
  if (misplaced !== undefined) return "has a key itself as its name or endpoint, where no key belongs.";
  const badServer = parseEndpoint(server, "server");
  if (isProblem(badServer))
    return `has the server "${withoutUser(server)}", which cannot be used: ${badServer.problem}`;
  const badListen = parseEndpoint(listen, "listen");
  if (isProblem(badListen)) return `has the listen endpoint "${listen}", which cannot be used: ${badListen.problem}`;
  const { security, filter } = entry as Record<string, unknown>;
  const problem = filter === undefined ? null : checkExpression(filter, filterProblem);
  if (problem !== null) return problem;
  const { dialect } = entry as Record<string, unknown>;
  const known = DIALECTS.find((each) => each === dialect);
  if (dialect !== undefined && known === undefined) {
    return `has a "dialect" that is none but ${describe(dialect)}. The dialects are ${DIALECTS.join(", ")}.`;
  }
  const start = typeof filter === "string" ? { filter: filter.trim() } : {};
  const speaks = known === undefined ? {} : { dialect: known };
  const tap = { name: name.trim(), server: server.trim(), listen: listen.trim(), ...start, ...speaks };
  if (security === undefined) return tap;
  if (badServer.transport === "http")
    return 'has keys in "security", which are for ZeroMQ, and its server speaks HTTP.';
  const names = readSecurityNames(security);
  return "problem" in names ? names.problem : { ...tap, security: names };
}

/** A value of the settings as a sentence calls it, without any key. */
export function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  if (typeof value === "string" && readCurveKey(value.trim()) !== null) return "a key";
  if (typeof value === "string") return value === "" ? "an empty text" : `the text "${value.slice(0, 40)}"`;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "nothing";
}
