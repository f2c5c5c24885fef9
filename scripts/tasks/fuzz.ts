import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Counts } from "./steps.ts";

/** Fuzzes all targets for some minutes, in a process of its own that shows what it does. Counts as one check. */
export async function fuzz(minutes: number, seed: number): Promise<Counts> {
  const args = ["fuzz/run.ts", "--minutes", String(minutes), "--seed", String(seed)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
  const [code] = (await once(child, "exit")) as [number | null];
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}
