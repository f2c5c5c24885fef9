import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { stopChild } from "../vscode/server.ts";
import { freePort } from "./freePort.ts";

/** One server of the demo, and the endpoint at which a tap is to stand in front of it. */
export type DemoTap = { readonly name: string; readonly server: string; readonly listen: string };

/** The demo peers as a process of their own, their clients pointed at the taps. The caller stops them. */
export type Demo = { readonly taps: readonly DemoTap[]; stop(): Promise<void> };

const START_TIMEOUT_MS = 20_000;

/** Starts the built demo. Its clients connect to taps that may start later, since ZeroMQ tries again by itself. */
export async function startDemo(): Promise<Demo> {
  const child = spawn(process.execPath, ["dist/demo/demo.cjs"], { stdio: ["pipe", "pipe", "inherit"] });
  try {
    const taps: DemoTap[] = [];
    for (const { name, server } of await readServers(child)) {
      taps.push({ name, server, listen: `tcp://127.0.0.1:${await freePort()}` });
    }
    const clients = taps.map(({ name, listen }) => ({ name, endpoint: listen }));
    child.stdin.write(`${JSON.stringify({ clients })}\n`);
    return { taps, stop: () => stopChild(child) };
  } catch (error) {
    await stopChild(child);
    throw error;
  }
}

/** Settings that attach the taps when the workspace opens. */
export function tapSettings(taps: readonly DemoTap[]): Record<string, unknown> {
  return { "zmqTap.taps": taps };
}

async function readServers(child: ChildProcess): Promise<{ name: string; server: string }[]> {
  const lines = createInterface({ input: child.stdout! });
  const [line] = (await once(lines, "line", { signal: AbortSignal.timeout(START_TIMEOUT_MS) })) as [string];
  return (JSON.parse(line) as { servers: { name: string; server: string }[] }).servers;
}
