import type { BridgeConfig, BridgeLeg } from "./bridges.ts";
import { usesKey, withKeyRenamed } from "./keys/keyUses.ts";
import type { LegMechanism, SecurityNames } from "./security.ts";

/**
 * The keys of a leg as those of a tap with that side only: one that binds is a server towards its clients, one that connects
 * is the client of a server. What does not go together the engine refuses, such as an allow-list without a pair.
 */
export function keysOfLeg({ attach, security }: BridgeLeg): SecurityNames | null {
  if (security === undefined || Object.keys(security).length === 0) return null;
  const isServer = attach === "bind";
  const hasCurve = (isServer ? security.serverPair : security.serverKey) !== undefined;
  const spoken: LegMechanism = hasCurve ? "CURVE" : security.plain === undefined ? "NULL" : "PLAIN";
  return isServer
    ? { ...security, clientLeg: spoken, serverLeg: "NULL" }
    : { ...security, clientLeg: "NULL", serverLeg: spoken };
}

/** Whether a bridge refers to a key, by its name or, where public keys may stand, by itself. */
export function bridgeUsesKey({ in: from, out: to }: BridgeConfig, name: string, publicKey: string | null): boolean {
  return [from, to].some(({ security }) => security !== undefined && usesKey(security, name, publicKey));
}

/** The same bridge after a key has got another name. */
export function withBridgeKeyRenamed(config: BridgeConfig, from: string, to: string): BridgeConfig {
  return { ...config, in: renamed(config.in, from, to), out: renamed(config.out, from, to) };
}

function renamed(leg: BridgeLeg, from: string, to: string): BridgeLeg {
  return leg.security === undefined ? leg : { ...leg, security: withKeyRenamed(leg.security, from, to) };
}
