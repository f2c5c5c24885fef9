import * as vscode from "vscode";
import { t } from "../shared/l10n.ts";
import type { CaptureId } from "../shared/model.ts";
import { UserError } from "../shared/userError.ts";
import type { ViewNotice } from "../shared/viewProtocol.ts";
import type { CaptureSource } from "./captureSource.ts";
import type { CommandArguments } from "./commandArguments.ts";
import type { Bridges } from "./bridges.ts";
import type { DialectChoices } from "./dialectChoices.ts";
import type { Display, Surface } from "./display.ts";
import type { Engine } from "./engine.ts";
import type { Filters } from "./filters.ts";
import { ownReply } from "./ownBytes.ts";
import { tapsShape } from "./tapsShape.ts";
import type { Taps } from "./taps.ts";

/** An open view of a capture, as commands know it. */
export type View = {
  /** Told to the page, which hands it over with its menus: several views may be of one kind. */
  readonly id: number;
  readonly surface: Surface;
  readonly source: CaptureSource;
  /** The row that commands of the palette act on. */
  activeRow: number | null;
  readonly selected: readonly number[];
  /** The expression that is applied; empty for none. */
  readonly filter: string;
  /** How many rows that lets through, as far as is known. */
  readonly hits: number | null;
  /**
   * Tells the view, if it is there to hear it. With `capture/reset` no row is active or selected any more and its filters
   * have ended, heard or not.
   */
  notify(notice: ViewNotice): void;
  /** Brings the view to the front and tells it as soon as it can hear. */
  tell(notice: ViewNotice): Promise<void>;
};

/** Counts and rates alone are told only this often, since the views show them from other sources. */
const TRAFFIC_INTERVAL_MS = 1_000;

type Followed = {
  readonly engine: Engine;
  readonly taps: Taps;
  readonly bridges: Bridges;
  readonly display: Display;
  readonly filters: Filters;
  readonly dialects: DialectChoices;
};

/** The open views, and which of them was used last. */
export class Views {
  readonly #views = new Map<number, View>();
  #lastUsed: View | undefined;
  #ids = 0;

  /** An id for a view that is made now. */
  nextId(): number {
    return ++this.#ids;
  }

  add(view: View): vscode.Disposable {
    this.#views.set(view.id, view);
    return new vscode.Disposable(() => {
      this.#views.delete(view.id);
      if (this.#lastUsed === view) this.#lastUsed = undefined;
    });
  }

  /** The user did something in this view: commands without arguments mean it. */
  use(view: View): void {
    this.#lastUsed = view;
  }

  /**
   * The view that a command means: the one of its arguments, else the one that was used last, else one of the live
   * capture. `undefined` when there is none. Throws when the one of its arguments is gone.
   */
  find({ view, webview }: CommandArguments): View | undefined {
    if (view !== undefined) {
      const found = this.#views.get(view);
      if (found === undefined) throw viewGone();
      return found;
    }
    const live = [...this.#views.values()].filter(({ source }) => source.file === null);
    if (webview === undefined) return this.#lastUsed ?? live[0];
    return live.find(({ surface }) => `zmqTap.${surface}` === webview);
  }

  /** Tells every view that is there to hear it; one that is not asks for everything when it comes back. */
  notify(notice: ViewNotice): void {
    for (const view of this.#views.values()) view.notify(notice);
  }

  /** Tells the views of the live capture. */
  notifyLive(notice: ViewNotice): void {
    for (const view of this.#views.values()) if (view.source.file === null) view.notify(notice);
  }

  /** Tells the views of one capture. */
  notifyCapture(capture: CaptureId, notice: ViewNotice): void {
    for (const view of this.#views.values()) if (view.source.current === capture) view.notify(notice);
  }

  #followTaps(taps: Taps): vscode.Disposable {
    let shape = "";
    let timer: NodeJS.Timeout | undefined;
    const tell = (): void => {
      clearTimeout(timer);
      timer = undefined;
      this.notifyLive({ kind: "tap/changed", taps: taps.list() });
    };
    return vscode.Disposable.from(
      taps.onDidChange(() => {
        const now = tapsShape(taps.list());
        if (now === shape) {
          timer ??= setTimeout(tell, TRAFFIC_INTERVAL_MS);
          return;
        }
        shape = now;
        tell();
      }),
      new vscode.Disposable(() => clearTimeout(timer)),
    );
  }

  /** Hands on what the engine tells, and what the host itself knows of the taps. */
  follow({ engine, taps, bridges, display, filters, dialects }: Followed): vscode.Disposable {
    let sentences = "";
    return vscode.Disposable.from(
      bridges.onDidChange(() => {
        const now = bridges.sentences;
        if (now.join("\n") === sentences) return;
        sentences = now.join("\n");
        this.notifyLive({ kind: "bridge/changed", bridges: now });
      }),
      display.onDidRestore(() => {
        this.notifyLive({ kind: "capture/reset", lost: display.lost });
        if (display.stats !== null) this.notifyLive({ kind: "capture/grew", stats: display.stats });
      }),
      engine.onDidNotify((notice) => {
        switch (notice.kind) {
          case "capture/grew":
            this.notifyCapture(notice.stats.capture, notice);
            return;
          case "filter/advanced":
            this.notify(notice);
            return;
          case "findings/changed": {
            const { kind, capture, counts, pending } = notice;
            this.notifyCapture(capture, { kind, counts, pending });
            return;
          }
          case "call/late":
            this.notifyLive({ ...notice, reply: ownReply(notice.reply) });
            return;
          case "call/advanced":
            this.notifyLive(notice);
            return;
          // Of the taps the host knows more: those that failed before the engine had them, and those that wait.
          case "tap/changed":
          case "bridge/changed":
          case "webBridge/changed":
          // Whoever exports or replays follows it.
          case "export/advanced":
          case "replay/advanced":
          // And whoever keeps the user's modules.
          case "dialect/failed":
          case "dialects/late":
          // And whoever knows what is held.
          case "interventions/changed":
          // And the log.
          case "engine/logged":
            return;
        }
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.notify({ kind: "trust/granted" })),
      this.#followTaps(taps),
      dialects.onDidChange(() => this.notify({ kind: "dialects/changed" })),
      filters.onDidChange(() =>
        this.notify({ kind: "filters/changed", saved: filters.saved, history: filters.history }),
      ),
    );
  }
}

function viewGone(): UserError {
  return new UserError("view-gone", t("The view that this was asked in is closed. Open it again and choose there."));
}
