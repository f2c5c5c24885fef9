import { readFileSync, statSync } from "node:fs";
import { withoutUser } from "../shared/endpoint.ts";
import { isCurveKey, readCurveKey } from "../shared/keys/curveKey.ts";
import { MAX_KEY_TEXT } from "../shared/keys/keyText.ts";
import { missingPart } from "../shared/keys/securityNames.ts";
import { MAX_PLAIN_OCTETS } from "../shared/keys/storedKey.ts";
import { readZcert, type Zcert } from "../shared/keys/zcert.ts";
import {
  type CurvePair,
  LEG_MECHANISMS,
  type LegMechanism,
  type PlainUser,
  type TapSecurity,
} from "../shared/security.ts";
import { UserError } from "../shared/userError.ts";
import { math } from "./keyMath.ts";

/** The options for keys, as `parseArgs` takes them. */
export const KEY_OPTIONS = {
  "curve-server": { type: "string" },
  "curve-upstream": { type: "string" },
  "curve-client": { type: "string", multiple: true },
  "curve-allow": { type: "string", multiple: true },
  "client-leg": { type: "string" },
  "server-leg": { type: "string" },
  "plain-user": { type: "string" },
  "plain-password-file": { type: "string" },
} as const;

/** The options as they were given: names of files, and public keys. */
export type KeyOptions = {
  readonly serverFile: string | null;
  readonly upstream: string | null;
  readonly clientFile: string | null;
  readonly clientFiles: readonly { readonly client: string; readonly file: string }[];
  /** `null` when there was none. */
  readonly allow: readonly string[] | null;
  readonly clientLeg: LegMechanism | null;
  readonly serverLeg: LegMechanism | null;
  readonly user: string | null;
  readonly passwordFile: string | null;
};

type Given = { readonly [K in keyof typeof KEY_OPTIONS]?: string | string[] | undefined };

/** Those of bridges name their leg, too. */
const TAKES_KEY = /^--(?:in-|out-)?curve-(?:upstream|allow|client)$/;
/** A public key, or that of a client with its file. */
const BEGINS_WITH_DASH = /^-[^ ]{39}(?:=|$)/;

/** Where a password may come from besides a file. */
const PASSWORD_VARIABLE = "ZMQ_TAP_PASSWORD";

/** What was typed, unless it is a key, which may be secret and stays out of every message. */
export function shown(text: string): string {
  return readCurveKey(text) === null ? `"${withoutUser(text)}"` : "a key";
}

/**
 * Puts a key that begins with a dash, as one in 85 does, to the option in front of it: `parseArgs` would take it for an
 * option of its own.
 */
export function joinKeys(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const option = joined.at(-1);
    if (option !== undefined && TAKES_KEY.test(option) && BEGINS_WITH_DASH.test(arg))
      joined.splice(-1, 1, `${option}=${arg}`);
    else joined.push(arg);
  }
  return joined;
}

/** Checks the options for keys without reading a file; `null` when there is none. A text says what is wrong. */
export function readKeyOptions(given: Given): KeyOptions | string | null {
  const names = Object.keys(KEY_OPTIONS) as (keyof typeof KEY_OPTIONS)[];
  if (names.every((name) => given[name] === undefined)) return null;
  const one = (name: keyof typeof KEY_OPTIONS): string | null => [given[name] ?? []].flat().at(-1) ?? null;
  for (const name of names) if ([given[name] ?? []].flat().includes("")) return `--${name} needs a value.`;
  const serverFile = one("curve-server");
  if (serverFile !== null && readCurveKey(serverFile) !== null) return keyForFile("curve-server");
  const passwordFile = one("plain-password-file");
  const clientFiles: { client: string; file: string }[] = [];
  let clientFile: string | null = null;
  for (const value of [given["curve-client"] ?? []].flat()) {
    // A key has = in it, so the client is what has the length of a key.
    const client = value.slice(0, 40);
    const isForOne = value.charAt(40) === "=" && isCurveKey(client);
    const file = isForOne ? value.slice(41) : value;
    if (readCurveKey(file) !== null) return keyForFile("curve-client");
    if (file === "") return "--curve-client needs a file behind the client's public key.";
    if (isForOne) clientFiles.push({ client, file });
    else if (clientFile === null) clientFile = file;
    else return "--curve-client was given twice for all clients. Write <client public key>=<file> for each but one.";
  }
  const legs: { client: LegMechanism | null; server: LegMechanism | null } = { client: null, server: null };
  for (const side of ["client", "server"] as const) {
    const value = one(`${side}-leg`);
    if (value === null) continue;
    const mechanism = LEG_MECHANISMS.find((known) => known === value.toUpperCase());
    if (mechanism === undefined) return `--${side}-leg takes null, plain or curve.`;
    legs[side] = mechanism;
  }
  const user = one("plain-user");
  if (user === null && passwordFile !== null) return "--plain-password-file needs --plain-user.";
  const allow = given["curve-allow"] === undefined ? null : [given["curve-allow"]].flat();
  return {
    serverFile,
    upstream: one("curve-upstream"),
    clientFile,
    clientFiles,
    allow,
    clientLeg: legs.client,
    serverLeg: legs.server,
    user,
    passwordFile,
  };
}

/** Reads the keys that the options name. Throws a UserError of one sentence without any secret. */
export function readSecurity(options: KeyOptions, environment: NodeJS.ProcessEnv): TapSecurity {
  const { serverFile, upstream, clientFile, clientFiles, allow, user } = options;
  const security: TapSecurity = {
    clientLeg: options.clientLeg,
    serverLeg: options.serverLeg,
    serverPair: serverFile === null ? null : readPair("curve-server", serverFile),
    serverKey: upstream === null ? null : readPublic("curve-upstream", upstream),
    clientPair: clientFile === null ? null : readPair("curve-client", clientFile),
    clientPairs: clientFiles.map(({ client, file }) => ({ client, pair: readPair("curve-client", file) })),
    allow: allow?.map((key) => readPublic("curve-allow", key)) ?? null,
    plain: user === null ? null : readPlain(user, options.passwordFile, environment),
  };
  switch (missingPart(security)) {
    case "serverPair":
      throw new UserError(
        "no-server-pair",
        "The tap has no key pair to show to CURVE clients. Give --curve-server, or --client-leg null if clients speak no CURVE.",
      );
    case "serverKey":
      throw new UserError("no-server-key", "The CURVE server's public key is missing. Give --curve-upstream.");
    case "plain":
      throw new UserError("no-plain-user", "Only one side speaks PLAIN, so a user is missing. Give --plain-user.");
    case null:
      return security;
  }
}

function keyForFile(option: keyof typeof KEY_OPTIONS): string {
  return (
    `--${option} takes the name of a secret certificate file, and a key was given. If it is secret, make a new one: other users ` +
    "of this machine can read command lines. Write the file with zmq-tap keygen <name>, or with pyzmq's create_certificates."
  );
}

function readPair(option: string, file: string): CurvePair {
  const { publicKey, secretKey } = readCertificate(option, file);
  if (secretKey === null) {
    throw new UserError(
      "no-secret-key",
      `--${option}: ${file} holds no secret key. Give the secret certificate, whose name mostly ends in .key_secret.`,
    );
  }
  const derived = math.derivePublic(secretKey);
  if (publicKey !== null && publicKey !== derived) {
    throw new UserError(
      "pair-mismatch",
      `--${option}: the public and the secret key in ${file} do not belong together. Give the file as it was written.`,
    );
  }
  return { publicKey: derived, secretKey };
}

/** The public key that was given, or the one of a certificate file. */
function readPublic(option: string, value: string): string {
  if (isCurveKey(value)) return value;
  if (readCurveKey(value) !== null)
    throw new UserError("not-z85", `--${option} takes a key as Z85, 40 characters, or a file. Convert it first.`);
  const { publicKey, secretKey } = readCertificate(option, value);
  return publicKey ?? math.derivePublic(secretKey!);
}

function readCertificate(option: string, file: string): Zcert {
  const zcert = readZcert(readText(option, file));
  if (zcert === null)
    throw new UserError("no-certificate", `--${option}: ${file} is no certificate file of ZeroMQ. Give one.`);
  if ("problem" in zcert)
    throw new UserError("bad-certificate", `--${option}: ${file} cannot be used: ${zcert.problem}. Give another file.`);
  return zcert;
}

function readPlain(user: string, passwordFile: string | null, environment: NodeJS.ProcessEnv): PlainUser {
  const password =
    passwordFile === null
      ? environment[PASSWORD_VARIABLE]
      : readText("plain-password-file", passwordFile).replace(/\r?\n$/, "");
  if (password === undefined) {
    throw new UserError(
      "no-password",
      `--plain-user needs a password. Set ${PASSWORD_VARIABLE}, or give --plain-password-file.`,
    );
  }
  for (const [what, text] of [
    ["user", user],
    ["password", password],
  ] as const) {
    if (Buffer.byteLength(text) > MAX_PLAIN_OCTETS)
      throw new UserError("plain-too-long", `The PLAIN ${what} has more than 255 octets, which PLAIN cannot carry.`);
  }
  return { user, password };
}

function readText(option: string, file: string): string {
  try {
    if (statSync(file).size <= MAX_KEY_TEXT) return readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
    // What is no file may be a key with a typing error, so it is not repeated.
    const what = code === "ENOENT" ? "There is no such file" : `${file} cannot be read (${code})`;
    throw new UserError("unreadable", `--${option}: ${what}. Give the name of a file that you may read.`);
  }
  throw new UserError("too-long", `--${option}: ${file} is too long for keys. Give another file.`);
}
