import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Ended } from "./cliTap.ts";

const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));

/** A `zmq-tap replay` whose own socket listens: where, and how it ended. */
export async function listeningReplay(...args: string[]): Promise<{ endpoint: string; ended: Promise<Ended> }> {
  const child = spawn(process.execPath, [MAIN, "replay", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (part: string) => (stdout += part));
  child.stderr.setEncoding("utf8").on("data", (part: string) => (stderr += part));
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, stdout, stderr }));
  while (!stderr.includes("\n")) await once(child.stderr, "data");
  const [, endpoint] = /^listening on (\S+)\n/.exec(stderr) ?? [];
  assert.ok(endpoint !== undefined, stderr);
  return { endpoint, ended };
}
