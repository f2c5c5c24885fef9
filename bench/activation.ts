import { spawnSync } from "node:child_process";
import process from "node:process";
import { type Spread, spread } from "./statistics.ts";

export type ActivationResult = {
  readonly vsixBytes: number;
  /** Loading of the extension's code and `activate()`, of several window starts. */
  readonly activationMs: Spread;
  /** CPU time of the same. */
  readonly cpuMs: Spread;
  /** As *Running Extensions* shows it: with whatever else the extension host did in between. */
  readonly shownMs: Spread;
};

/** Packs the extension and starts windows with it, by the project's own script. Throws an Error when that fails. */
export function measureActivation(root: string): ActivationResult {
  const { status, stdout } = spawnSync(process.execPath, ["scripts/activation.ts"], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
  });
  if (status !== 0)
    throw new Error("The activation could not be measured: see above, or leave it out with --no-editor.");
  const { vsixBytes, activationMs, cpuMs, shownMs } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as {
    vsixBytes: number;
    activationMs: number[];
    cpuMs: number[];
    shownMs: number[];
  };
  return { vsixBytes, activationMs: spread(activationMs), cpuMs: spread(cpuMs), shownMs: spread(shownMs) };
}
