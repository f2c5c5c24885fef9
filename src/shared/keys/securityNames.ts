import { LEG_MECHANISMS, type LegMechanism, type SecurityNames, type TapSecurity } from "../security.ts";
import { isCurveKey, readCurveKey } from "./curveKey.ts";

/** Names in one list. More are a mistake. */
const MAX_NAMES = 1_000;

const LEGS = ["clientLeg", "serverLeg"] as const;
const NAMES_ONLY = ["serverPair", "clientPair", "plain"] as const;
const WHAT: Readonly<Record<(typeof NAMES_ONLY)[number], string>> = {
  serverPair: "the name of a key pair",
  clientPair: "the name of a key pair",
  plain: "the name of a PLAIN user",
};
const FIELDS: readonly string[] = [...LEGS, ...NAMES_ONLY, "serverKey", "clientPairs", "allow"];

type Draft = { -readonly [K in keyof SecurityNames]: SecurityNames[K] };

/**
 * Checks the keys of a tap as settings and memory hold them: by name. What is wrong comes out as the end of a sentence that
 * begins with the tap, and repeats no value, since that may be a secret written in the wrong place.
 */
export function readSecurityNames(value: unknown): SecurityNames | { readonly problem: string } {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { problem: 'has a "security" that is no object such as {"serverPair": "backend"}.' };
  const given = value as Readonly<Record<string, unknown>>;
  const names: Draft = {};
  for (const [field, part] of Object.entries(given)) {
    if (part === undefined) continue;
    const problem = FIELDS.includes(field) ? readField(names, field, part) : unknownField(field);
    if (problem !== null) return { problem };
  }
  return names;
}

/** Whether two taps have the same keys, as far as their names say. */
export function isSameSecurity(one: SecurityNames | undefined, other: SecurityNames | undefined): boolean {
  return JSON.stringify(inOrder(one)) === JSON.stringify(inOrder(other));
}

/** Whether nothing is chosen, which leaves a tap to pass everything as it is. */
export function isEmptySecurity(names: SecurityNames): boolean {
  return Object.keys(names).length === 0;
}

/**
 * What a tap lacks to do what it is told: the pair that it shows to CURVE clients, the key of its CURVE server, or the user
 * that a PLAIN server asks for.
 */
export function missingPart(security: TapSecurity): "serverPair" | "serverKey" | "plain" | null {
  const { clientLeg, serverLeg, serverPair, serverKey, clientPair, clientPairs, allow, plain } = security;
  const hasCurveKeys = serverKey !== null || clientPair !== null || clientPairs.length > 0 || allow !== null;
  const isClientCurve = clientLeg === "CURVE" || (clientLeg === null && (serverLeg === "CURVE" || hasCurveKeys));
  if (isClientCurve && serverPair === null) return "serverPair";
  if (serverLeg === "CURVE" && serverKey === null && serverPair === null) return "serverKey";
  const isPlainAdded = serverLeg === "PLAIN" && clientLeg !== "PLAIN" && clientLeg !== null;
  const isPlainRemoved = clientLeg === "PLAIN" && serverLeg !== "PLAIN" && serverLeg !== null;
  return (isPlainAdded || isPlainRemoved) && plain === null ? "plain" : null;
}

function readField(names: Draft, field: string, part: unknown): string | null {
  const leg = LEGS.find((known) => known === field);
  if (leg !== undefined) {
    const mechanism = readLeg(part);
    if (mechanism === null) return `has a "${leg}" in its "security" that is none of ${LEG_MECHANISMS.join(", ")}.`;
    names[leg] = mechanism;
    return null;
  }
  const only = NAMES_ONLY.find((known) => known === field);
  if (only !== undefined) {
    const problem = nameProblem(part, only, WHAT[only]);
    if (problem === null) names[only] = part as string;
    return problem;
  }
  if (field === "serverKey") {
    const problem = publicProblem(part, field);
    if (problem === null) names.serverKey = part as string;
    return problem;
  }
  return field === "allow" ? readAllow(names, part) : readClientPairs(names, part);
}

function readAllow(names: Draft, part: unknown): string | null {
  if (!Array.isArray(part) || part.length > MAX_NAMES)
    return 'has an "allow" in its "security" that is no list of names or public keys.';
  const allow = part as readonly unknown[];
  const problem = allow.map((one) => publicProblem(one, "allow")).find((one) => one !== null);
  if (problem === undefined) names.allow = allow as readonly string[];
  return problem ?? null;
}

function readClientPairs(names: Draft, part: unknown): string | null {
  if (typeof part !== "object" || part === null || Array.isArray(part) || Object.keys(part).length > MAX_NAMES)
    return 'has a "clientPairs" in its "security" that is no object of names of key pairs by client.';
  const entries = Object.entries(part as Readonly<Record<string, unknown>>);
  for (const [client, pair] of entries) {
    const problem = publicProblem(client, "clientPairs") ?? nameProblem(pair, "clientPairs", WHAT.clientPair);
    if (problem !== null) return problem;
  }
  names.clientPairs = Object.fromEntries(entries) as Readonly<Record<string, string>>;
  return null;
}

function nameProblem(part: unknown, field: string, what: string): string | null {
  if (typeof part !== "string" || part.trim() === "") return `needs ${what} as "${field}" in its "security".`;
  if (readCurveKey(part.trim()) === null) return null;
  return (
    `has a key itself in "${field}" of its "security", where ${what} belongs. Others can read settings: if it is a secret ` +
    'key, make a new one. Run "Import Keys…" and write the name of the key instead.'
  );
}

/** Public keys may stand in the settings, as ZeroMQ writes them. */
function publicProblem(part: unknown, field: string): string | null {
  if (typeof part !== "string" || part.trim() === "")
    return `needs the name of a key or a public key in "${field}" of its "security".`;
  if (isCurveKey(part) || readCurveKey(part.trim()) === null) return null;
  return `has a key in "${field}" of its "security" that is not written as Z85. Write its name, or its 40 characters of Z85.`;
}

function unknownField(field: string): string {
  const isSecret = /secret|password/i.test(field) && readCurveKey(field) === null;
  return isSecret
    ? `has "${field.slice(0, 40)}" in its "security", which is not for settings: others can read them, so no secret belongs there. ` +
        'Run "Import Keys…" or "Add PLAIN User…" and write the name instead.'
    : `has something in its "security" that is none of ${FIELDS.join(", ")}.`;
}

function readLeg(part: unknown): LegMechanism | null {
  return LEG_MECHANISMS.find((known) => typeof part === "string" && known === part.toUpperCase()) ?? null;
}

function inOrder(names: SecurityNames | undefined): unknown {
  if (names === undefined) return null;
  return Object.entries(names).sort(([one], [other]) => one.localeCompare(other));
}
