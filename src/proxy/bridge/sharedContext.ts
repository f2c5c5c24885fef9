import { type Context, loadZeroMq, type ZeroMq } from "../zeromq.ts";
import { ZapHandler } from "./legSecurity.ts";

/** A REQ and what watches it are two. */
const MAX_SOCKETS = 8_192;

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
  const zmq = await loadZeroMq("A bridge");
  const context = new zmq.Context({ maxSockets: MAX_SOCKETS });
  let opened: Promise<ZapHandler> | undefined;
  return {
    zmq,
    context,
    zap: () => (opened ??= ZapHandler.open(zmq, context)),
    close: async () => (await opened)?.close(),
  };
}
