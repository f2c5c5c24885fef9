/* An extension of a test: what another extension, or a hostile menu, could ask of ZMQ Tap's commands in this window. */
const { readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const vscode = require("vscode");

/** Longest wait for a command, which may ask something. */
const PATIENCE_MS = 4000;

exports.activate = async () => {
  const folder = vscode.workspace.workspaceFolders[0].uri;
  const { arguments: given } = JSON.parse(readFileSync(join(folder.fsPath, "probe.json"), "utf8"));
  const { packageJSON } = vscode.extensions.getExtension("zmq-tap.zmq-tap");
  const commands = {};
  for (const { command } of packageJSON.contributes.commands) {
    const uri = vscode.Uri.joinPath(folder, `${command}.out`);
    commands[command] = await outcome(vscode.commands.executeCommand(command, { ...given, uri }));
    await vscode.commands.executeCommand("workbench.action.closeQuickOpen");
  }
  const tools = {};
  for (const { name } of packageJSON.contributes.languageModelTools) {
    const input = name === "call_zmq_service" ? { target: given.server, method: "x", dialect: "json-rpc" } : {};
    tools[name] = await outcome(vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined }));
  }
  const settings = {};
  for (const name of Object.keys(packageJSON.contributes.configuration.properties))
    settings[name] = vscode.workspace.getConfiguration().get(name);
  const isTrusted = vscode.workspace.isTrusted;
  writeFileSync(join(folder.fsPath, "probed.json.part"), JSON.stringify({ isTrusted, commands, tools, settings }));
  await vscode.workspace.fs.rename(
    vscode.Uri.joinPath(folder, "probed.json.part"),
    vscode.Uri.joinPath(folder, "probed.json"),
  );
};

async function outcome(done) {
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, "asks"));
  const said = Promise.resolve(done).then(
    () => "done",
    (error) => `refused: ${error instanceof Error ? error.message : String(error)}`,
  );
  return Promise.race([said, late]);
}
