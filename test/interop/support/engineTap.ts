import type { TestContext } from "node:test";
import { eventDetail } from "../../../src/proxy/eventDetail.ts";
import { Caller } from "../../../src/proxy/caller.ts";
import { Sender } from "../../../src/proxy/sender.ts";
import type { Row } from "../../../src/shared/model.ts";
import { type TappedEngine, tappedEngine } from "../../support/tappedEngine.ts";
import { NO_SECURITY } from "../../support/security.ts";
import type { TapKeys } from "./tapKeys.ts";

/** What a handshake event says of its verdict, as `--json` prints it. */
type ToldVerdict = {
  readonly id: string;
  readonly leg: string | null;
  readonly certain: boolean;
  readonly retries: string | null;
  readonly sentence: string;
  readonly candidates: readonly string[];
};

/** A handshake event. `count` is there where several were folded into one. */
export type ToldHandshake = {
  readonly state: string;
  readonly count?: number;
  readonly verdict?: ToldVerdict;
};

/** A tap in the test's own process, for what the command line has no word for. */
export type EngineTap = TappedEngine & {
  readonly sender: Sender;
  readonly caller: Caller;
  /** Where clients connect. */
  readonly endpoint: string;
  readonly untilRow: (fits: (row: Row) => boolean) => Promise<Row>;
  /** Details of the events of this name so far. */
  readonly events: <T>(name: string) => T[];
  /** Resolves with them once there are so many. */
  readonly untilEvents: <T = ToldHandshake>(name: string, count?: number) => Promise<T[]>;
};

/** Puts a tap with these keys before a server. It ends with the test. */
export async function startEngineTap(t: TestContext, server: string, keys: TapKeys = {}): Promise<EngineTap> {
  const tapped = tappedEngine(t, 64 * 1024 * 1024);
  const { engine, rows, until } = tapped;
  const config = { id: "tap", name: "tap", server, listen: "tcp://127.0.0.1:*" };
  const { listening } = await engine.startTap(config, { ...NO_SECURITY, ...keys });
  const caller = new Caller(engine, () => undefined);
  t.after(() => caller.cancelAll());
  const events = <T>(name: string): T[] =>
    rows()
      .filter(({ event }) => event === name)
      .map(({ n }) => eventDetail(engine.capture, engine.capture.row(n)!) as T);
  return {
    ...tapped,
    sender: new Sender(engine),
    caller,
    endpoint: listening,
    untilRow: (fits) => until(() => rows().find(fits)),
    events,
    untilEvents: <T>(name: string, count = 1) =>
      until(() => {
        const told = events<T>(name);
        return told.length >= count && told;
      }),
  };
}
