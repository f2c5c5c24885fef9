import * as vscode from "vscode";
import { type DialectName, DIALECTS } from "../shared/dialects.ts";
import type { DialectChoice } from "../shared/model.ts";
import { toRefusal } from "../shared/userError.ts";
import type { Engine } from "./engine.ts";
import type { Taps } from "./taps.ts";

const CHOICES_KEY = "zmqTap.dialects";
const MAX_CHOICES = 400;

/**
 * What the user says that channels speak: remembered with the workspace by the names of taps, and handed to each engine. A
 * tap's own setting counts where the user chose nothing else.
 */
export class DialectChoices implements vscode.Disposable {
  readonly #engine: Engine;
  readonly #taps: Taps;
  readonly #memory: vscode.Memento;
  readonly #log: vscode.LogOutputChannel;
  readonly #changes = new vscode.EventEmitter<undefined>();
  readonly #own: vscode.Disposable;
  /** What the running engine was told. */
  #told = "[]";
  /** Fires when rows may have to be read anew. */
  readonly onDidChange = this.#changes.event;

  constructor(engine: Engine, taps: Taps, memory: vscode.Memento, log: vscode.LogOutputChannel) {
    this.#engine = engine;
    this.#taps = taps;
    this.#memory = memory;
    this.#log = log;
    this.#own = vscode.Disposable.from(
      this.#changes,
      engine.onDidStart(({ isAdopted }) => {
        // Of another window an engine may have heard anything.
        this.#told = isAdopted ? "" : "[]";
        this.#tell();
      }),
      taps.onDidChange(() => this.#tell()),
    );
  }

  dispose(): void {
    this.#own.dispose();
  }

  /** The user's own choices. */
  get chosen(): readonly DialectChoice[] {
    const stored = this.#memory.get<unknown>(CHOICES_KEY, []);
    return Array.isArray(stored) ? stored.filter(isChoice) : [];
  }

  /** Remembers a choice; with `null` it is found out again, or as the tap's setting says. */
  async choose(tapName: string, sockets: string | null, dialect: DialectName | null): Promise<void> {
    const others = this.chosen.filter((choice) => choice.tapName !== tapName || choice.sockets !== sockets);
    const all = dialect === null ? others : [...others, { tapName, sockets, dialect }];
    await this.#memory.update(CHOICES_KEY, all.slice(-MAX_CHOICES));
    this.#tell();
  }

  #tell(): void {
    if (!this.#engine.isRunning) return;
    const { chosen } = this;
    const configured = this.#taps
      .list()
      .flatMap(({ config: { name, dialect } }) =>
        dialect === undefined || chosen.some((choice) => choice.tapName === name && choice.sockets === null)
          ? []
          : [{ tapName: name, sockets: null, dialect }],
      );
    const choices = [...chosen, ...configured];
    const text = JSON.stringify(choices);
    if (text === this.#told) return;
    this.#told = text;
    this.#engine.ask("dialect/choose", { choices }).then(
      () => this.#changes.fire(undefined),
      (error: unknown) => this.#log.error(toRefusal(error).message),
    );
  }
}

function isChoice(value: unknown): value is DialectChoice {
  if (typeof value !== "object" || value === null) return false;
  const { tapName, sockets, dialect } = value as Record<string, unknown>;
  return (
    typeof tapName === "string" &&
    (sockets === null || typeof sockets === "string") &&
    DIALECTS.some((name) => name === dialect)
  );
}
