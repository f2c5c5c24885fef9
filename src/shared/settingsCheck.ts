import { isProblem, parseEndpoint } from "./endpoint.ts";
import { readCurveKey } from "./keys/curveKey.ts";
import { readSecurityNames } from "./keys/securityNames.ts";
import type { EngineLimits } from "./engineProtocol.ts";
import type { SecurityNames } from "./security.ts";

/** A tap of the setting `zmqTap.taps`. */
export type ConfiguredTap = {
  readonly name: string;
  readonly server: string;
  readonly listen: string;
  readonly security?: SecurityNames;
};

/** The settings as they are used: checked, with defaults, never changed. */
export type Settings = { readonly taps: readonly ConfiguredTap[]; readonly limits: EngineLimits };

export const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;
export const MIN_MAX_BYTES = 16 * 1024 * 1024;
export const DEFAULT_MAX_FRAME_BYTES = 1024 * 1024 * 1024;
export const MIN_MAX_FRAME_BYTES = 64 * 1024;
export const ANY_LISTEN = "tcp://127.0.0.1:*";

/**
 * Checks what the configuration holds. Each value that cannot be used makes one sentence in `problems` which names the
 * setting; everything else is used.
 */
export function checkSettings(raw: { taps: unknown; maxBytes?: unknown; maxFrameBytes?: unknown }): {
  readonly settings: Settings;
  readonly problems: readonly string[];
} {
  const problems: string[] = [];
  const taps = checkTaps(raw.taps, problems);
  const limits = {
    maxBytes: checkBytes("zmqTap.capture.maxBytes", raw.maxBytes, MIN_MAX_BYTES, DEFAULT_MAX_BYTES, problems),
    maxFrameBytes: checkBytes(
      "zmqTap.curve.maxFrameBytes",
      raw.maxFrameBytes,
      MIN_MAX_FRAME_BYTES,
      DEFAULT_MAX_FRAME_BYTES,
      problems,
    ),
  };
  return { settings: { taps, limits }, problems };
}

function checkBytes(setting: string, raw: unknown, least: number, byDefault: number, problems: string[]): number {
  if (raw === undefined) return byDefault;
  if (typeof raw === "number" && Number.isSafeInteger(raw) && raw >= least) return raw;
  problems.push(
    `The setting "${setting}" must be a whole number of at least ${least}, not ${describe(raw)}. ${byDefault} is used instead.`,
  );
  return byDefault;
}

function checkTaps(raw: unknown, problems: string[]): readonly ConfiguredTap[] {
  if (raw === undefined) return [];
  if (!Array.isArray(raw)) {
    problems.push(
      `The setting "zmqTap.taps" must be a list of taps, not ${describe(raw)}. No tap was started from it.`,
    );
    return [];
  }
  const taps = new Map<string, ConfiguredTap>();
  for (const [index, entry] of (raw as readonly unknown[]).entries()) {
    const tap = checkTap(entry);
    const where = `The setting "zmqTap.taps", entry ${index + 1},`;
    if (typeof tap === "string") problems.push(`${where} ${tap} That tap was left out.`);
    else if (taps.has(tap.name))
      problems.push(`${where} has the name "${tap.name}" of an earlier one. That tap was left out.`);
    else taps.set(tap.name, tap);
  }
  return [...taps.values()];
}

function checkTap(entry: unknown): ConfiguredTap | string {
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
  if (isProblem(badServer)) return `has the server "${server}", which cannot be used: ${badServer.problem}`;
  const badListen = parseEndpoint(listen, "listen");
  if (isProblem(badListen)) return `has the listen endpoint "${listen}", which cannot be used: ${badListen.problem}`;
  const tap = { name: name.trim(), server: server.trim(), listen: listen.trim() };
  const { security } = entry as Record<string, unknown>;
  if (security === undefined) return tap;
  const names = readSecurityNames(security);
  return "problem" in names ? names.problem : { ...tap, security: names };
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  if (typeof value === "string" && readCurveKey(value.trim()) !== null) return "a key";
  if (typeof value === "string") return value === "" ? "an empty text" : `the text "${value.slice(0, 40)}"`;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "nothing";
}
