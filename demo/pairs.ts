import { startCalculator, startCalculatorClient } from "./calculator.ts";
import type { Part, ServerPart } from "./part.ts";
import { startWeatherPublisher, startWeatherSubscribers } from "./weather.ts";
import { startCollector, startWorkers } from "./workers.ts";

type Pair = { startServer(): Promise<ServerPart>; startClients(endpoint: string): Part };

/** Every server of the demo and who talks to it. */
export const PAIRS: Readonly<Record<string, Pair>> = {
  weather: { startServer: startWeatherPublisher, startClients: startWeatherSubscribers },
  calculator: { startServer: startCalculator, startClients: startCalculatorClient },
  results: { startServer: startCollector, startClients: startWorkers },
};
