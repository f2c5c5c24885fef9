import type { BridgeId } from "../shared/bridges.ts";
import type { BridgePart } from "../shared/bridgeText.ts";

/** A bridge in the view Taps, or with `part` a row below it. Menus hand it to commands. */
export type BridgeElement = { readonly bridge: BridgeId; readonly part: BridgePart | null };

/** Where a window keeps which bridges ran. */
export const REMEMBERED_KEY = "zmqTap.runningBridges";
