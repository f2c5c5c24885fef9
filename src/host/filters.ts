import * as vscode from "vscode";
import { t } from "../shared/l10n.ts";
import { mergeFilters, readFilterHistory, readSavedFilters, withApplied, withFilter } from "../shared/savedFilters.ts";
import { UserError } from "../shared/userError.ts";
import type { SavedFilter } from "../shared/viewProtocol.ts";

const SAVED_KEY = "zmqTap.filters";
const HISTORY_KEY = "zmqTap.filterHistory";

/** The filters that the user saved in this workspace or has in the settings, and those that were applied. */
export class Filters implements vscode.Disposable {
  readonly #memory: vscode.Memento;
  readonly #fromSettings: () => readonly SavedFilter[];
  readonly #changes = new vscode.EventEmitter<undefined>();
  readonly #own: vscode.Disposable;
  readonly onDidChange = this.#changes.event;

  constructor(memory: vscode.Memento, fromSettings: () => readonly SavedFilter[]) {
    this.#memory = memory;
    this.#fromSettings = fromSettings;
    this.#own = vscode.Disposable.from(
      this.#changes,
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration("zmqTap.filters")) this.#changes.fire(undefined);
      }),
    );
  }

  dispose(): void {
    this.#own.dispose();
  }

  /** Those of the workspace hide those of the settings that have their names. */
  get saved(): readonly SavedFilter[] {
    return mergeFilters(this.#ownFilters, this.#fromSettings());
  }

  /** Newest first. */
  get history(): readonly string[] {
    return readFilterHistory(this.#memory.get<unknown>(HISTORY_KEY));
  }

  /** Saves a filter under its name, or forgets the one of that name when its text is empty. */
  async save(filter: SavedFilter): Promise<void> {
    const own = this.#ownFilters;
    const isOwn = own.some(({ name }) => name === filter.name);
    if (filter.text === "" && !isOwn && this.saved.some(({ name }) => name === filter.name)) {
      throw new UserError(
        "filter-of-settings",
        t('The filter "{0}" stands in the settings. Take it out of "zmqTap.filters.saved".', filter.name),
      );
    }
    await this.#memory.update(SAVED_KEY, withFilter(own, filter));
    this.#changes.fire(undefined);
  }

  /** Remembers an expression that was applied. */
  async applied(text: string): Promise<void> {
    if (text === "" || this.history[0] === text) return;
    await this.#memory.update(HISTORY_KEY, withApplied(this.history, text));
    this.#changes.fire(undefined);
  }

  get #ownFilters(): readonly SavedFilter[] {
    return readSavedFilters(this.#memory.get<unknown>(SAVED_KEY));
  }
}
