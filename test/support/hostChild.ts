import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { ENGINE_PROTOCOL_VERSION } from "../../src/shared/engineProtocol.ts";
import type { StartedByHost, WantedOfHost } from "./hostProcess.ts";
import { speakWith } from "./engineProcess.ts";

/**
 * A host in a process of its own, which may be killed: starts an engine as the extension does, in a group of its own, with its
 * output in pipes that end with the host. The first line of its input says what; it prints what came of that, and then stays.
 */
const [line] = (await once(createInterface({ input: process.stdin }), "line")) as [string];
const wanted = JSON.parse(line) as WantedOfHost;
const script = fileURLToPath(new URL("../../src/proxy/main.ts", import.meta.url));
const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "pipe", "overlapped"], detached: true });
const { channel } = speakWith(child.stdio[3] as Duplex);
await channel.ask("engine/hello", {
  version: ENGINE_PROTOCOL_VERSION,
  limits: { maxBytes: 16 * 1024 * 1024, maxDiskBytes: 256 * 1024 * 1024, maxFrameBytes: 64 * 1024 },
  storage: wanted.storage,
  lingerMs: wanted.lingerMs,
});
const taps = [];
for (const [at, server] of wanted.servers.entries()) {
  const config = { id: `t${at}`, name: `t${at}`, server, listen: "tcp://127.0.0.1:*" };
  const endsWithHost = wanted.fleeting?.includes(at) === true;
  taps.push(await channel.ask("tap/start", { config, security: wanted.security?.[at] ?? null, endsWithHost }));
}
for (const spec of wanted.interventions ?? []) await channel.ask("intervention/start", { tap: "t0", spec });
// Waits until the engine can be found.
await channel.ask("engine/linger", { ms: wanted.lingerMs });
const started: StartedByHost = { engine: child.pid!, listening: taps.map(({ listening }) => listening) };
process.stdout.write(`${JSON.stringify(started)}\n`);
setInterval(() => undefined, 1_000_000);
