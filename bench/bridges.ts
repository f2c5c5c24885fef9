import { join } from "node:path";
import process from "node:process";
import { freePort } from "../scripts/tasks/freePort.ts";
import type { Programs } from "./compile.ts";
import { Program } from "./program.ts";
import { type Spread, spread } from "./statistics.ts";

const BYTES = 100;
const BARE_LOOP = join(import.meta.dirname, "bareLoop.ts");

export type BridgesResult = {
  readonly bytes: number;
  /** REQ to REP: median round trip of each run, in microseconds. */
  readonly roundTrip: {
    readonly zmqProxy: Spread;
    readonly bridge: Spread;
    /** Bridge divided by zmq_proxy of the same round. */
    readonly ratio: Spread;
  };
  /** PUB to SUB: messages per second. */
  readonly publishing: {
    readonly messages: number;
    readonly bareLoop: Spread;
    readonly bridge: Spread;
    /** Bridge divided by the bare loop of the same round. */
    readonly ratio: Spread;
  };
};

type Kit = Programs & { readonly tap: string };
type Counts = { readonly roundTrips: number; readonly messages: number };

/**
 * The bridges of the command line, with capture on and nothing printed: `rep-req` against `zmq_proxy`, `sub-pub` against a
 * bare loop with the same library. `rounds` times each way in turn, after one round that warms up.
 */
export async function measureBridges(
  rounds: number,
  { roundTrips, messages }: Counts,
  kit: Kit,
): Promise<BridgesResult> {
  return {
    bytes: BYTES,
    roundTrip: await measureRoundTrips(rounds, roundTrips, kit),
    publishing: { messages, ...(await measurePublishing(rounds, messages, kit)) },
  };
}

type Start = (...args: ConstructorParameters<typeof Program>) => Program;

function measureRoundTrips(rounds: number, roundTrips: number, { peers, proxy, tap }: Kit) {
  return withPrograms(async (start) => {
    const replier = (): Promise<string> => start(peers, ["rep"]).line();
    const zmqProxy = await start(proxy, ["router-dealer", await replier()]).line();
    const bridge = await freeEndpoint();
    await startBridge(start, tap, "rep-req", bridge, await replier());
    const ask = async (endpoint: string): Promise<number> => {
      const asker = new Program(peers, ["req", endpoint, String(BYTES), String(roundTrips)]);
      return spread((await asker.rest()).map(Number)).median / 1000;
    };
    const micros = { zmqProxy: [] as number[], bridge: [] as number[] };
    for (let round = -1; round < rounds; round++) {
      const [under, over] = [await ask(zmqProxy), await ask(bridge)];
      if (round < 0) continue;
      micros.zmqProxy.push(under);
      micros.bridge.push(over);
    }
    return {
      zmqProxy: spread(micros.zmqProxy),
      bridge: spread(micros.bridge),
      ratio: ratios(micros.bridge, micros.zmqProxy),
    };
  });
}

function measurePublishing(rounds: number, messages: number, { peers, tap }: Kit) {
  return withPrograms(async (start) => {
    const bareLoop = [await freeEndpoint(), await freeEndpoint()] as const;
    const bridge = [await freeEndpoint(), await freeEndpoint()] as const;
    await start(process.execPath, [BARE_LOOP, ...bareLoop]).line();
    await startBridge(start, tap, "sub-pub", ...bridge);
    const publish = async (ends: readonly [string, string]): Promise<number> => {
      const publisher = new Program(peers, ["publish", ...ends, String(BYTES), String(messages)]);
      const [elapsedNs] = await publisher.rest();
      return (messages / Number(elapsedNs)) * 1e9;
    };
    const rates = { bareLoop: [] as number[], bridge: [] as number[] };
    for (let round = -1; round < rounds; round++) {
      const [under, over] = [await publish(bareLoop), await publish(bridge)];
      if (round < 0) continue;
      rates.bareLoop.push(under);
      rates.bridge.push(over);
    }
    return {
      bareLoop: spread(rates.bareLoop),
      bridge: spread(rates.bridge),
      ratio: ratios(rates.bridge, rates.bareLoop),
    };
  });
}

/** Programs that `use` starts end with it. */
async function withPrograms<T>(use: (start: Start) => Promise<T>): Promise<T> {
  const running: Program[] = [];
  try {
    return await use((...args) => {
      const program = new Program(...args);
      running.push(program);
      return program;
    });
  } finally {
    for (const program of running.reverse()) await program.stop();
  }
}

/** Resolves when it has said its endpoints, which is when it is ready. */
async function startBridge(
  start: Start,
  tap: string,
  kind: "rep-req" | "sub-pub",
  from: string,
  to: string,
): Promise<void> {
  const args = [tap, "bridge", kind, "--in", from, "--out", to, "--quiet"];
  await start(process.execPath, args, { reads: "stderr" }).line();
}

const freeEndpoint = async (): Promise<string> => `tcp://127.0.0.1:${await freePort()}`;

const ratios = (over: readonly number[], under: readonly number[]): Spread =>
  spread(over.map((value, round) => value / under[round]!));
