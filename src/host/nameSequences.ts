import type { LogOutputChannel } from "vscode";
import { readSequences } from "../shared/sequences.ts";
import { toRefusal } from "../shared/userError.ts";
import type { Engine } from "./engine.ts";
import { reportWarning } from "./reportFailure.ts";

/** Tells the engine of the sequences that a setting has, and the user of those that cannot be used. Never rejects. */
export async function nameSequences(engine: Engine, log: LogOutputChannel, setting: unknown): Promise<void> {
  const { sequences, problems } = readSequences(setting);
  for (const problem of problems) reportWarning(log, `zmqTap.findings.sequences: ${problem}`);
  try {
    await engine.ask("findings/sequences", { sequences });
  } catch (error) {
    log.error(toRefusal(error).message);
  }
}
