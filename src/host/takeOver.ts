import { formatEndpoint, isProblem, parseEndpoint } from "../shared/endpoint.ts";
import type { TapConfig, TapState } from "../shared/model.ts";
import { isSameSecurity } from "../shared/keys/securityNames.ts";
import type { Bridges } from "./bridges.ts";
import type { Engine } from "./engine.ts";
import type { AdoptedTap, TapOwner, Taps } from "./taps.ts";
import type { WebBridgeList } from "./webBridgeList.ts";
import { WebBridges } from "./webBridges.ts";

export type TakeOverParts = {
  readonly engine: Engine;
  readonly taps: Taps;
  readonly bridges: Bridges;
  readonly webBridges: WebBridgeList<WebBridges>;
};

type Wanted = { readonly config: TapConfig; readonly owner: TapOwner };

/**
 * Takes over what runs in the engine that the window before has left: taps go on as they are where they are still what is
 * `wanted`, and those of the settings that are not end. Whatever is wanted besides is left to be started. Bridges follow by
 * themselves once they are loaded. `remembered` has the names of the keys that the taps were given.
 */
export async function takeOver(
  { engine, taps, bridges, webBridges }: TakeOverParts,
  wanted: readonly Wanted[],
  remembered: readonly TapConfig[],
): Promise<void> {
  const running = await engine.ask("engine/running", null);
  const adopted: AdoptedTap[] = [];
  const rekeyed: TapConfig[] = [];
  for (const state of running.taps) {
    const { id, door } = state.config;
    // Those of destinations come and go with their SOCKS server.
    if (door !== undefined) continue;
    const mine = wanted.find(({ config }) => config.id === id);
    const before = remembered.find((config) => config.id === id);
    if (mine === undefined && !id.startsWith("settings:")) {
      adopted.push({ state, config: before ?? state.config, owner: "user" });
    } else if (mine !== undefined && isSameTap(mine.config, state)) {
      if (!isRunning(state)) continue;
      adopted.push({ state, ...mine });
      if (!isSameSecurity(mine.config.security, before?.security)) rekeyed.push(mine.config);
    } else {
      await engine.ask("tap/remove", { tap: id });
    }
  }
  taps.adopt(adopted, running.taps);
  for (const { id, security } of rekeyed) await taps.secure(id, security ?? null);
  if (running.bridges.length > 0) await bridges.load();
  for (const state of running.webBridges) {
    webBridges.bridges(() => new WebBridges(engine, webBridges)).adopt(state);
  }
}

function isRunning({ status }: TapState): boolean {
  return status !== "stopped" && status !== "failed";
}

function isSameTap({ server, listen, standIn }: TapConfig, { config, listening }: TapState): boolean {
  const isAnywhere = /:(?:\*|0)$|^ipc:\/\/\*$/.test(listen);
  const isListen = isAnywhere || listen === config.listen || isSameEndpoint(listen, listening, "listen");
  // Of a server of our own the engine knows better where it is.
  return isListen && (standIn !== undefined || isSameEndpoint(server, config.server, "server"));
}

function isSameEndpoint(one: string, other: string, role: "server" | "listen"): boolean {
  if (one === other) return true;
  const [first, second] = [parseEndpoint(one, role), parseEndpoint(other, role)];
  return !isProblem(first) && !isProblem(second) && formatEndpoint(first) === formatEndpoint(second);
}
