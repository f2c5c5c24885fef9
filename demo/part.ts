/** Something that runs until it is closed: a server or the clients of one. close() is immediate and may be called twice. */
export type Part = { close(): void };

/** A bound server and where it listens, as `tcp://127.0.0.1:port`. */
export type ServerPart = Part & { readonly endpoint: string };

/** Any free port of this machine. */
export const FREE_LOOPBACK_PORT = "tcp://127.0.0.1:*";

/** Whether a socket operation ended because its part was closed, or with an error worth the end of the program. */
export function rethrowUnlessClosed(closed: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!closed.aborted) throw error;
  };
}
