import { type BridgeConfig, type BridgeState, noCounts, readBridge } from "../../src/shared/bridges.ts";

/** A bridge as settings write it, with the defaults. */
export function bridgeConfig(draft: Readonly<Record<string, unknown>> = {}, id = "b1"): BridgeConfig {
  const plain = { name: "orders", kind: "rep-req", in: "tcp://127.0.0.1:*", out: "tcp://127.0.0.1:5557" };
  const config = readBridge({ ...plain, ...draft }, id);
  if ("problem" in config) throw new Error(config.problem);
  return config;
}

/** A bridge that runs and has done nothing yet. */
export function bridgeState(
  draft: Readonly<Record<string, unknown>> = {},
  more: Partial<BridgeState> = {},
): BridgeState {
  const config = bridgeConfig(draft);
  return {
    config,
    status: "running",
    problem: null,
    in: ["tcp://127.0.0.1:41234"],
    out: config.out.endpoints.map(({ endpoint }) => endpoint),
    queue: { messages: 0, bytes: 0, oldestMs: 0 },
    counters: noCounts(),
    messagesPerSecond: 0,
    ...more,
  };
}
