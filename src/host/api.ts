import type { EngineRequests, RowWindow } from "../shared/engineProtocol.ts";
import type { TapState } from "../shared/model.ts";
import type { Engine } from "./engine.ts";
import type { Taps } from "./taps.ts";

/** What other extensions get from `activate()`: reading only; to act they run commands. */
export type ZmqTapApi = {
  taps(): readonly TapState[];
  /** A window of the log by position, 0 being the oldest row that is kept. Empty while no engine runs. */
  rows(from: number, count: number): Promise<RowWindow>;
  /** One message or event of the log, by its number. */
  message(n: number): Promise<EngineRequests["message/read"]["answer"]>;
  /** Process id of the engine's process, or `undefined` while none runs. */
  enginePid(): number | undefined;
};

export function createApi(engine: Engine, taps: Taps): ZmqTapApi {
  return {
    taps: () => taps.list(),
    rows: async (from, count) => {
      if (!engine.isRunning) return { from, rows: [], total: 0, firstN: 1 };
      return engine.ask("rows/read", { search: null, from, count });
    },
    message: (n) => engine.ask("message/read", { n }),
    enginePid: () => engine.pid,
  };
}
