import * as vscode from "vscode";
import type { TapId, TapState } from "../shared/model.ts";
import type { Taps } from "./taps.ts";

/** Tells, once for each tap, that a link's greeting says CURVE and that the tap has no keys to read it with. */
export class CurveNotice implements vscode.Disposable {
  readonly #taps: Taps;
  readonly #offer: (tap: TapState) => void;
  readonly #told = new Set<TapId>();
  readonly #own: vscode.Disposable;

  constructor(taps: Taps, offer: (tap: TapState) => void = offerKeys) {
    this.#taps = taps;
    this.#offer = offer;
    this.#own = taps.onDidChange(() => this.#look());
  }

  dispose(): void {
    this.#own.dispose();
  }

  #look(): void {
    for (const id of this.#told) if (!this.#taps.has(id)) this.#told.delete(id);
    for (const tap of this.#taps.list()) {
      const { id, security } = tap.config;
      if (security !== undefined || this.#told.has(id)) continue;
      if (!tap.links.some(({ mechanism }) => mechanism === "CURVE")) continue;
      this.#told.add(id);
      this.#offer(tap);
    }
  }
}

function offerKeys({ config: { id, name } }: TapState): void {
  const choose = "Choose Keys…";
  const importKeys = "Import Keys…";
  void vscode.window
    .showInformationMessage(`"${name}" speaks CURVE; its messages cannot be read without keys.`, choose, importKeys)
    .then((choice) => {
      if (choice === choose) void vscode.commands.executeCommand("zmqTap.setTapKeys", { tap: id });
      if (choice === importKeys) void vscode.commands.executeCommand("zmqTap.importKeys");
    });
}
