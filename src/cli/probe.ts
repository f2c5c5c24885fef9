import { isProblem, parseEndpoint } from "../shared/endpoint.ts";
import { probeFacts, probeSummary } from "../shared/probeText.ts";
import { UserError } from "../shared/userError.ts";
import { loadBoxes } from "../proxy/crypto/boxes.ts";
import { probe } from "../proxy/relay/probe.ts";
import { TapKeys } from "../proxy/tapKeys.ts";
import type { Authenticate } from "../proxy/wire/probe.ts";
import type { ProbeOptions } from "./arguments.ts";
import { readSecurity } from "./keyOptions.ts";
import { Output } from "./output.ts";

/** Asks a server what it is, and prints that. Resolves with the exit code: 0 for a ZeroMQ server, else 1. */
export async function probeEndpoint({ endpoint, json, keys }: ProbeOptions): Promise<number> {
  const parsed = parseEndpoint(endpoint, "server");
  if (isProblem(parsed)) throw new Error(`The endpoint was checked before: ${parsed.problem}`);
  let credentials: Authenticate | null = null;
  try {
    if (keys !== null) credentials = new TapKeys(await loadBoxes(), readSecurity(keys, process.env)).credentials;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    await new Output(2).write(`${error.message}\n`);
    return 1;
  }
  const result = await probe(parsed, credentials);
  const text = json
    ? JSON.stringify({ ...result, summary: probeSummary(result) })
    : [probeSummary(result), ...probeFacts(result).map(({ label, value }) => `  ${label}: ${value}`)].join("\n");
  await new Output(1).write(`${text}\n`);
  return result.kind === "zmtp" ? 0 : 1;
}
