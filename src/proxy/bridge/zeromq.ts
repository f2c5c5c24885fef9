import { setTimeout } from "node:timers/promises";
import type { Endpoint } from "../../shared/endpoint.ts";
import { formatEndpoint, isProblem, parseEndpoint } from "../../shared/endpoint.ts";
import { UserError } from "../../shared/userError.ts";

type Binding = { readonly lastEndpoint: string | null; bind(endpoint: string): Promise<void> };

/** libzmq lets go of an endpoint a little after its socket was closed, so one that is taken is tried again for this long. */
const CLOSING_MS = 1_000;
const AGAIN_MS = 25;

/** Binds, and answers with where that really is. Rejects with a UserError. */
export async function bindSocket(socket: Binding, endpoint: string): Promise<string> {
  try {
    await bindPatiently(socket, endpoint);
  } catch (error) {
    throw cannotBind(endpoint, error);
  }
  return socket.lastEndpoint ?? endpoint;
}

/** Binds, also where a socket of ours was closed a moment ago. Rejects with the library's error. */
export async function bindPatiently(socket: Pick<Binding, "bind">, endpoint: string): Promise<void> {
  for (const untilMs = performance.now() + CLOSING_MS; ;) {
    try {
      await socket.bind(endpoint);
      return;
    } catch (error) {
      const mayPass = (error as NodeJS.ErrnoException).code === "EADDRINUSE" && performance.now() < untilMs;
      if (!mayPass) throw error;
    }
    await setTimeout(AGAIN_MS);
  }
}

/** An endpoint as links show it: `127.0.0.1:5556`, `ipc:///tmp/x`. */
export function shownAddress(endpoint: string): string {
  const parsed = parseEndpoint(endpoint, "listen");
  return isProblem(parsed) ? endpoint : withoutScheme(parsed);
}

function withoutScheme(endpoint: Endpoint): string {
  const text = formatEndpoint(endpoint);
  return endpoint.transport === "tcp" ? text.slice("tcp://".length) : text;
}

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program is using it. Stop that program, or give the bridge another endpoint",
  EACCES: "this user may not use it. Choose a port above 1023, or a folder that you may write to",
  EADDRNOTAVAIL: "this machine has no such address. Use 127.0.0.1, * or an address of this machine",
  ENODEV: "this machine has no such address or interface. Use 127.0.0.1, * or an address of this machine",
};

function cannotBind(endpoint: string, error: unknown): UserError {
  const code = String((error as NodeJS.ErrnoException).code);
  const why =
    WHY[code] ?? `${error instanceof Error ? error.message : String(error)}. Give the bridge another endpoint`;
  return new UserError("bridge-cannot-bind", `Cannot bind ${endpoint}: ${why}.`, { cause: error });
}
