import * as vscode from "vscode";
import type { ShownResult } from "../shared/zmqrpc/resultText.ts";

const ENVIRONMENT_KEY = "zmqTap.callEnvironment";
/** Files whose results are kept. */
const MAX_FILES = 200;

type Results = {
  /** What the last run sent, in order. */
  shown: readonly ShownResult[];
  /** The last result of each call, by name. */
  readonly last: Map<string, ShownResult>;
  /** Values that replies brought, for the calls after them. */
  readonly saved: Map<string, unknown>;
  /** Ids of calls under way, to cancel by. */
  readonly underWay: Set<string>;
  /** Told to runs that have further calls to send. */
  cancelled: AbortController;
};

/** What is known of the calls of call files while the window is open: the environment, results, and what is under way. */
export class Calls implements vscode.Disposable {
  readonly #memory: vscode.Memento;
  readonly #files = new Map<string, Results>();
  readonly #changes = new vscode.EventEmitter<vscode.Uri | null>();
  /** Fires with the file whose results changed; `null` when the environment did. */
  readonly onDidChange = this.#changes.event;

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
  }

  dispose(): void {
    for (const { cancelled } of this.#files.values()) cancelled.abort();
    this.#changes.dispose();
  }

  /** The environment that is chosen for the workspace; `null` for none. */
  get environment(): string | null {
    return this.#memory.get<string | null>(ENVIRONMENT_KEY) ?? null;
  }

  async choose(environment: string | null): Promise<void> {
    await this.#memory.update(ENVIRONMENT_KEY, environment ?? undefined);
    this.#changes.fire(null);
  }

  /** What the last run of a file's calls came to. */
  shown(file: vscode.Uri): readonly ShownResult[] {
    return this.#files.get(file.toString())?.shown ?? [];
  }

  /** The last result of a call; its `result` is `null` while it is under way. */
  last(file: vscode.Uri, name: string): ShownResult | undefined {
    return this.#files.get(file.toString())?.last.get(name);
  }

  saved(file: vscode.Uri): ReadonlyMap<string, unknown> {
    return this.#results(file).saved;
  }

  isUnderWay(file: vscode.Uri): boolean {
    return (this.#files.get(file.toString())?.underWay.size ?? 0) > 0;
  }

  /** Begins a run, in place of what the last one came to. Its signal ends when the user cancels it. */
  begin(file: vscode.Uri): AbortSignal {
    const results = this.#results(file);
    results.shown = [];
    if (results.cancelled.signal.aborted) results.cancelled = new AbortController();
    return results.cancelled.signal;
  }

  /** A call is under way as `id`. */
  sent(file: vscode.Uri, id: string, shown: ShownResult): void {
    const results = this.#results(file);
    results.underWay.add(id);
    this.#show(results, shown);
    this.#changes.fire(file);
  }

  ended(file: vscode.Uri, id: string, shown: ShownResult): void {
    const results = this.#results(file);
    results.underWay.delete(id);
    for (const [name, value] of shown.result?.saved ?? []) results.saved.set(name, value);
    this.#show(results, shown);
    this.#changes.fire(file);
  }

  /** A call ended with a bug, which is reported elsewhere. */
  failed(file: vscode.Uri, id: string, name: string): void {
    const results = this.#results(file);
    results.underWay.delete(id);
    results.shown = results.shown.filter((one) => one.name !== name);
    results.last.delete(name);
    this.#changes.fire(file);
  }

  /** Ends the runs of a file; answers with the ids of the calls that are under way. */
  cancel(file: vscode.Uri): readonly string[] {
    const results = this.#files.get(file.toString());
    results?.cancelled.abort();
    return [...(results?.underWay ?? [])];
  }

  #show(results: Results, shown: ShownResult): void {
    const place = results.shown.findIndex(({ name }) => name === shown.name);
    results.shown = place < 0 ? [...results.shown, shown] : results.shown.with(place, shown);
    results.last.set(shown.name, shown);
  }

  #results(file: vscode.Uri): Results {
    const key = file.toString();
    let results = this.#files.get(key);
    if (results === undefined) {
      results = { shown: [], last: new Map(), saved: new Map(), underWay: new Set(), cancelled: new AbortController() };
      this.#files.set(key, results);
      const [oldest] = this.#files.keys();
      if (this.#files.size > MAX_FILES && oldest !== undefined) this.#files.delete(oldest);
    }
    return results;
  }
}
