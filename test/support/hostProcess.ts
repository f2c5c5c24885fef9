import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { EngineProcess } from "../../src/host/engineProcess.ts";
import { type AdoptionOptions, adoptEngine } from "../../src/host/waitingEngine.ts";
import { DOOR_FILE } from "../../src/shared/engineDoor.ts";
import { ENGINE_PROTOCOL_VERSION } from "../../src/shared/engineProtocol.ts";
import type { TapSecurity } from "../../src/shared/security.ts";
import { speakWith } from "./engineProcess.ts";
import { until } from "./until.ts";

export type WantedOfHost = {
  readonly storage: string;
  readonly lingerMs: number;
  /** A tap in front of each, named `t0` and so on; those of `fleeting` end with the host. */
  readonly servers: readonly string[];
  readonly security?: readonly (TapSecurity | null)[];
  readonly fleeting?: readonly number[];
  /** Specs, for the first tap. */
  readonly interventions?: readonly string[];
};
/** Process of the engine, and where its taps listen. */
export type StartedByHost = { readonly engine: number; readonly listening: readonly string[] };

const HOST = fileURLToPath(new URL("hostChild.ts", import.meta.url));
const ENGINE_SCRIPT = fileURLToPath(new URL("../../src/proxy/main.ts", import.meta.url));

/** A host in a process of its own, with an engine; `kill` ends the host alone, as a crash does. */
export async function startHost(t: TestContext, wanted: WantedOfHost) {
  const child = spawn(process.execPath, [HOST], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  child.stdin.write(`${JSON.stringify(wanted)}\n`);
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const started = JSON.parse(line) as StartedByHost;
  t.after(() => killIfAlive(started.engine));
  const kill = async (): Promise<void> => {
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  };
  return { ...started, kill };
}

const LOG = { info: () => undefined, warn: () => undefined } as unknown as AdoptionOptions["log"];

/** What a window does that finds the door of an engine; `null` when it may not have that, or there is none. */
export function adopt(storage: string, more: Partial<AdoptionOptions> = {}): Promise<EngineProcess | null> {
  const door = readFileSync(join(storage, DOOR_FILE), "utf8");
  return adoptEngine({ door, script: ENGINE_SCRIPT, mayAdopt: true, log: LOG, ...more });
}

/** The next host of an engine that has lost its own. */
export async function nextHost(storage: string, lingerMs = 60_000) {
  const engine = await adopt(storage);
  assert.ok(engine !== null, "no engine was adopted");
  const host = speakWith(engine.stream);
  const limits = { maxBytes: 32 * 1024 * 1024, maxDiskBytes: 256 * 1024 * 1024, maxFrameBytes: 64 * 1024 };
  await host.channel.ask("engine/hello", { version: ENGINE_PROTOCOL_VERSION, limits, storage, lingerMs });
  return { ...host, ...engine };
}

/** False too for one that has ended and whose parent has not looked yet. */
export function isAlive(pid: number): boolean {
  try {
    return !/^.*[)] [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

/** Of a process that is no child of ours. */
export async function untilGone(pid: number): Promise<void> {
  await until(() => !isAlive(pid));
}

function killIfAlive(pid: number): void {
  if (isAlive(pid)) process.kill(pid, "SIGKILL");
}
