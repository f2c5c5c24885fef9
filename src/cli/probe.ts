import { isProblem, parseEndpoint } from "../shared/endpoint.ts";
import { probeFacts, probeSummary } from "../shared/probeText.ts";
import { probe } from "../proxy/relay/probe.ts";
import type { ProbeOptions } from "./arguments.ts";
import { Output } from "./output.ts";

/** Asks a server what it is, and prints that. Resolves with the exit code: 0 for a ZeroMQ server, else 1. */
export async function probeEndpoint({ endpoint, json }: ProbeOptions): Promise<number> {
  const parsed = parseEndpoint(endpoint, "server");
  if (isProblem(parsed)) throw new Error(`The endpoint was checked before: ${parsed.problem}`);
  const result = await probe(parsed, null);
  const text = json
    ? JSON.stringify({ ...result, summary: probeSummary(result) })
    : [probeSummary(result), ...probeFacts(result).map(({ label, value }) => `  ${label}: ${value}`)].join("\n");
  await new Output(1).write(`${text}\n`);
  return result.kind === "zmtp" ? 0 : 1;
}
