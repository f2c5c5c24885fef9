import * as vscode from "vscode";
import { type DialectName, DIALECTS } from "../shared/dialects.ts";
import { usesKey, withKeyRenamed } from "../shared/keys/keyUses.ts";
import { isEmptySecurity, readSecurityNames } from "../shared/keys/securityNames.ts";
import { t } from "../shared/l10n.ts";
import type { DestinationKeys, SecurityNames, TapSecurity } from "../shared/security.ts";
import type { TapConfig, TapId, TapState } from "../shared/model.ts";
import { readSocks, type SocksConfig, withDestinationKeys } from "../shared/socks.ts";
import { readStandIn } from "../shared/standIn.ts";
import { withCaptured } from "../shared/tapConfig.ts";
import { toRefusal, UserError } from "../shared/userError.ts";
import type { Engine } from "./engine.ts";
import type { KeyStore } from "./keyStore.ts";
import { confirmListen } from "./openListening.ts";

/** Who wants a tap: taps of the demo end with it, all others come back after a reload. */
export type TapOwner = "user" | "settings" | "demo";

type Entry = {
  /** With the endpoint really listened on, once there is one, so that a restart takes the same. */
  config: TapConfig;
  readonly owner: TapOwner;
  /** Whether it shall run, whatever state it is in. */
  isWanted: boolean;
  state: TapState;
  /** It failed because the key store lacks its keys, and starts again once they are there. */
  lacksKeys: boolean;
};

const REMEMBERED_KEY = "zmqTap.running";
const MAX_REMEMBERED = 100;

export type StartOptions = {
  readonly owner: TapOwner;
  /** The user agreed to listen beyond loopback. */
  readonly confirmed?: boolean;
  /** A tap that does not start is kept in the list with its problem, instead of being forgotten. */
  readonly keepFailed: boolean;
};

/** A tap of an engine that was adopted, and what the window knows of it. */
export type AdoptedTap = { readonly state: TapState; readonly config: TapConfig; readonly owner: TapOwner };

/** The taps of this window: what the user wants, and what the engine says about it. */
export class Taps implements vscode.Disposable {
  readonly #engine: Engine;
  readonly #memory: vscode.Memento;
  readonly #keys: KeyStore;
  readonly #entries = new Map<TapId, Entry>();
  readonly #changes = new vscode.EventEmitter<undefined>();
  readonly #own: vscode.Disposable;
  readonly onDidChange = this.#changes.event;
  #rememberedText = "";

  constructor(engine: Engine, memory: vscode.Memento, keys: KeyStore) {
    this.#engine = engine;
    this.#memory = memory;
    this.#keys = keys;
    this.#own = vscode.Disposable.from(
      this.#changes,
      engine.onDidNotify((notice) => {
        if (notice.kind === "tap/changed") this.#update(notice.taps);
      }),
      keys.onDidChange(() => void this.#startWithNewKeys()),
    );
  }

  dispose(): void {
    this.#own.dispose();
  }

  list(): readonly TapState[] {
    return [...this.#entries.values()].map((entry) => entry.state);
  }

  /** The tap of that id, else the first of that name. Throws when there is none. */
  find(idOrName: string): TapState {
    const entry =
      this.#entries.get(idOrName) ?? [...this.#entries.values()].find((one) => one.config.name === idOrName);
    if (entry !== undefined) return entry.state;
    throw new UserError(
      "no-such-tap",
      t('There is no tap "{0}". Look into the view Taps for those there are.', idOrName),
    );
  }

  has(tap: TapId): boolean {
    return this.#entries.has(tap);
  }

  /** Who wants a tap. Throws when it is gone. */
  ownerOf(id: TapId): TapOwner {
    return this.#entry(id).owner;
  }

  /** Ids of the taps of one owner. */
  ownedBy(owner: TapOwner): readonly TapId[] {
    return [...this.#entries].filter(([, entry]) => entry.owner === owner).map(([id]) => id);
  }

  /** Starts a tap. Rejects with what failed, why and what to do. */
  async start(config: TapConfig, options: StartOptions): Promise<TapState> {
    const state = idleState(config, "starting", null);
    const entry: Entry = { config, owner: options.owner, isWanted: true, lacksKeys: false, state };
    this.#entries.set(config.id, entry);
    this.#changed();
    try {
      await this.#confirmListen(config, options.confirmed === true);
      return await this.#run(entry);
    } catch (error) {
      if (!options.keepFailed) await this.remove(config.id);
      throw error;
    }
  }

  /** Takes over taps that an engine runs which was adopted; `all` are its states, those of destinations too. */
  adopt(taken: readonly AdoptedTap[], all: readonly TapState[]): void {
    for (const { state, config, owner } of taken) {
      const known = withCaptured(config, state.config.isCaptured !== false);
      const entry: Entry = { config: known, owner, isWanted: isRunning(state), lacksKeys: false, state };
      this.#entries.set(config.id, entry);
    }
    this.#update(all);
  }

  /** Starts a stopped or failed tap again, on the endpoint it had. */
  async restart(id: TapId): Promise<TapState> {
    const entry = this.#entry(id);
    await this.#confirmListen(entry.config, false);
    entry.isWanted = true;
    return this.#run(entry);
  }

  /** A stopped SOCKS server has no destinations; one of these is only ended, since its next client opens it again. */
  async stop(id: TapId): Promise<TapState> {
    const entry = this.#entry(id);
    if (entry.config.door !== undefined) {
      await this.remove(id);
      return { ...entry.state, status: "stopped" };
    }
    entry.isWanted = false;
    this.#forgetDestinations(id);
    if (this.#engine.isRunning) this.#take(entry, await this.#engine.ask("tap/stop", { tap: id }));
    else
      entry.state = {
        ...idleState(entry.config, "stopped", null),
        messages: entry.state.messages,
        bytes: entry.state.bytes,
      };
    this.#changed();
    return entry.state;
  }

  async stopAll(): Promise<void> {
    for (const [id, entry] of this.#entries) if (entry.isWanted) await this.stop(id);
  }

  /** Stops a tap and forgets it. What was captured stays in the log. */
  async remove(id: TapId): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    this.#forgetDestinations(id);
    this.#changed();
    if (this.#engine.isRunning) {
      try {
        await this.#engine.ask("tap/remove", { tap: id });
      } catch (error) {
        // The engine does not know a tap that never started, or it has just ended: either way the tap is gone.
        if (!(error instanceof UserError)) throw error;
      }
    }
  }

  /** Names of the key pairs that are the server's, by what CURVE clients of this tap said. */
  async fittingPairs(id: TapId): Promise<readonly string[]> {
    const pairs = await this.#keys.pairs();
    if (pairs.length === 0 || !this.#engine.isRunning) return [];
    const given = pairs.map(({ publicKey, secretKey }) => ({ publicKey, secretKey }));
    const fitting = await this.#engine.ask("tap/fit", { tap: id, pairs: given });
    return pairs.filter(({ publicKey }) => fitting.includes(publicKey)).map(({ name }) => name);
  }

  /** Points a tap at another server; open links stay with the old one. */
  async retarget(id: TapId, server: string): Promise<TapState> {
    const entry = this.#entry(id);
    if (this.#engine.isRunning) this.#take(entry, await this.#engine.ask("tap/retarget", { tap: id, server }));
    entry.config = { ...entry.config, server };
    entry.state = { ...entry.state, config: { ...entry.state.config, server } };
    this.#changed();
    return entry.state;
  }

  /** Stops capturing what a tap relays, or starts it again. It stays so when the tap is started anew. */
  async capture(id: TapId, on: boolean): Promise<TapState> {
    const entry = this.#entry(id);
    if (this.#engine.isRunning && isRunning(entry.state))
      this.#take(entry, await this.#engine.ask("tap/capture", { tap: id, on }));
    entry.config = withCaptured(entry.config, on);
    entry.state = { ...entry.state, config: withCaptured(entry.state.config, on) };
    this.#changed();
    return entry.state;
  }

  /** Adds a subscriber of the tap's own to all topics, or takes it away. Rejects when its server is no publisher. */
  async watchAll(id: TapId, on: boolean): Promise<TapState> {
    const entry = this.#entry(id);
    this.#take(entry, await this.#engine.ask("tap/watchAll", { tap: id, on }));
    this.#changed();
    return entry.state;
  }

  /** Gives a tap other keys, for links that come from now on; `null` takes them away. Rejects when one is missing. */
  async secure(id: TapId, names: SecurityNames | null): Promise<TapState> {
    const entry = this.#entry(id);
    const security = names === null || isEmptySecurity(names) ? undefined : names;
    const keys = security === undefined ? null : await this.#keys.resolve(security);
    if (this.#engine.isRunning && isRunning(entry.state))
      this.#take(entry, await this.#engine.ask("tap/secure", { tap: id, security: keys }));
    this.#setSecurity(entry, security);
    for (const destination of this.#destinationsOf(id)) this.#takeKeysOfDoor(destination, entry);
    if (entry.lacksKeys && entry.isWanted) return this.#run(entry);
    this.#changed();
    return entry.state;
  }

  /** Gives a tap another start filter, which views that are opened from now on begin with; none with `undefined`. */
  setFilter(id: TapId, filter: string | undefined): void {
    const entry = this.#entry(id);
    entry.config = withFilter(entry.config, filter);
    entry.state = { ...entry.state, config: withFilter(entry.state.config, filter) };
    this.#changed();
  }

  /** What a tap's channels speak by its setting; found out with `undefined`. */
  setDialect(id: TapId, dialect: DialectName | undefined): void {
    const entry = this.#entry(id);
    entry.config = withDialect(entry.config, dialect);
    entry.state = { ...entry.state, config: withDialect(entry.state.config, dialect) };
    this.#changed();
  }

  /** The user's word on a CURVE client that waits. A client that is let in is remembered in the tap's allow-list. */
  async admit(id: TapId, client: string, allow: boolean): Promise<TapState> {
    const entry = this.#entry(id);
    this.#take(entry, await this.#engine.ask("tap/admit", { tap: id, client, allow }));
    const { security } = entry.config;
    if (security?.allow !== undefined) {
      const name = this.#keys.known.find(({ publicKey }) => publicKey === client)?.name ?? client;
      const others = security.allow.filter((one) => one !== name && one !== client);
      this.#setSecurity(entry, { ...security, allow: allow ? [...others, name] : others });
    }
    this.#changed();
    return entry.state;
  }

  /** The taps that refer to a key, by its name or by itself. */
  usersOf(name: string, publicKey: string | null): readonly TapState[] {
    return this.list().filter(({ config: { security = {}, socks } }) =>
      [security, ...Object.values(socks?.keys ?? {})].some((names) => usesKey(names, name, publicKey)),
    );
  }

  /** Follows a key that got another name. Taps of the settings keep the names that stand there. */
  keyRenamed(from: string, to: string): void {
    for (const entry of this.#entries.values()) {
      const { security } = entry.config;
      if (security !== undefined && entry.owner !== "settings")
        this.#setSecurity(entry, withKeyRenamed(security, from, to));
      const { socks } = entry.config;
      for (const [destination, names] of Object.entries(socks?.keys ?? {}))
        this.#setSocks(entry, withDestinationKeys(entry.config.socks!, destination, withKeyRenamed(names, from, to)));
    }
    this.#changed();
  }

  /** Starts every wanted tap in a new engine, each on the endpoint it had. Says which came back and which did not. */
  async reattach(): Promise<{ readonly back: readonly TapState[]; readonly failed: readonly TapState[] }> {
    const wanted = [...this.#entries.values()].filter((entry) => entry.isWanted);
    const back: TapState[] = [];
    const failed: TapState[] = [];
    for (const entry of wanted) {
      try {
        back.push(await this.#run(entry));
      } catch {
        failed.push(entry.state); // Its problem is in its state, which the caller reports.
      }
    }
    return { back, failed };
  }

  /** The engine is gone: what it said about links and rates is no longer so. */
  engineEnded(): void {
    for (const id of [...this.#entries.keys()]) this.#forgetDestinations(id);
    for (const entry of this.#entries.values()) {
      entry.state = idleState(entry.config, entry.isWanted ? "starting" : "stopped", null);
    }
    this.#changed();
  }

  /** The wanted taps that have not come back, as failed, for an engine that is not started again. */
  giveUp(problem: string): void {
    for (const entry of this.#entries.values()) {
      if (entry.isWanted) entry.state = idleState(entry.config, "failed", problem);
    }
    this.#changed();
  }

  /** Taps that ran in this workspace when the window was last closed or reloaded. */
  remembered(): readonly TapConfig[] {
    const stored = this.#memory.get<unknown>(REMEMBERED_KEY);
    return Array.isArray(stored) ? (stored as readonly unknown[]).flatMap(readTapConfig) : [];
  }

  #entry(id: TapId): Entry {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new UserError("no-such-tap", t("This tap was removed. Attach a new one."));
    return entry;
  }

  async #run(entry: Entry): Promise<TapState> {
    entry.lacksKeys = false;
    try {
      const secrets = await this.#secretsOf(entry);
      const { socks } = entry.config;
      const named = withFilter(withSecurity(entry.config, undefined), undefined);
      const config = withSocks(named, socks && { allow: socks.allow });
      const endsWithHost = entry.owner === "demo";
      const state = await this.#engine.ask("tap/start", { config, ...secrets, endsWithHost });
      this.#take(entry, state);
      this.#changed();
      if (state.status === "failed")
        throw new UserError("tap-failed", state.problem ?? t('The tap "{0}" failed.', entry.config.name));
      return entry.state;
    } catch (error) {
      if (entry.state.status !== "failed") entry.state = idleState(entry.config, "failed", toRefusal(error).message);
      this.#changed();
      throw error;
    }
  }

  /** What a tap needs that is kept elsewhere: keys of the store, or of the connection file that it was made from. */
  async #secretsOf(
    entry: Entry,
  ): Promise<{ security: TapSecurity | null; dialectKey?: string; destinations?: readonly DestinationKeys[] }> {
    const { security: names, connectionFile, socks } = entry.config;
    if (connectionFile !== undefined) {
      const { connectionSecrets } = await import("./connectionFiles.ts");
      return connectionSecrets(connectionFile);
    }
    const security = names === undefined ? null : await this.#resolve(entry, names);
    if (socks?.keys === undefined) return { security };
    const destinations: DestinationKeys[] = [];
    for (const [pattern, own] of Object.entries(socks.keys)) {
      destinations.push({ pattern, security: isEmptySecurity(own) ? null : await this.#resolve(entry, own) });
    }
    return { security, destinations };
  }

  async #resolve(entry: Entry, names: SecurityNames): Promise<TapSecurity> {
    try {
      return await this.#keys.resolve(names);
    } catch (error) {
      entry.lacksKeys = error instanceof UserError && error.code === "keys-missing";
      throw error;
    }
  }

  /** Taps that failed for want of keys, as soon as they can have them. */
  async #startWithNewKeys(): Promise<void> {
    for (const entry of [...this.#entries.values()]) {
      if (!entry.lacksKeys || !entry.isWanted) continue;
      try {
        await this.#run(entry);
      } catch {
        // Its state says what is still missing.
      }
    }
  }

  #setSecurity(entry: Entry, security: SecurityNames | undefined): void {
    entry.config = withSecurity(entry.config, security);
    entry.state = { ...entry.state, config: withSecurity(entry.state.config, security) };
    const door = this.#entries.get(entry.config.door ?? "");
    if (door?.config.socks === undefined) return;
    // No keys at all are another thing than those of all destinations, where there are any.
    const own = security ?? (door.config.security === undefined ? undefined : {});
    this.#setSocks(door, withDestinationKeys(door.config.socks, entry.config.server, own));
  }

  #setSocks(entry: Entry, socks: SocksConfig): void {
    entry.config = { ...entry.config, socks };
    entry.state = { ...entry.state, config: { ...entry.state.config, socks } };
  }

  #destinationsOf(door: TapId): readonly Entry[] {
    return [...this.#entries.values()].filter(({ config }) => config.door === door);
  }

  #forgetDestinations(door: TapId): void {
    for (const { config } of this.#destinationsOf(door)) this.#entries.delete(config.id);
  }

  /** The keys that a destination's tap has in the engine, by what is known of its SOCKS server. */
  #takeKeysOfDoor(entry: Entry, { config: { security, socks } }: Entry): void {
    const own = socks?.keys?.[entry.config.server] ?? security;
    const names = own === undefined || isEmptySecurity(own) ? undefined : own;
    entry.config = withSecurity(entry.config, names);
    entry.state = { ...entry.state, config: withSecurity(entry.state.config, names) };
  }

  #update(states: readonly TapState[]): void {
    for (const state of states) {
      const entry = this.#entries.get(state.config.id) ?? this.#newDestination(state);
      if (entry !== undefined) this.#take(entry, state);
    }
    const known = new Set(states.map(({ config }) => config.id));
    for (const { config } of [...this.#entries.values()])
      if (config.door !== undefined && !known.has(config.id)) this.#entries.delete(config.id);
    this.#changed();
  }

  /** An entry for a tap that a SOCKS server has made; it comes and goes with that. */
  #newDestination(state: TapState): Entry | undefined {
    const { config } = state;
    const door = this.#entries.get(config.door ?? "");
    if (door === undefined || !isRunning(door.state)) return undefined;
    const entry: Entry = { config, owner: door.owner, isWanted: false, lacksKeys: false, state };
    this.#takeKeysOfDoor(entry, door);
    this.#entries.set(config.id, entry);
    return entry;
  }

  /** The engine knows nothing of the names of keys, of start filters and of settings of dialects, so they are put back. */
  #take(entry: Entry, state: TapState): void {
    const { security, filter, dialect, socks } = entry.config;
    const config = withDialect(withFilter(withSecurity(state.config, security), filter), dialect);
    entry.state = { ...state, config: withSocks(config, socks) };
    if (state.listening !== "") entry.config = { ...entry.config, listen: state.listening };
  }

  async #confirmListen(config: TapConfig, isConfirmed: boolean): Promise<void> {
    if (isConfirmed) return;
    const what = t('tap "{0}"', config.name);
    await confirmListen(this.#memory, { endpoint: config.listen, what, reached: reached(config) });
  }

  #changed(): void {
    this.#remember();
    this.#changes.fire(undefined);
  }

  #remember(): void {
    const running = [...this.#entries.values()]
      .filter((entry) => entry.isWanted && entry.owner !== "demo")
      .map((entry) => entry.config)
      .slice(0, MAX_REMEMBERED);
    const text = JSON.stringify(running);
    if (text === this.#rememberedText) return;
    this.#rememberedText = text;
    void this.#memory.update(REMEMBERED_KEY, running);
  }
}

/** What clients of a tap come to. */
function reached({ server, standIn, socks }: TapConfig): string {
  if (socks !== undefined) {
    const allowed = socks.allow.join(", ") || t("nothing, so it will not start");
    return t("what is allowed there: {0}", allowed);
  }
  if (standIn === undefined) return server;
  return standIn.kind === "answers"
    ? t("a server of ZMQ Tap that answers calls")
    : t("a socket of ZMQ Tap that takes signals");
}

function idleState(config: TapConfig, status: TapState["status"], problem: string | null): TapState {
  return {
    config,
    status,
    listening: "",
    problem,
    messages: 0,
    bytes: 0,
    messagesPerSecond: 0,
    links: [],
    moreLinks: 0,
    failing: [],
    speaksCurve: false,
    waiting: [],
  };
}

function withSecurity(config: TapConfig, security: SecurityNames | undefined): TapConfig {
  const copy: { -readonly [K in keyof TapConfig]: TapConfig[K] } = { ...config };
  if (security === undefined) delete copy.security;
  else copy.security = security;
  return copy;
}

function withSocks(config: TapConfig, socks: SocksConfig | undefined): TapConfig {
  return socks === undefined ? config : { ...config, socks };
}

function withFilter(config: TapConfig, filter: string | undefined): TapConfig {
  const copy: { -readonly [K in keyof TapConfig]: TapConfig[K] } = { ...config };
  if (filter === undefined) delete copy.filter;
  else copy.filter = filter;
  return copy;
}

function withDialect(config: TapConfig, dialect: DialectName | undefined): TapConfig {
  const copy: { -readonly [K in keyof TapConfig]: TapConfig[K] } = { ...config };
  if (dialect === undefined) delete copy.dialect;
  else copy.dialect = dialect;
  return copy;
}

function isRunning({ status }: TapState): boolean {
  return status !== "stopped" && status !== "failed";
}

/** The tap that was remembered; none when it cannot be used. */
function readTapConfig(value: unknown): readonly TapConfig[] {
  if (!isTapConfig(value)) return [];
  // Without its keys, or its own server, the tap would be another one.
  const { security: names, standIn: own, socks: door, ...known } = value;
  const config = withCaptured(known, known.isCaptured !== false);
  const security = names === undefined ? undefined : readSecurityNames(names);
  const standIn = own === undefined ? undefined : readStandIn(own);
  const socks = door === undefined ? undefined : readSocks(door);
  if ((security !== undefined && "problem" in security) || standIn === null || socks === null) return [];
  return [{ ...config, ...(security && { security }), ...(standIn && { standIn }), ...(socks && { socks }) }];
}

function isTapConfig(value: unknown): value is TapConfig {
  if (typeof value !== "object" || value === null) return false;
  const {
    id,
    name,
    server,
    listen,
    filter = "",
    connectionFile = "",
    dialect = "raw",
  } = value as Record<string, unknown>;
  return (
    [id, name, server, listen].every((part) => typeof part === "string" && part !== "") &&
    [filter, connectionFile].every((part) => typeof part === "string") &&
    DIALECTS.some((known) => known === dialect)
  );
}
