import { type BridgeConfig, readBridge } from "./bridges.ts";
import { readCurveKey } from "./keys/curveKey.ts";
import { describe } from "./settingsCheck.ts";

/**
 * Checks the setting `zmqTap.bridges`. Each value that cannot be used makes one sentence in `problems` which names the
 * setting; everything else is used. Ids come from names.
 */
export function checkBridges(raw: unknown): {
  readonly bridges: readonly BridgeConfig[];
  readonly problems: readonly string[];
} {
  const problems: string[] = [];
  if (raw === undefined) return { bridges: [], problems };
  if (!Array.isArray(raw)) {
    problems.push(
      `The setting "zmqTap.bridges" must be a list of bridges, not ${describe(raw)}. No bridge was started from it.`,
    );
    return { bridges: [], problems };
  }
  const bridges = new Map<string, BridgeConfig>();
  for (const [index, entry] of (raw as readonly unknown[]).entries()) {
    const where = `The setting "zmqTap.bridges", entry ${index + 1},`;
    const bridge = checkBridge(entry);
    if (typeof bridge === "string") problems.push(`${where} ${bridge} That bridge was left out.`);
    else if (bridges.has(bridge.name))
      problems.push(`${where} has the name "${bridge.name}" of an earlier one. That bridge was left out.`);
    else bridges.set(bridge.name, bridge);
  }
  return { bridges: [...bridges.values()], problems };
}

/** Whether an id is of a bridge of the settings; those of others are random. */
export function isOfSettings(id: string): boolean {
  return id.startsWith(ID_PREFIX);
}

const ID_PREFIX = "settings-bridge:";

function checkBridge(entry: unknown): BridgeConfig | string {
  // A name is shown everywhere, and what is no endpoint is repeated.
  if (holdsKey(entry)) return "has a key itself as its name or an endpoint, where no key belongs.";
  const bridge = readBridge(entry, "");
  return "problem" in bridge ? bridge.problem : { ...bridge, id: `${ID_PREFIX}${bridge.name}` };
}

/** Whether a key itself is written in a bridge, but for its security, where public ones may stand. */
function holdsKey(value: unknown, depth = 0): boolean {
  if (typeof value === "string") return readCurveKey(value.trim()) !== null;
  if (typeof value !== "object" || value === null || depth > 4) return false;
  return Object.entries(value).some(([field, part]) => field !== "security" && holdsKey(part, depth + 1));
}
