import { isCurveKey } from "./curveKey.ts";
import { keyNameProblem } from "./keyName.ts";

/** A key as the key store holds it, under a name that no other has. Secret, but for the kind `public`. */
export type StoredKey =
  | { readonly kind: "pair"; readonly name: string; readonly publicKey: string; readonly secretKey: string }
  | { readonly kind: "public"; readonly name: string; readonly publicKey: string }
  | { readonly kind: "plain"; readonly name: string; readonly user: string; readonly password: string };

/** What may be shown of a key. `publicKey` is `null` for a PLAIN user. */
export type KeySummary = {
  readonly name: string;
  readonly kind: StoredKey["kind"];
  readonly publicKey: string | null;
  readonly user: string | null;
};

export const MAX_STORED_KEYS = 1_000;
/** RFC 24 counts user and password in one octet each. */
export const MAX_PLAIN_OCTETS = 255;

/** Reads what was stored; `null` when it was not written by this version of ZMQ Tap, which must not overwrite it. */
export function parseStoredKeys(text: string): readonly StoredKey[] | null {
  let stored: unknown;
  try {
    stored = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof stored !== "object" || stored === null || !("version" in stored) || !("keys" in stored)) return null;
  const { version, keys } = stored;
  if (version !== 1 || !Array.isArray(keys)) return null;
  const read = (keys as readonly unknown[]).map(readKey);
  return read.every((key) => key !== null) ? read : null;
}

export function formatStoredKeys(keys: readonly StoredKey[]): string {
  return JSON.stringify({ version: 1, keys });
}

export function summaryOf(key: StoredKey): KeySummary {
  return {
    name: key.name,
    kind: key.kind,
    publicKey: key.kind === "plain" ? null : key.publicKey,
    user: key.kind === "plain" ? key.user : null,
  };
}

function readKey(value: unknown): StoredKey | null {
  if (typeof value !== "object" || value === null) return null;
  const { kind, name, publicKey, secretKey, user, password } = value as Readonly<Record<string, unknown>>;
  if (typeof name !== "string" || keyNameProblem(name) !== undefined) return null;
  const isKey = (text: unknown): text is string => typeof text === "string" && isCurveKey(text);
  if (kind === "pair" && isKey(publicKey) && isKey(secretKey)) return { kind, name, publicKey, secretKey };
  if (kind === "public" && isKey(publicKey)) return { kind, name, publicKey };
  if (kind === "plain" && typeof user === "string" && typeof password === "string")
    return { kind, name, user, password };
  return null;
}
