import { type KeyFormat, readCurveKey } from "./curveKey.ts";

/** What a key was said to be. Nothing in a key itself tells. */
type KeyRole = "public" | "secret" | "unsure";

/** One key of a text, as Z85. It may be secret whatever its role. */
export type KeyLine = {
  /** What the line calls it, without the words for its role; empty when it has no name. */
  readonly name: string;
  readonly role: KeyRole;
  readonly key: string;
  readonly format: KeyFormat;
};

/** `export NAME="value"`, `NAME: value`, `"name": "value",` and the like. */
const ASSIGNMENT = /^(?:export\s+|set\s+|\$env:)?["']?([A-Za-z_][\w.-]*)["']?\s*[=:]\s*(\S.*)$/;
const SECRET = /secret|private|priv(?![a-z])/i;
/** libzmq's ZMQ_CURVE_SERVERKEY is the public key of the server. */
const PUBLIC = /public|pub(?![a-z])|server_?key/i;
const SAYS_KEY = /(public|secret|private|server)[_-]?key/i;
/** Words in a variable's name that do not say whose key it holds. */
const NOT_WHOSE = new Set([
  "curve",
  "zmq",
  "zeromq",
  "z85",
  "public",
  "secret",
  "private",
  "pub",
  "priv",
  "key",
  "keys",
]);

/**
 * Finds the keys that stand in lines of their own or in lines `NAME=value`; everything else is passed over. A heading such
 * as "CURVE PUBLIC KEY", as libzmq's curve_keygen prints it, says what comes next. `unreadable` are names of variables that
 * should hold a key and do not.
 */
export function readKeyLines(text: string): {
  readonly found: readonly KeyLine[];
  readonly unreadable: readonly string[];
} {
  const found: KeyLine[] = [];
  const unreadable: string[] = [];
  let heading: KeyRole = "unsure";
  for (const raw of text.split(/\r\n|\r|\n/)) {
    const line = raw.replace(/^\uFEFF/, "").trim();
    // First of all, since a Z85 key can look like NAME=value.
    const alone = readValue(line);
    if (alone !== null) {
      found.push({ name: "", role: heading, ...alone });
      continue;
    }
    const [, name, rest] = ASSIGNMENT.exec(line) ?? [];
    if (name === undefined || rest === undefined) {
      if (line !== "") heading = roleOf(line);
      continue;
    }
    const value = readValue(rest);
    if (value !== null) found.push({ name: whose(name), role: roleOf(name), ...value });
    else if (SAYS_KEY.test(name)) unreadable.push(name);
  }
  return { found, unreadable };
}

function roleOf(text: string): KeyRole {
  const words = apart(text);
  if (SECRET.test(words)) return "secret";
  return PUBLIC.test(words) ? "public" : "unsure";
}

/** The key at the beginning of a value, in quotes or not, before a comma, semicolon or comment. */
function readValue(text: string): { readonly key: string; readonly format: KeyFormat } | null {
  const quoted = /^b?(["'`])(.*?)\1\s*[,;]?\s*(?:#.*|\/\/.*)?$/.exec(text)?.[2];
  if (quoted !== undefined) return readCurveKey(quoted);
  // No key has a space or a comma in it.
  return readCurveKey(/^([^\s,;]+)[,;]?(?:\s+(?:#|\/\/).*)?$/.exec(text)?.[1] ?? "");
}

/** `privateKey` as two words. */
function apart(text: string): string {
  return text.replace(/([a-z])([A-Z])/g, "$1_$2");
}

/** `ZMQ_SERVER_PUBLIC_KEY` is the key of "server". */
function whose(variable: string): string {
  return apart(variable)
    .replace(/(public|secret|private|server)(key)/gi, "$1_$2")
    .toLowerCase()
    .split(/[_.-]+/)
    .filter((word) => word !== "" && !NOT_WHOSE.has(word))
    .join("-");
}
