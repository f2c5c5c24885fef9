import type { Endpoint } from "../../shared/endpoint.ts";
import { formatEndpoint, isProblem, parseEndpoint } from "../../shared/endpoint.ts";
import { UserError } from "../../shared/userError.ts";
import { zeromqMissing } from "../faults.ts";
import { ZapHandler } from "./legSecurity.ts";

/** A REQ and what watches it are two. */
const MAX_SOCKETS = 8_192;

export type ZeroMq = typeof import("zeromq");
export type Context = InstanceType<ZeroMq["Context"]>;

/** Rejects with a UserError when the library is not there. */
export async function loadZeroMq(): Promise<ZeroMq> {
  return import("zeromq").catch((error: unknown) => {
    throw zeromqMissing(error);
  });
}

/** A context for the sockets of many bridges: each has a thread and memory that last until garbage is collected. */
export type SharedContext = {
  readonly zmq: ZeroMq;
  readonly context: Context;
  /** Opened when the first socket asks who may connect. */
  readonly zap: () => Promise<ZapHandler>;
  close(): Promise<void>;
};

/** Rejects with a UserError when the library is not there. */
export async function openContext(): Promise<SharedContext> {
  const zmq = await loadZeroMq();
  const context = new zmq.Context({ maxSockets: MAX_SOCKETS });
  let opened: Promise<ZapHandler> | undefined;
  return {
    zmq,
    context,
    zap: () => (opened ??= ZapHandler.open(zmq, context)),
    close: async () => (await opened)?.close(),
  };
}

type Binding = { readonly lastEndpoint: string | null; bind(endpoint: string): Promise<void> };

/** Binds, and answers with where that really is. Rejects with a UserError. */
export async function bindSocket(socket: Binding, endpoint: string): Promise<string> {
  try {
    await socket.bind(endpoint);
  } catch (error) {
    throw cannotBind(endpoint, error);
  }
  return socket.lastEndpoint ?? endpoint;
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
