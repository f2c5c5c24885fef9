import * as vscode from "vscode";
import { isCurveKey } from "../shared/keys/curveKey.ts";
import { keyNameProblem } from "../shared/keys/keyName.ts";
import { missingPart } from "../shared/keys/securityNames.ts";
import {
  formatStoredKeys,
  type KeySummary,
  MAX_STORED_KEYS,
  parseStoredKeys,
  type StoredKey,
  summaryOf,
} from "../shared/keys/storedKey.ts";
import { t } from "../shared/l10n.ts";
import type { CurvePair, PlainUser, SecurityNames, TapSecurity } from "../shared/security.ts";
import { UserError } from "../shared/userError.ts";

const SECRET_NAME = "zmqTap.keys";

/**
 * The keys of the user, in VS Code's secret storage and nowhere else. Where that does not keep them the user is told once,
 * and they last for the session. Read when first needed.
 */
export class KeyStore implements vscode.Disposable {
  readonly #secrets: vscode.SecretStorage;
  readonly #tell: (message: string) => void;
  readonly #changes = new vscode.EventEmitter<undefined>();
  readonly #own: vscode.Disposable;
  /** Fires for changes in other windows too. */
  readonly onDidChange = this.#changes.event;
  #keys: readonly StoredKey[] = [];
  /** Nothing is read from or written to the storage any more. */
  #isSessionOnly = false;
  /** One change after the other: each reads what there is, since other windows change it too. */
  #work: Promise<unknown> = Promise.resolve();
  #loading: Promise<void> | undefined;

  /** `tell` shows a sentence to the user. */
  constructor(secrets: vscode.SecretStorage, tell: (message: string) => void) {
    this.#secrets = secrets;
    this.#tell = tell;
    this.#own = vscode.Disposable.from(
      this.#changes,
      secrets.onDidChange(({ key }) => {
        if (key === SECRET_NAME && this.#loading !== undefined) void this.#queue(() => this.#read());
      }),
    );
  }

  dispose(): void {
    this.#own.dispose();
  }

  /** What may be shown of the keys, in order of their names. */
  async list(): Promise<readonly KeySummary[]> {
    await this.#load();
    return this.known;
  }

  /** The same as far as it has been read, for views that cannot wait; onDidChange tells of more. */
  get known(): readonly KeySummary[] {
    return this.#keys.map(summaryOf).sort((one, other) => one.name.localeCompare(other.name));
  }

  /** The key of that name. Rejects when there is none. */
  async get(name: string): Promise<StoredKey> {
    await this.#load();
    return this.#find(name);
  }

  /** Adds a key; `replace` lets it take the place of one of the same name. Rejects when the name is taken or cannot be used. */
  async add(key: StoredKey, replace = false): Promise<KeySummary> {
    checkName(key.name);
    await this.#change((keys) => {
      const others = keys.filter(({ name }) => name !== key.name);
      if (others.length < keys.length && !replace) throw nameTaken(key.name);
      if (others.length >= MAX_STORED_KEYS) {
        throw new UserError(
          "too-many-keys",
          t("There are {0} keys already, which is the limit. Delete some first.", MAX_STORED_KEYS),
        );
      }
      return [...others, key];
    });
    return summaryOf(key);
  }

  async rename(from: string, to: string): Promise<void> {
    checkName(to);
    await this.get(from);
    await this.#change((keys) => {
      if (from !== to && keys.some(({ name }) => name === to)) throw nameTaken(to);
      return keys.map((key) => (key.name === from ? { ...key, name: to } : key));
    });
  }

  async remove(name: string): Promise<void> {
    await this.get(name);
    await this.#change((keys) => keys.filter((key) => key.name !== name));
  }

  /** All key pairs with their secret halves, by name. For the engine only. */
  async pairs(): Promise<readonly (CurvePair & { readonly name: string })[]> {
    await this.#load();
    return this.#keys.filter((key) => key.kind === "pair");
  }

  /** The keys that a tap refers to. Rejects with what is missing. */
  async resolve(names: SecurityNames): Promise<TapSecurity> {
    await this.#load();
    const security: TapSecurity = {
      clientLeg: names.clientLeg ?? null,
      serverLeg: names.serverLeg ?? null,
      serverPair: names.serverPair === undefined ? null : this.#pair(names.serverPair),
      serverKey: names.serverKey === undefined ? null : this.#publicKey(names.serverKey),
      clientPair: names.clientPair === undefined ? null : this.#pair(names.clientPair),
      clientPairs: Object.entries(names.clientPairs ?? {}).map(([client, pair]) => ({
        client: this.#publicKey(client),
        pair: this.#pair(pair),
      })),
      allow: names.allow?.map((key) => this.#publicKey(key)) ?? null,
      plain: names.plain === undefined ? null : this.#plain(names.plain),
    };
    const missing = missingPart(security);
    if (missing !== null) throw new UserError("keys-incomplete", MISSING[missing]);
    return security;
  }

  #find(name: string): StoredKey {
    const key = this.#keys.find((one) => one.name === name);
    if (key !== undefined) return key;
    throw new UserError(
      "keys-missing",
      t(
        'There is no key "{0}" in the key store of this machine. Import it with "Import Keys…", or choose other keys.',
        name,
      ),
    );
  }

  #pair(name: string): CurvePair {
    const key = this.#find(name);
    if (key.kind === "pair") return { publicKey: key.publicKey, secretKey: key.secretKey };
    throw new UserError(
      "keys-missing",
      t(
        'A key pair is needed, and "{0}" has no secret key. Import its secret half with "Import Keys…", or choose other keys.',
        name,
      ),
    );
  }

  /** A public key stands for itself, unless it turns out to be the secret half of a pair. */
  #publicKey(text: string): string {
    if (isCurveKey(text)) {
      if (!this.#keys.some((key) => key.kind === "pair" && key.secretKey === text)) return text;
      throw new UserError(
        "secret-as-public",
        t(
          "A secret key was given where a public key belongs. Others may have seen it: make a new pair, and give the name of the key.",
        ),
      );
    }
    const key = this.#find(text);
    if (key.kind !== "plain") return key.publicKey;
    throw new UserError("no-curve-key", t('"{0}" is a PLAIN user and no CURVE key. Choose a key.', text));
  }

  #plain(name: string): PlainUser {
    const key = this.#find(name);
    if (key.kind === "plain") return { user: key.user, password: key.password };
    throw new UserError("no-plain-user", t('"{0}" is no PLAIN user. Add one with "Add PLAIN User…".', name));
  }

  #load(): Promise<void> {
    this.#loading ??= this.#queue(() => this.#read());
    return this.#loading;
  }

  async #change(change: (keys: readonly StoredKey[]) => readonly StoredKey[]): Promise<void> {
    await this.#load();
    await this.#queue(async () => {
      await this.#read();
      const keys = change(this.#keys);
      if (!this.#isSessionOnly) await this.#write(formatStoredKeys(keys));
      this.#take(keys);
    });
  }

  #queue<T>(job: () => Promise<T>): Promise<T> {
    const done = this.#work.then(job);
    this.#work = done.catch(() => undefined); // Whoever asked for the job is told.
    return done;
  }

  async #read(): Promise<void> {
    if (this.#isSessionOnly) return;
    let text: string | undefined;
    try {
      text = await this.#secrets.get(SECRET_NAME);
    } catch {
      this.#giveUp(t("The secret storage of VS Code cannot be read."));
      return;
    }
    const keys = text === undefined ? [] : parseStoredKeys(text);
    if (keys !== null) this.#take(keys);
    else {
      this.#giveUp(t("The secret storage of VS Code holds keys of another version of ZMQ Tap, which were left alone."));
    }
  }

  /** No API says whether secrets are really kept, so what was written is read again. */
  async #write(text: string): Promise<void> {
    try {
      await this.#secrets.store(SECRET_NAME, text);
      if ((await this.#secrets.get(SECRET_NAME)) === text) return;
      this.#giveUp(t("The secret storage of VS Code does not keep what is written to it."));
    } catch {
      this.#giveUp(t("The secret storage of VS Code cannot be written."));
    }
  }

  #giveUp(why: string): void {
    if (this.#isSessionOnly) return;
    this.#isSessionOnly = true;
    const lasts = t("Keys last until this window closes; import them again after that, or set up a keyring.");
    this.#tell(`${why} ${lasts}`);
  }

  #take(keys: readonly StoredKey[]): void {
    const hasChanged = formatStoredKeys(keys) !== formatStoredKeys(this.#keys);
    this.#keys = keys;
    if (hasChanged) this.#changes.fire(undefined);
  }
}

const MISSING = {
  serverPair: t(
    'The tap has no key pair to show to CURVE clients. Choose one as "server key pair", or let its client leg speak NULL.',
  ),
  serverKey: t('The tap does not know the public key of its CURVE server. Choose one as "server key".'),
  plain: t('Only one side of the tap speaks PLAIN. Choose a PLAIN user, which "Add PLAIN User…" makes.'),
} as const;

function checkName(name: string): void {
  const problem = keyNameProblem(name);
  if (problem !== undefined) throw new UserError("bad-key-name", t("The name of the key cannot be used. {0}", problem));
}

function nameTaken(name: string): UserError {
  return new UserError("key-name-taken", t('There is a key "{0}" already. Choose another name.', name));
}
