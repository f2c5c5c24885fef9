import type { BridgeCounters } from "../../shared/bridges.ts";

/** What a bridge counts, while it counts. */
export type Counters = { -readonly [K in keyof BridgeCounters]: BridgeCounters[K] };
