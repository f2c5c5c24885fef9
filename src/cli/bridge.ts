import { Bridges } from "../proxy/bridges.ts";
import type { BridgeState } from "../shared/bridges.ts";
import { describeLegs } from "../shared/bridges.ts";
import type { TapSecurity } from "../shared/security.ts";
import { UserError } from "../shared/userError.ts";
import { type BridgeOptions, type LegName, withLeg } from "./bridgeArguments.ts";
import { readSecurity } from "./keyOptions.ts";
import { Output } from "./output.ts";
import { watch } from "./watch.ts";

/** Runs a bridge until a signal, --count, or a reader that goes away. Resolves with the exit code. */
export async function bridge(options: BridgeOptions): Promise<number> {
  const stderr = new Output(2);
  const seen: { state: BridgeState | null; problem: string | null } = { state: null, problem: null };
  const code = await watch(options, async (engine) => {
    const { config, folder } = options;
    const security = { in: readLeg(options, "in"), out: readLeg(options, "out") };
    const tell = (state: BridgeState): void => {
      seen.state = state;
      if (state.problem === seen.problem) return;
      seen.problem = state.problem;
      if (state.problem !== null) void stderr.write(`${state.problem}\n`);
      // Nothing more can come.
      if (state.status === "failed") process.emit("SIGTERM");
    };
    const bridges = new Bridges(engine, ([state]) => tell(state!));
    const started = await bridges.start(config, security, folder);
    return {
      told: `bridging ${describeLegs(config.kind, started)}`,
      messages: () => engine.ownCounters.messages,
      bytes: () => engine.ownCounters.bytes,
      stop: async () => {
        await bridges.end();
        [seen.state = null] = bridges.states;
      },
    };
  });
  if (seen.state !== null) await stderr.write(`${totals(seen.state)}\n`);
  return seen.state?.status === "failed" ? 1 : code;
}

function readLeg({ keys }: BridgeOptions, leg: LegName): TapSecurity | null {
  const options = keys[leg];
  if (options === null) return null;
  try {
    return readSecurity(options, { ZMQ_TAP_PASSWORD: process.env[`ZMQ_TAP_${leg.toUpperCase()}_PASSWORD`] });
  } catch (error) {
    throw error instanceof UserError ? new UserError(error.code, withLeg(error.message, leg), { cause: error }) : error;
  }
}

/** What the bridge has counted, without what is 0. */
function totals({ counters, queue }: BridgeState): string {
  const waiting = queue.messages === 0 ? [] : [`${queue.messages} waiting`];
  const counted = Object.entries(counters).flatMap(([name, count]) => (count === 0 ? [] : [`${count} ${name}`]));
  return [...counted, ...waiting].join(", ") || "no messages";
}
