import * as vscode from "vscode";
import { clientEndpoint, isProblem, parseEndpoint } from "../shared/endpoint.ts";
import { t } from "../shared/l10n.ts";
import type { TapState } from "../shared/model.ts";
import { cutQuestion } from "../shared/tapText.ts";
import { UserError } from "../shared/userError.ts";
import { askWhatToAttach, attach, checked, EVERY_CONNECTION, sayWhatToChange } from "./attach.ts";
import type { CommandArguments } from "./commandArguments.ts";
import { copyEndpointText } from "./machine.ts";
import type { Services } from "./services.ts";
import { attachSocks, sayHowToConnect } from "./socksCommand.ts";
import { requireTrust } from "./trust.ts";

const STOP_TAP = t("Stop Tap");
const REMOVE_TAP = t("Remove Tap");
const STOP_CAPTURING = t("Stop Capturing");

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
  services.firstSteps.done("attach");
  // Not waited for: the tap is there, and what to change can be read later.
  if (args.quiet !== true) void sayWhatToChange(services, tap);
  return tap;
}

export async function stopTap(services: Services, args: CommandArguments): Promise<TapState | undefined> {
  const isFit = ({ status, config }: TapState): boolean => status !== "stopped" && config.door === undefined;
  const tap = await chooseTap(services, args, t("Stop which tap?"), isFit);
  if (tap === undefined) return undefined;
  const { id } = tap.config;
  switch (await askBeforeCut(services, args, [tap], STOP_TAP)) {
    case "go":
      return services.taps.stop(id);
    case "uncaptured":
      return services.taps.capture(id, false);
    case "stay":
      return undefined;
  }
}

export async function stopAllTaps(services: Services, args: CommandArguments): Promise<void> {
  const running = services.taps.list().filter(isRunning);
  const choice = await askBeforeCut(services, args, running, t("Stop All Taps"));
  if (choice === "go") await services.taps.stopAll();
  if (choice !== "uncaptured") return;
  for (const { config } of running) if (config.door === undefined) await services.taps.capture(config.id, false);
}

/** Stops capturing what a tap relays, or starts it again. */
export async function captureTap(
  services: Services,
  args: CommandArguments,
  isOn: boolean,
): Promise<TapState | undefined> {
  const question = isOn ? t("Capture which tap again?") : t("Stop capturing which tap?");
  const isFit = (tap: TapState): boolean =>
    isRunning(tap) && tap.config.door === undefined && (tap.config.isCaptured === false) === isOn;
  const tap = await chooseTap(services, args, question, isFit);
  return tap === undefined ? undefined : services.taps.capture(tap.config.id, isOn);
}

export async function startTap(services: Services, args: CommandArguments): Promise<TapState | undefined> {
  requireTrust(t("Start Tap"));
  const isIdle = ({ status }: TapState): boolean => status === "stopped" || status === "failed";
  const tap = await chooseTap(services, args, t("Start which tap?"), isIdle);
  return tap === undefined ? undefined : services.taps.restart(tap.config.id);
}

export async function removeTap(services: Services, args: CommandArguments): Promise<void> {
  const tap = await chooseTap(services, args, t("Remove which tap?"));
  if (tap === undefined) return;
  const choice = await askBeforeCut(services, args, [tap], REMOVE_TAP);
  if (choice === "go") await services.taps.remove(tap.config.id);
  if (choice === "uncaptured") await services.taps.capture(tap.config.id, false);
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
  await copyEndpointText(endpoint);
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

/**
 * Tells whoever clicked how many programs are cut when taps end, and asks; nobody is asked when there are none, or for a script
 * that names the tap. `uncaptured`: the taps shall only relay instead.
 */
async function askBeforeCut(
  { taps }: Services,
  args: CommandArguments,
  ending: readonly TapState[],
  button: string,
): Promise<"go" | "uncaptured" | "stay"> {
  const isAnybodyThere = args.tap === undefined || args.isClicked === true;
  if (!isAnybodyThere || args.quiet === true || args.confirmed === true) return "go";
  const question = cutQuestion(button === REMOVE_TAP, ending, taps.list());
  if (question === null) return "go";
  const instead = ending.some(({ config }) => config.isCaptured !== false) ? [STOP_CAPTURING] : [];
  const { message, detail } = question;
  const choice = await vscode.window.showWarningMessage(message, { modal: true, detail }, button, ...instead);
  if (choice === undefined) return "stay";
  return choice === STOP_CAPTURING ? "uncaptured" : "go";
}

function isRunning({ status }: TapState): boolean {
  return status !== "stopped" && status !== "failed";
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
