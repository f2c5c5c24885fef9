import { Program } from "./program.ts";
import type { Programs } from "./compile.ts";
import { type Relay, startRelay, type Way, WAYS } from "./relays.ts";
import { type Spread, spread } from "./statistics.ts";

const BYTES = 100;

export type RoundTripResult = {
  readonly bytes: number;
  /** Median round trip of each run, in microseconds. */
  readonly micros: Record<Way, Spread>;
  /** Tap divided by zmq_proxy of the same round. */
  readonly ratio: Spread;
};

/** REQ to REP, one question at a time, `rounds` times each way in turn. */
export async function measureRoundTrip(
  rounds: number,
  roundTrips: number,
  files: Programs & { readonly tap: string },
): Promise<RoundTripResult> {
  const lanes: { way: Way; replier: Program; relay: Relay }[] = [];
  try {
    for (const way of WAYS) {
      const replier = new Program(files.peers, ["rep"]);
      lanes.push({ way, replier, relay: await startRelay(way, "router-dealer", await replier.line(), files) });
    }
    const medians: Record<Way, number[]> = { direct: [], zmq_proxy: [], tap: [] };
    for (let round = -1; round < rounds; round++) {
      for (const { way, relay } of lanes) {
        const asker = new Program(files.peers, ["req", relay.endpoint, String(BYTES), String(roundTrips)]);
        const taken = (await asker.rest()).map(Number);
        if (round >= 0) medians[way].push(spread(taken).median / 1000);
      }
    }
    return {
      bytes: BYTES,
      micros: { direct: spread(medians.direct), zmq_proxy: spread(medians.zmq_proxy), tap: spread(medians.tap) },
      ratio: spread(medians.tap.map((value, round) => value / medians.zmq_proxy[round]!)),
    };
  } finally {
    for (const { replier, relay } of lanes) {
      await relay.program?.stop();
      await replier.stop();
    }
  }
}
