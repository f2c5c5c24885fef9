import * as vscode from "vscode";
import { t } from "../shared/l10n.ts";
import type { TapId, TapState } from "../shared/model.ts";
import type { Taps } from "./taps.ts";

/** Tells, once for each tap, that a client of it speaks CURVE and that the tap has no keys to read it with. */
export class CurveNotice implements vscode.Disposable {
  readonly #taps: Taps;
  readonly #offer: (tap: TapState, fitting: string | undefined) => void;
  readonly #told = new Set<TapId>();
  readonly #own: vscode.Disposable;

  /** `offer` gets the name of a key pair that fits, where there is one. */
  constructor(taps: Taps, offer: (tap: TapState, fitting: string | undefined) => void = offerKeys) {
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
      if (security !== undefined || !tap.speaksCurve || this.#told.has(id)) continue;
      this.#told.add(id);
      void this.#tell(tap);
    }
  }

  async #tell(tap: TapState): Promise<void> {
    // Finding none is no reason to say nothing: the tap may be gone meanwhile, and the offer then leads nowhere.
    const [fitting] = await this.#taps.fittingPairs(tap.config.id).catch(() => []);
    this.#offer(tap, fitting);
  }
}

function offerKeys({ config: { id, name } }: TapState, fitting: string | undefined): void {
  const use = t('Use "{0}"', fitting ?? "");
  const choose = t("Choose Keys…");
  const importKeys = t("Import Keys…");
  const [message, ...buttons] =
    fitting === undefined
      ? [t('"{0}" speaks CURVE; its messages cannot be read without keys.', name), choose, importKeys]
      : [
          t('"{0}" speaks CURVE, and your key pair "{1}" fits: with it its messages can be read.', name, fitting),
          use,
          choose,
        ];
  void vscode.window.showInformationMessage(message, ...buttons).then((choice) => {
    if (choice === use) {
      void vscode.commands.executeCommand("zmqTap.setTapKeys", { tap: id, security: { serverPair: fitting } });
    }
    if (choice === choose) void vscode.commands.executeCommand("zmqTap.setTapKeys", { tap: id });
    if (choice === importKeys) void vscode.commands.executeCommand("zmqTap.importKeys");
  });
}
