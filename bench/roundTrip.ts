import { Program } from "./program.ts";
import { type Kit, type Relay, startRelay, type Way, WAYS } from "./relays.ts";
import { type Spread, spread } from "./statistics.ts";

const BYTES = 100;

export type RoundTripResult = {
  readonly bytes: number;
  /** Median round trip of each run, in microseconds. */
  readonly micros: Record<Way, Spread>;
  /** Tap divided by zmq_proxy of the same round. */
  readonly ratio: Spread;
  /** What a tap adds to the round trip without anything between, divided by what zmq_proxy adds in the same round. */
  readonly addedRatio: Spread;
};

/** REQ to REP, one question at a time, `rounds` times each way in turn. */
export async function measureRoundTrip(rounds: number, roundTrips: number, kit: Kit): Promise<RoundTripResult> {
  const repliers: Program[] = [];
  const lanes: { way: Way; relay: Relay }[] = [];
  try {
    for (const way of WAYS) {
      const replier = new Program(kit.peers, ["rep"], kit.security);
      repliers.push(replier);
      lanes.push({ way, relay: await startRelay(way, "router-dealer", await replier.line(), kit) });
    }
    const medians: Record<Way, number[]> = { direct: [], zmq_proxy: [], tap: [] };
    for (let round = -1; round < rounds; round++) {
      for (const { way, relay } of lanes) {
        const args = ["req", relay.endpoint, String(BYTES), String(roundTrips)];
        const asker = new Program(kit.peers, args, kit.security);
        const taken = (await asker.rest()).map(Number);
        if (round >= 0) medians[way].push(spread(taken).median / 1000);
      }
    }
    return {
      bytes: BYTES,
      micros: { direct: spread(medians.direct), zmq_proxy: spread(medians.zmq_proxy), tap: spread(medians.tap) },
      ratio: spread(medians.tap.map((value, round) => value / medians.zmq_proxy[round]!)),
      addedRatio: spread(
        medians.tap.map((value, round) => {
          const direct = medians.direct[round]!;
          return (value - direct) / (medians.zmq_proxy[round]! - direct);
        }),
      ),
    };
  } finally {
    for (const { relay } of lanes) await relay.program?.stop();
    for (const replier of repliers) await replier.stop();
  }
}
