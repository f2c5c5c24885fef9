import * as vscode from "vscode";
import type { BridgeState } from "../shared/bridges.ts";
import type { EngineRequests, RowWindow } from "../shared/engineProtocol.ts";
import { LIVE_CAPTURE, type TapState } from "../shared/model.ts";
import type { Bridges } from "./bridges.ts";
import type { Engine } from "./engine.ts";
import type { OwnModules } from "./ownModules.ts";
import type { Taps } from "./taps.ts";

/** What other extensions get from `activate()`: reading only; to act they run commands. */
export type ZmqTapApi = {
  taps(): readonly TapState[];
  bridges(): readonly BridgeState[];
  /** Fires at most 10 times a second when taps, bridges or the log have changed. */
  readonly onDidChange: vscode.Event<undefined>;
  /** A window of the log by position, 0 being the oldest row that is kept. Empty while no engine runs. */
  rows(from: number, count: number): Promise<RowWindow>;
  /** One message or event of the log, by its number. */
  message(n: number): Promise<EngineRequests["message/read"]["answer"]>;
  /** Process id of the engine's process, or `undefined` while none runs. */
  enginePid(): number | undefined;
};

/** The API, and what ends it. */
export function createApi(
  engine: Engine,
  taps: Taps,
  bridges: Bridges,
  modules: OwnModules,
): { readonly api: ZmqTapApi; readonly own: vscode.Disposable } {
  const changes = new vscode.EventEmitter<undefined>();
  const own = vscode.Disposable.from(
    changes,
    taps.onDidChange(() => changes.fire(undefined)),
    bridges.onDidChange(() => changes.fire(undefined)),
    modules.onDidChange(() => changes.fire(undefined)),
    engine.onDidNotify((notice) => {
      if (notice.kind === "capture/grew") changes.fire(undefined);
    }),
  );
  const api: ZmqTapApi = {
    taps: () => taps.list(),
    bridges: () => bridges.list(),
    onDidChange: changes.event,
    rows: async (from, count) => {
      if (!engine.isRunning) return { from, rows: [], total: 0, firstN: 1, nowMs: 0 };
      return engine.ask("rows/read", { capture: LIVE_CAPTURE, filter: null, from, count });
    },
    message: (n) => engine.ask("message/read", { capture: LIVE_CAPTURE, n }),
    enginePid: () => engine.pid,
  };
  return { api, own };
}
