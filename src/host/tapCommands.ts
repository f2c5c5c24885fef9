import * as vscode from "vscode";
import { clientEndpoint, isProblem, parseEndpoint } from "../shared/endpoint.ts";
import { t } from "../shared/l10n.ts";
import type { TapState } from "../shared/model.ts";
import { UserError } from "../shared/userError.ts";
import { askWhatToAttach, attach, checked, EVERY_CONNECTION, sayWhatToChange } from "./attach.ts";
import type { CommandArguments } from "./commandArguments.ts";
import type { Services } from "./services.ts";
import { attachSocks, sayHowToConnect } from "./socksCommand.ts";
import { requireTrust } from "./trust.ts";

/** Attaches a tap and answers with it; `undefined` when the user leaves the questions. */
export async function attachTap(services: Services, args: CommandArguments): Promise<TapState | undefined> {
  requireTrust(t("Attach ZMQ Tap"));
  const { server } = args;
  if (server === undefined && args.quiet === true) {
    throw new UserError("no-server", 'No server was given. Call the command with {"server": "tcp://127.0.0.1:5556"}.');
  }
  const wanted = server === undefined ? await askWhatToAttach(services) : { ...args, server };
  if (wanted === undefined) return undefined;
  if (wanted.server === EVERY_CONNECTION) return attachSocks(services, args);
  const tap = await attach(services, wanted);
  // Not waited for: the tap is there, and what to change can be read later.
  if (args.quiet !== true) void sayWhatToChange(services, tap);
  return tap;
}

export async function stopTap(services: Services, args: CommandArguments): Promise<TapState | undefined> {
  const isFit = ({ status, config }: TapState): boolean => status !== "stopped" && config.door === undefined;
  const tap = await chooseTap(services, args, t("Stop which tap?"), isFit);
  return tap === undefined ? undefined : services.taps.stop(tap.config.id);
}

export async function startTap(services: Services, args: CommandArguments): Promise<TapState | undefined> {
  requireTrust(t("Start Tap"));
  const isIdle = ({ status }: TapState): boolean => status === "stopped" || status === "failed";
  const tap = await chooseTap(services, args, t("Start which tap?"), isIdle);
  return tap === undefined ? undefined : services.taps.restart(tap.config.id);
}

export async function removeTap(services: Services, args: CommandArguments): Promise<void> {
  const tap = await chooseTap(services, args, t("Remove which tap?"));
  if (tap !== undefined) await services.taps.remove(tap.config.id);
}

export async function changeServer(services: Services, args: CommandArguments): Promise<TapState | undefined> {
  requireTrust(t("Change Server Endpoint"));
  const isFit = ({ config }: TapState): boolean => config.socks === undefined && config.door === undefined;
  const tap = await chooseTap(services, args, t("Change the server of which tap?"), isFit);
  if (tap === undefined) return undefined;
  const server = args.server ?? (args.quiet === true ? undefined : await askServer(tap));
  return server === undefined ? undefined : services.taps.retarget(tap.config.id, checked(server, "server"));
}

export async function copyEndpoint(services: Services, args: CommandArguments): Promise<string | undefined> {
  const isFit = ({ config }: TapState): boolean => config.door === undefined;
  const tap = await chooseTap(services, args, t("Copy the endpoint of which tap?"), isFit);
  if (tap === undefined) return undefined;
  const isSocks = tap.config.socks !== undefined || tap.config.door !== undefined;
  if (isSocks && args.quiet !== true) return sayHowToConnect(tap);
  const endpoint = clientEndpoint(tap.config.server, tap.listening || tap.config.listen);
  await vscode.env.clipboard.writeText(endpoint);
  vscode.window.setStatusBarMessage(t("Copied {0}", endpoint), 5000);
  return endpoint;
}

/** The tap that was given, the only one there is, or the one the user picks. */
export async function chooseTap(
  { taps }: Services,
  args: CommandArguments,
  question: string,
  isFit: (tap: TapState) => boolean = () => true,
): Promise<TapState | undefined> {
  if (args.tap !== undefined) return taps.find(args.tap);
  const fit = taps.list().filter(isFit);
  if (fit.length === 0) throw new UserError("no-tap", t("There is no tap for this. Attach one first."));
  if (fit.length === 1) return fit[0];
  if (args.quiet === true) {
    throw new UserError("which-tap", 'There are several taps. Call the command with {"tap": "its name"}.');
  }
  const choices = fit.map((tap) => ({ label: tap.config.name, description: tap.config.server, tap }));
  return (await vscode.window.showQuickPick(choices, { placeHolder: question }))?.tap;
}

async function askServer(tap: TapState): Promise<string | undefined> {
  return vscode.window.showInputBox({
    title: t('Change the server endpoint of "{0}"', tap.config.name),
    prompt: t("New links go to this server; links that are open stay with the old one."),
    value: tap.config.server,
    ignoreFocusOut: true,
    validateInput: (typed) => {
      const parsed = parseEndpoint(typed, "server");
      return isProblem(parsed) ? parsed.problem : undefined;
    },
  });
}
