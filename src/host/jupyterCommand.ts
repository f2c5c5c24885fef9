import { basename } from "node:path";
import * as vscode from "vscode";
import {
  formatJupyterConnection,
  JUPYTER_CHANNELS,
  type JupyterChannel,
  tappedConnectionFile,
} from "../shared/jupyterConnection.ts";
import { t } from "../shared/l10n.ts";
import type { TapState } from "../shared/model.ts";
import { UserError } from "../shared/userError.ts";
import type { CommandArguments } from "./commandArguments.ts";
import { findConnectionFiles, readConnectionFile, runtimeFolder, writeConnectionFile } from "./connectionFiles.ts";
import type { Services } from "./services.ts";
import type { Taps } from "./taps.ts";
import { requireTrust } from "./trust.ts";

/** `file` is the connection file that clients open in place of the kernel's. */
export type AttachedKernel = { readonly taps: readonly TapState[]; readonly file: string };

const TITLE = t("Attach to Jupyter Connection File");
const NAME_TRIES = 100;

/**
 * Puts a tap in front of each of a kernel's five channels, and writes a connection file for clients beside the kernel's own.
 * `undefined` when the user leaves.
 */
export async function attachJupyter(services: Services, args: CommandArguments): Promise<AttachedKernel | undefined> {
  requireTrust(TITLE);
  const path = args.uri === undefined ? await askFile(args) : onDisk(args.uri);
  if (path === undefined) return undefined;
  const attached = await attachTo(services.taps, path);
  if (args.quiet !== true) void sayWhatToOpen(attached.file);
  return attached;
}

async function attachTo(taps: Taps, path: string): Promise<AttachedKernel> {
  const connection = await readConnectionFile(path);
  const name = freeName(basename(path, ".json"), taps);
  const states: TapState[] = [];
  try {
    for (const channel of JUPYTER_CHANNELS) {
      const config = {
        id: crypto.randomUUID(),
        name: `${name} ${channel}`,
        server: connection.endpoints[channel],
        listen: connection.listen[channel],
        dialect: "jupyter",
        connectionFile: path,
      } as const;
      states.push(await taps.start(config, { owner: "user", keepFailed: false }));
    }
    const listening = Object.fromEntries(
      JUPYTER_CHANNELS.map((channel, at) => [channel, states[at]!.listening]),
    ) as Record<JupyterChannel, string>;
    const file = tappedConnectionFile(path);
    await writeConnectionFile(file, formatJupyterConnection(connection, listening));
    return { taps: states, file };
  } catch (error) {
    // A kernel of which only some channels are tapped is of no use.
    for (const { config } of states) await taps.remove(config.id);
    throw error;
  }
}

async function askFile({ quiet }: CommandArguments): Promise<string | undefined> {
  if (quiet === true) {
    throw new UserError("argument-missing", 'No file was given. Call the command with the "uri" of a connection file.');
  }
  const files = await findConnectionFiles();
  const choices: (vscode.QuickPickItem & { readonly path: string | null })[] = [
    ...files.map(({ path, name, changedMs }) => ({
      label: name,
      description: new Date(changedMs).toLocaleString(),
      path,
    })),
    { label: t("$(folder-opened) Browse…"), path: null, alwaysShow: true },
  ];
  const choice = await vscode.window.showQuickPick(choices, {
    title: TITLE,
    placeHolder:
      files.length === 0
        ? t("There is no connection file in {0}; browse for one", runtimeFolder())
        : t("Connection file of which kernel? The newest of {0} is the first", runtimeFolder()),
    ignoreFocusOut: true,
  });
  if (choice === undefined) return undefined;
  if (choice.path !== null) return choice.path;
  const chosen = await vscode.window.showOpenDialog({
    title: TITLE,
    openLabel: t("Attach"),
    filters: { "Connection files": ["json"], "All files": ["*"] },
  });
  return chosen?.[0] === undefined ? undefined : onDisk(chosen[0]);
}

function onDisk(uri: vscode.Uri): string {
  if (uri.scheme === "file") return uri.fsPath;
  throw new UserError(
    "not-on-disk",
    t("The connection file must be on the disk of the machine where ZMQ Tap runs. Choose it there."),
  );
}

/** The five taps share a name that no other taps have. */
function freeName(wanted: string, taps: Taps): string {
  const taken = new Set(taps.list().map(({ config }) => config.name));
  const isFree = (name: string): boolean => JUPYTER_CHANNELS.every((channel) => !taken.has(`${name} ${channel}`));
  for (let number = 2, name = wanted; number <= NAME_TRIES; name = `${wanted} (${number++})`) {
    if (isFree(name)) return name;
  }
  return `${wanted} ${crypto.randomUUID()}`;
}

async function sayWhatToOpen(file: string): Promise<void> {
  const command = `jupyter console --existing ${basename(file)}`;
  const [copyCommand, copyPath] = [t("Copy Command"), t("Copy Path")];
  const choice = await vscode.window.showInformationMessage(
    t(
      "The kernel's five channels are tapped. Let clients open {0} in place of its connection file, for example with {1}. The file holds the kernel's key and is readable by you alone.",
      file,
      command,
    ),
    copyCommand,
    copyPath,
  );
  if (choice === undefined) return;
  await vscode.env.clipboard.writeText(choice === copyPath ? file : `jupyter console --existing "${file}"`);
}
