import process from "node:process";
import { createInterface } from "node:readline";
import { BadLine, type ClientsAt, parseClientsLine } from "./clientsLine.ts";
import type { Part, ServerPart } from "./part.ts";

const USAGE = "Usage: demo [--direct]; without --direct the clients' endpoints are read from standard input.";

/**
 * Binds the servers, says where on standard output, and starts the clients against the endpoints read from standard
 * input; a later line moves them elsewhere. Ends when standard input does, or with SIGTERM or SIGINT; at once where the
 * peers' library cannot be loaded, which standard output tells, too.
 */
async function main(args: readonly string[]): Promise<void> {
  const direct = args.length === 1 && args[0] === "--direct";
  if (args.length > 0 && !direct) {
    fail(USAGE);
    return;
  }

  const loaded = await import("./pairs.ts").catch((error: unknown) => error as NodeJS.ErrnoException);
  if (loaded instanceof Error) {
    const { code, message } = loaded;
    process.stdout.write(`${JSON.stringify({ demo: "no-zeromq", code, message })}\n`);
    process.exitCode = 1;
    return;
  }
  const { PAIRS } = loaded;
  const names = Object.keys(PAIRS);
  const servers: { name: string; part: ServerPart }[] = [];
  for (const name of names) servers.push({ name, part: await PAIRS[name]!.startServer() });

  let clients: Part[] = [];
  const connect = (where: readonly ClientsAt[]): void => {
    for (const part of clients) part.close();
    clients = where.map(({ name, endpoint }) => PAIRS[name]!.startClients(endpoint));
  };
  const stop = (): void => {
    for (const part of [...clients, ...servers.map(({ part }) => part)]) part.close();
    process.exit();
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);

  const input = createInterface({ input: process.stdin });
  input.on("line", (line) => {
    try {
      connect(parseClientsLine(line, names));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      // An endpoint that libzmq does not take is bad input as well.
      fail(
        error instanceof BadLine
          ? error.message
          : `The clients cannot connect: ${error.message}. Correct the endpoint.`,
      );
      stop();
    }
  });
  input.on("close", stop);

  const ready = servers.map(({ name, part }) => ({ name, server: part.endpoint }));
  process.stdout.write(`${JSON.stringify({ demo: "ready", servers: ready })}\n`);
  if (direct) connect(servers.map(({ name, part }) => ({ name, endpoint: part.endpoint })));
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 2;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`The demo cannot start: ${String(error)}\n`);
  process.exit(1);
});
