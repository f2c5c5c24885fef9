import process from "node:process";
import { Program } from "./program.ts";
import type { Programs } from "./compile.ts";
import type { SecuritySetup } from "./security.ts";

/** What stands between the peers. */
export const WAYS = ["direct", "zmq_proxy", "tap"] as const;
export type Way = (typeof WAYS)[number];

/** What the lanes are made of: the compiled programs, the file of the tap's command line, and their security. */
export type Kit = Programs & { readonly tap: string; readonly security: SecuritySetup };

/** Where the client connects, and the process that carries the messages there, if there is one. */
export type Relay = { readonly endpoint: string; readonly program: Program | null };

/** The tap runs headless with capture on and nothing printed. */
export async function startRelay(
  way: Way,
  pattern: "pull-push" | "router-dealer",
  server: string,
  { proxy, tap, security }: Kit,
): Promise<Relay> {
  switch (way) {
    case "direct":
      return { endpoint: server, program: null };
    case "zmq_proxy": {
      const program = new Program(proxy, [pattern, server], { environment: security.environment });
      return { endpoint: await program.line(), program };
    }
    case "tap": {
      const args = [tap, "attach", server, "--quiet", ...security.tapArguments];
      const program = new Program(process.execPath, args, { reads: "stderr" });
      const line = await program.line();
      const [, endpoint] = /^listening on (\S+) for /.exec(line) ?? [];
      if (endpoint === undefined) {
        await program.stop();
        throw new Error(`The tap did not start: ${line}`);
      }
      return { endpoint, program };
    }
  }
}
