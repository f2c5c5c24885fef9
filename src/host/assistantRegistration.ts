import * as vscode from "vscode";
import type { AssistantParts } from "./assistantTools.ts";

/** Registers the tools that package.json contributes for assistants. Their code is loaded with the first use of one. */
export function registerAssistantTools(
  parts: AssistantParts,
  { packageJSON }: vscode.Extension<unknown>,
): vscode.Disposable {
  const { contributes } = packageJSON as { contributes: { languageModelTools: readonly { name: string }[] } };
  return vscode.Disposable.from(
    ...contributes.languageModelTools.map(({ name }) =>
      vscode.lm.registerTool(name, {
        prepareInvocation: async ({ input }) => (await import("./assistantTools.ts")).prepareTool(name, input),
        invoke: async ({ input }, token) => (await import("./assistantTools.ts")).invokeTool(parts, name, input, token),
      }),
    ),
  );
}
