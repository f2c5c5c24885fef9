import type { CurvePair } from "../security.ts";
import type { KeyFormat } from "./curveKey.ts";
import { readKeyLines } from "./keyLines.ts";
import type { KeyMath } from "./keyMath.ts";
import { freeName, toKeyName } from "./keyName.ts";
import { readZcert } from "./zcert.ts";
import { t } from "../l10n.ts";

/** A text that may hold keys: what a file is called, or what to call a key that has no name. */
export type KeySource = { readonly name: string; readonly text: string };

type Format = KeyFormat | "certificate";

/** A key that was recognised. All but the kind `public` are secret. */
export type KeyCandidate = { readonly name: string; readonly format: Format } & (
  | { readonly kind: "pair"; readonly pair: CurvePair }
  | { readonly kind: "public"; readonly publicKey: string }
  /** A single key, of which only the user knows whether it is secret. */
  | { readonly kind: "unsure"; readonly key: string; readonly publicIfSecret: string }
);

export type RecognisedKeys = {
  readonly candidates: readonly KeyCandidate[];
  /** Whole sentences, without any key. */
  readonly problems: readonly string[];
};

/** Longer texts are no keys. */
export const MAX_KEY_TEXT = 65_536;
const MAX_KEYS = 200;

type Half = { readonly name: string; readonly key: string; readonly format: Format };
type Halves = { readonly publics: Half[]; readonly secrets: Half[]; readonly unsure: Half[] };

/**
 * Recognises certificates, Z85, hex, base64 and NAME=value lines. Halves of the same name make a pair; a public half is
 * derived where it is missing, and compared where it is not. Never throws.
 */
export function recogniseKeys(
  sources: readonly KeySource[],
  { derivePublic }: Pick<KeyMath, "derivePublic">,
): RecognisedKeys {
  const halves: Halves = { publics: [], secrets: [], unsure: [] };
  const problems: string[] = [];
  for (const source of sources) readSource(source, halves, problems);
  const count = halves.publics.length + halves.secrets.length + halves.unsure.length;
  if (count > MAX_KEYS) {
    return {
      candidates: [],
      problems: [t("There are more than {0} keys here. Import them in smaller parts.", MAX_KEYS)],
    };
  }
  const candidates = new Candidates();
  const rejected = new Set<string>();
  for (const secret of halves.secrets) {
    const publicKey = derivePublic(secret.key);
    const others = halves.publics.filter(({ name }) => name === secret.name);
    if (others.length > 0 && !others.some(({ key }) => key === publicKey)) {
      problems.push(
        t('The public and the secret key of "{0}" do not belong together, so neither was taken.', secret.name),
      );
      rejected.add(secret.name);
    } else candidates.addPair(secret, { publicKey, secretKey: secret.key });
  }
  // Of two keys without a name one may be the public half of the other, which proves what they are.
  const maybePublic = new Map([...halves.publics, ...halves.unsure].map((half) => [half.key, half]));
  const undecided: { half: Half; publicIfSecret: string }[] = [];
  for (const half of halves.unsure) {
    const publicIfSecret = derivePublic(half.key);
    const other = maybePublic.get(publicIfSecret);
    if (other === undefined) undecided.push({ half, publicIfSecret });
    else candidates.addPair(other, { publicKey: publicIfSecret, secretKey: half.key });
  }
  for (const half of halves.publics) if (!rejected.has(half.name)) candidates.addPublic(half);
  for (const { half, publicIfSecret } of undecided) candidates.addUnsure(half, publicIfSecret);
  if (candidates.list.length === 0 && problems.length === 0) {
    problems.push(
      t(
        "No key was recognised. A key is a certificate file (.key, .key_secret), 40 characters of Z85, 64 hex digits, 44 characters of base64, or one of these in a line NAME=value.",
      ),
    );
  }
  return { candidates: candidates.list, problems };
}

/** What a candidate is, in a few words. */
export function describeCandidate(candidate: KeyCandidate): string {
  const kinds = { pair: t("key pair"), public: t("public key"), unsure: t("one key, public or secret") };
  const from = candidate.format === "certificate" ? t("from a certificate") : t("in {0}", candidate.format);
  return `${kinds[candidate.kind]}, ${from}`;
}

function readSource({ name, text }: KeySource, halves: Halves, problems: string[]): void {
  if (text.length > MAX_KEY_TEXT) {
    problems.push(t('"{0}" is too long to be keys, so it was not read.', name));
    return;
  }
  const sourceName = toKeyName(name, "imported");
  const zcert = readZcert(text);
  if (zcert !== null && "problem" in zcert) {
    problems.push(t('The certificate "{0}" was not taken: {1}.', name, zcert.problem));
    return;
  }
  if (zcert !== null) {
    const half = { name: sourceName, format: "certificate" } as const;
    if (zcert.publicKey !== null) halves.publics.push({ ...half, key: zcert.publicKey });
    if (zcert.secretKey !== null) halves.secrets.push({ ...half, key: zcert.secretKey });
    return;
  }
  const { found, unreadable } = readKeyLines(text);
  const lists = { public: halves.publics, secret: halves.secrets, unsure: halves.unsure };
  for (const line of found) {
    lists[line.role].push({ name: toKeyName(line.name, sourceName), key: line.key, format: line.format });
  }
  for (const variable of unreadable) {
    const shown = toKeyName(variable, "A variable");
    problems.push(t('"{0}" holds no CURVE key, so it was left out.', shown));
  }
}

/** Each key once, under a name of its own. */
class Candidates {
  readonly list: KeyCandidate[] = [];
  readonly #names = new Set<string>();
  readonly #known = new Set<string>();

  addPair({ name, format }: Half, pair: CurvePair): void {
    if (!this.#isNew(pair.publicKey)) return;
    this.#known.add(pair.secretKey);
    this.list.push({ kind: "pair", name: this.#free(name), format, pair });
  }

  addPublic({ name, format, key }: Half): void {
    if (this.#isNew(key)) this.list.push({ kind: "public", name: this.#free(name), format, publicKey: key });
  }

  addUnsure({ name, format, key }: Half, publicIfSecret: string): void {
    if (this.#isNew(key)) this.list.push({ kind: "unsure", name: this.#free(name), format, key, publicIfSecret });
  }

  #isNew(key: string): boolean {
    if (this.#known.has(key)) return false;
    this.#known.add(key);
    return true;
  }

  #free(name: string): string {
    const free = freeName(name, (taken) => this.#names.has(taken));
    this.#names.add(free);
    return free;
  }
}
