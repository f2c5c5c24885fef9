import process from "node:process";
import { createInterface } from "node:readline";
import { startCalculator, startCalculatorClient } from "./calculator.ts";
import { BadLine, type ClientsAt, parseClientsLine } from "./clientsLine.ts";
import type { Part, ServerPart } from "./part.ts";
import { startWeatherPublisher, startWeatherSubscribers } from "./weather.ts";
import { startCollector, startWorkers } from "./workers.ts";

type Pair = { startServer(): Promise<ServerPart>; startClients(endpoint: string): Part };

/** Every server of the demo and who talks to it. */
const PAIRS: Readonly<Record<string, Pair>> = {
  weather: { startServer: startWeatherPublisher, startClients: startWeatherSubscribers },
  calculator: { startServer: startCalculator, startClients: startCalculatorClient },
  results: { startServer: startCollector, startClients: startWorkers },
};
const NAMES = Object.keys(PAIRS);

const USAGE = "Usage: demo [--direct]; without --direct the clients' endpoints are read from standard input.";

/**
 * Binds the servers, says where on standard output, and starts the clients against the endpoints read from standard
 * input; a later line moves them elsewhere. Ends when standard input does, or with SIGTERM or SIGINT.
 */
async function main(args: readonly string[]): Promise<void> {
  const direct = args.length === 1 && args[0] === "--direct";
  if (args.length > 0 && !direct) {
    fail(USAGE);
    return;
  }

  const servers: { name: string; part: ServerPart }[] = [];
  for (const name of NAMES) servers.push({ name, part: await PAIRS[name]!.startServer() });

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
      connect(parseClientsLine(line, NAMES));
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
