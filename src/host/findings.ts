import * as vscode from "vscode";
import type { FindingId } from "../shared/findings.ts";
import { LIVE_CAPTURE } from "../shared/model.ts";
import { toRefusal } from "../shared/userError.ts";
import type { Engine } from "./engine.ts";
import type { FindingsView } from "./findingsView.ts";

/** The setting with the ids of findings that are switched off. */
const SETTING = "zmqTap.findings.disabledRules";

/** Tells each engine which findings are switched off, and loads the view Findings with the first notice of one. */
export class Findings implements vscode.Disposable {
  readonly #engine: Engine;
  readonly #log: vscode.LogOutputChannel;
  readonly #own: vscode.Disposable;
  #view: Promise<FindingsView | undefined> | undefined;
  /** Whether the engine that runs was told of any. */
  #hasTold = false;

  constructor(engine: Engine, log: vscode.LogOutputChannel) {
    this.#engine = engine;
    this.#log = log;
    this.#own = vscode.Disposable.from(
      engine.onDidStart(({ isAdopted }) => {
        this.#hasTold = isAdopted;
        this.#disable();
      }),
      engine.onDidNotify((notice) => {
        // From then on the view hears for itself.
        if (notice.kind === "findings/changed" && notice.capture === LIVE_CAPTURE) this.#view ??= this.#load(notice);
      }),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration(SETTING)) this.#disable();
      }),
    );
  }

  dispose(): void {
    this.#own.dispose();
    void this.#view?.then((view) => view?.dispose());
  }

  async #load(notice: Parameters<FindingsView["take"]>[0]): Promise<FindingsView | undefined> {
    try {
      const { FindingsView } = await import("./onDemand.ts");
      const view = new FindingsView(this.#engine, this.#log);
      view.take(notice);
      return view;
    } catch (error) {
      this.#log.error("The view Findings cannot be loaded.", error);
      return undefined;
    }
  }

  #disable(): void {
    const disabled = vscode.workspace.getConfiguration().get<readonly FindingId[]>(SETTING, []);
    if (!this.#engine.isRunning || (disabled.length === 0 && !this.#hasTold)) return;
    this.#hasTold = true;
    this.#engine
      .ask("findings/disable", { disabled: [...disabled] })
      .catch((error: unknown) => this.#log.error(toRefusal(error).message));
  }
}
