import type { BridgeConfig, BridgeId, BridgeSecurity, BridgeState } from "../shared/bridges.ts";
import { UserError } from "../shared/userError.ts";
import { Bridge } from "./bridge/bridge.ts";
import { openContext, type SharedContext } from "./bridge/sharedContext.ts";
import type { Engine } from "./engine.ts";
import { Rate } from "./rate.ts";

/** Least time between two notices. */
const NOTICE_MS = 100;
/** While messages wait, how long they have is told this often. */
const WAITING_MS = 1_000;
const MAX_BRIDGES = 100;

type Entry = { bridge: Bridge; readonly rate: Rate };

/** The bridges of an engine. */
export class Bridges {
  readonly #engine: Engine;
  readonly #onChange: (bridges: readonly BridgeState[]) => void;
  readonly #entries = new Map<BridgeId, Entry>();
  #sockets: Promise<SharedContext> | undefined;
  #telling: NodeJS.Timeout | undefined;
  #waiting: NodeJS.Timeout | undefined;
  readonly #changed = (): void => {
    this.#telling ??= setTimeout(() => this.#tell(), NOTICE_MS);
  };

  /** `onChange` is told of all bridges when anything about one has changed, at most 10 times a second. */
  constructor(engine: Engine, onChange: (bridges: readonly BridgeState[]) => void) {
    this.#engine = engine;
    this.#onChange = onChange;
  }

  get states(): readonly BridgeState[] {
    return [...this.#entries.values()].map(stateOf);
  }

  /** Starts a bridge; one of the same id that does not run is started anew. Rejects with a UserError. */
  async start(config: BridgeConfig, security: BridgeSecurity, folder: string | null): Promise<BridgeState> {
    const before = this.#entries.get(config.id);
    if (before?.bridge.isRunning === true) return stateOf(before);
    if (before === undefined && this.#entries.size >= MAX_BRIDGES) throw tooMany();
    if (config.persist && folder === null) throw noFolder(config.name);
    const bridge = new Bridge({
      config,
      sockets: () => (this.#sockets ??= openContext()),
      security,
      folder,
      openLog: this.#engine.openSocketLog,
      onChange: this.#changed,
    });
    const entry = { bridge, rate: new Rate() };
    this.#entries.set(config.id, entry);
    // What was said is read from the first message on.
    await this.#engine.dialogue;
    await bridge.start();
    return stateOf(entry);
  }

  async stop(id: BridgeId): Promise<BridgeState> {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw noSuchBridge(id);
    await entry.bridge.stop();
    return stateOf(entry);
  }

  async remove(id: BridgeId): Promise<void> {
    await this.stop(id);
    this.#entries.delete(id);
    this.#changed();
  }

  /** Everything is told again. */
  tellAll(): void {
    this.#changed();
  }

  /** Stops all; nothing is told any more. */
  async end(): Promise<void> {
    await Promise.all([...this.#entries.values()].map(({ bridge }) => bridge.stop()));
    await (await this.#sockets)?.close();
    clearTimeout(this.#telling);
    clearTimeout(this.#waiting);
  }

  #tell(): void {
    this.#telling = undefined;
    const { states } = this;
    this.#onChange(states);
    // Rates must fall back to 0 on the screen after the traffic has stopped.
    if (states.some(({ messagesPerSecond }) => messagesPerSecond > 0)) this.#changed();
    if (!states.some(({ queue }) => queue.oldestMs > 0)) return;
    this.#waiting ??= setTimeout(() => {
      this.#waiting = undefined;
      this.#changed();
    }, WAITING_MS);
  }
}

function stateOf({ bridge, rate }: Entry): BridgeState {
  const { received, sent } = bridge.counters;
  return bridge.state(rate.perSecond(received + sent, performance.now()));
}

const noSuchBridge = (id: string): UserError =>
  new UserError("no-such-bridge", `There is no bridge "${id}". It may have been removed; start it again.`);

const tooMany = (): UserError =>
  new UserError("too-many-bridges", `${MAX_BRIDGES} bridges are there already. Remove one first.`);

const noFolder = (name: string): UserError =>
  new UserError(
    "no-queue-folder",
    `The bridge "${name}" keeps its queue on disk, and there is no folder for it. Open a folder, or turn "persist" off.`,
  );
