import * as vscode from "vscode";

/** What a user does for the first time, as the walkthrough of package.json calls it. */
type FirstStep = "attach" | "read" | "filter" | "replay";

/**
 * Tells the walkthrough which of its steps were done, by context keys such as `zmqTap.did.read`. Completion by a command
 * would not do: one that a view runs stays in the extension host, where VS Code does not see it.
 */
export class FirstSteps {
  readonly #done = new Set<FirstStep>();

  done(step: FirstStep): void {
    if (this.#done.has(step)) return;
    this.#done.add(step);
    void vscode.commands.executeCommand("setContext", `zmqTap.did.${step}`, true);
  }
}
