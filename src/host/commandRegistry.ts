import * as vscode from "vscode";
import { reportFailure } from "./reportFailure.ts";
import type { Services } from "./services.ts";

/**
 * Registers the commands of these ids, whose code is loaded when the first of them is run. A failure is shown; with the
 * argument `quiet` it rejects the command instead.
 */
export function registerCommands(services: Services, ids: readonly string[]): vscode.Disposable {
  return vscode.Disposable.from(
    ...ids.map((id) =>
      vscode.commands.registerCommand(id, async (given: unknown) => {
        try {
          const { runCommand } = await import("./commands.ts");
          return await runCommand(services, id, given);
        } catch (error) {
          if (isQuiet(given)) throw error;
          reportFailure(services.log, error);
          return undefined;
        }
      }),
    ),
  );
}

/** The ids that package.json contributes. */
export function contributedCommands({ packageJSON }: vscode.Extension<unknown>): readonly string[] {
  const { contributes } = packageJSON as { contributes: { commands: readonly { command: string }[] } };
  return contributes.commands.map(({ command }) => command);
}

function isQuiet(given: unknown): boolean {
  return typeof given === "object" && given !== null && "quiet" in given && given.quiet === true;
}
