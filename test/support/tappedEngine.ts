import type { TestContext } from "node:test";
import { Engine } from "../../src/proxy/engine.ts";
import { toRow } from "../../src/proxy/rows.ts";
import type { EngineNotice } from "../../src/shared/engineProtocol.ts";
import type { Row, TapState } from "../../src/shared/model.ts";
import { reportFindings } from "./findingsReport.ts";

export type TappedEngine = {
  readonly engine: Engine;
  readonly notices: EngineNotice[];
  readonly bugs: unknown[];
  /** Starts a tap in front of `server` and gives its endpoint. */
  readonly attach: (server: string, id?: string) => Promise<string>;
  readonly rows: () => Row[];
  /** Waits until a condition holds, looking again whenever the engine tells that something changed. */
  readonly until: <T>(condition: () => T | undefined | false) => Promise<T>;
  readonly state: (id?: string) => TapState;
};

/** An engine whose taps end with the test. */
export function tappedEngine(t: TestContext, maxBytes = 16 * 1024 * 1024): TappedEngine {
  const notices: EngineNotice[] = [];
  const bugs: unknown[] = [];
  let wake = (): void => undefined;
  const engine = new Engine({
    maxBytes,
    hasPictures: true,
    onNotice: (notice) => {
      notices.push(notice);
      wake();
    },
    onBug: (error) => bugs.push(error),
  });
  t.after(async () => {
    await engine.stop();
    reportFindings((await engine.watch).state().findings, t.name);
  });
  return {
    engine,
    notices,
    bugs,
    attach: async (server, id = "tap") => {
      const state = await engine.startTap({ id, name: id, server, listen: "tcp://127.0.0.1:*" });
      return state.listening;
    },
    rows: () => {
      const { firstN, lastN } = engine.capture;
      return Array.from({ length: lastN - firstN + 1 }, (_, at) => toRow(engine.capture, firstN + at)!);
    },
    until: async (condition) => {
      for (;;) {
        const met = condition();
        if (met !== undefined && met !== false) return met;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    state: (id = "tap") => engine.taps.find((tap) => tap.config.id === id)!,
  };
}
