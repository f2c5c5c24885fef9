import process from "node:process";
import { Program } from "./program.ts";
import type { Programs } from "./compile.ts";

/** What stands between the peers. */
export const WAYS = ["direct", "zmq_proxy", "tap"] as const;
export type Way = (typeof WAYS)[number];

/** Where the client connects, and the process that carries the messages there, if there is one. */
export type Relay = { readonly endpoint: string; readonly program: Program | null };

/** `tap` is the file of the command line, run headless with capture on and nothing printed. */
export async function startRelay(
  way: Way,
  pattern: "pull-push" | "router-dealer",
  server: string,
  files: Programs & { readonly tap: string },
): Promise<Relay> {
  switch (way) {
    case "direct":
      return { endpoint: server, program: null };
    case "zmq_proxy": {
      const program = new Program(files.proxy, [pattern, server]);
      return { endpoint: await program.line(), program };
    }
    case "tap": {
      const program = new Program(process.execPath, [files.tap, "attach", server, "--quiet"], "stderr");
      const line = await program.line();
      const [, endpoint] = /^listening on (\S+) for /.exec(line) ?? [];
      if (endpoint === undefined) throw new Error(`The tap did not start: ${line}`);
      return { endpoint, program };
    }
  }
}
