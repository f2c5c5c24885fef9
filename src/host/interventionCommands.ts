import * as vscode from "vscode";
import { type HeldMessage, type InterventionKind, type InterventionState } from "../shared/interventions.ts";
import { parseIntervention } from "../shared/interventionSpec.ts";
import { t } from "../shared/l10n.ts";
import type { TapState } from "../shared/model.ts";
import { UserError } from "../shared/userError.ts";
import type { CommandArguments } from "./commandArguments.ts";
import { editableText } from "./editableText.ts";
import { Interventions } from "./interventions.ts";
import { type Choice, pickStep, textStep } from "./quickSteps.ts";
import type { Services } from "./services.ts";
import { chooseTap } from "./tapCommands.ts";
import { requireTrust } from "./trust.ts";

type FaultKind = Exclude<InterventionKind, "hold">;

/** What each fault is called, what the text to edit begins with, and what it does to REQ and REP. */
const FAULTS: Readonly<Record<FaultKind, { readonly label: string; readonly spec: string; readonly detail: string }>> =
  {
    delay: {
      label: t("Delay"),
      spec: "delay 200ms ±50ms",
      detail: t("They come later, in order. A REQ whose program waits for less gives up."),
    },
    drop: {
      label: t("Drop"),
      spec: "drop 1/10",
      detail: t("A REQ whose request or reply is dropped stays stuck: nothing is sent again."),
    },
    duplicate: {
      label: t("Duplicate"),
      spec: "duplicate 1/5",
      detail: t("A REP answers a doubled request twice; a REQ discards the second reply."),
    },
    reorder: {
      label: t("Reorder"),
      spec: "reorder 3",
      detail: t("REQ and REP say one thing at a time: theirs are only late, by up to a second."),
    },
    throttle: {
      label: t("Throttle"),
      spec: "throttle 10KiB/s",
      detail: t("The sender feels back-pressure; a reply may come too late for its REQ."),
    },
    cut: {
      label: t("Cut the Connection"),
      spec: "cut",
      detail: t("Clients connect again by themselves. A REQ that waited for its reply stays stuck."),
    },
    refuse: {
      label: t("Refuse New Connections"),
      spec: "refuse",
      detail: t("As if the server were down; links that are open stay. A REQ that is not connected waits."),
    },
    freeze: {
      label: t("Freeze a Peer"),
      spec: "freeze server",
      detail: t("Nothing is read of it, heartbeats neither. A REQ waits for its reply."),
    },
  };

const ANYWHERE: readonly Choice<string>[] = [
  {
    label: t("From the Client"),
    description: "c2s",
    detail: t("A held request keeps its REQ waiting."),
    value: "c2s",
  },
  {
    label: t("From the Server"),
    description: "s2c",
    detail: t("A held reply keeps its REQ waiting; dropped, the REQ stays stuck."),
    value: "s2c",
  },
  {
    label: t("In Both Directions"),
    detail: t("Heartbeats and subscriptions pass in any case."),
    value: "",
  },
];

/** Holds messages of a tap until the user lets them go. Answers with what is under way, if anything. */
export async function holdMessages(services: Services, args: CommandArguments): Promise<InterventionState | undefined> {
  requireTrust(t("Hold Messages"));
  const tap = await chooseTap(services, args, t("Hold messages of which tap?"), isRunning);
  if (tap === undefined) return undefined;
  const spec = args.spec ?? (await askHold(args, tap));
  return spec === undefined ? undefined : start(services, tap, spec);
}

/** Does something to the traffic of a tap. Answers with what is under way, if anything. */
export async function injectFault(services: Services, args: CommandArguments): Promise<InterventionState | undefined> {
  requireTrust(t("Inject Fault"));
  const tap = await chooseTap(services, args, t("Inject a fault into which tap?"), isRunning);
  if (tap === undefined) return undefined;
  const spec = args.spec ?? (await askFault(args, tap));
  if (spec === undefined) return undefined;
  const state = await start(services, tap, spec);
  if (state.kind === "cut" && args.quiet !== true) {
    const links = state.acts === 1 ? "1 link" : t("{0} links", state.acts);
    vscode.window.setStatusBarMessage(t('Cut: {0} of "{1}"', links, state.tapName), 5000);
  }
  return state;
}

/** The one switch: everything that changes traffic ends, and what is held goes on. */
export async function stopInterventions({ engine }: Services): Promise<void> {
  if (engine.isRunning) await engine.ask("intervention/stop", { id: null });
}

export async function releaseHeld({ engine }: Services, args: CommandArguments): Promise<void> {
  requireTrust(t("Release"));
  await engine.ask("held/release", { id: heldOf(args) });
}

export async function releaseAllHeld({ engine }: Services): Promise<void> {
  if (engine.isRunning) await engine.ask("held/release", { id: null });
}

export async function dropHeld({ engine }: Services, args: CommandArguments): Promise<void> {
  requireTrust(t("Drop"));
  await engine.ask("held/drop", { id: heldOf(args) });
}

/** Opens a held message in an editor, whose Send Edited Message lets it go as it was changed. */
export async function editHeld(services: Services, args: CommandArguments): Promise<vscode.Uri> {
  requireTrust(t("Edit and Release"));
  const { engine, editedMessages, interventions } = services;
  const id = heldOf(args);
  const message = interventions.current?.held.find((one) => one.id === id);
  return editedMessages.open({
    title: t("held message {0}", id),
    text: editableText(
      [heldWords(id, message), t("Sending it releases it, with these frames in place of its own.")],
      await engine.ask("held/frames", { id }),
    ),
    send: async (frames) => {
      await engine.ask("held/release", { id, frames });
      return { summary: t("Released held message {0} as it was edited", id) };
    },
  });
}

function heldWords(id: number, message: HeldMessage | undefined): string {
  if (message === undefined) return t("Held message {0}.", id);
  return t(
    message.from === "client"
      ? 'Held message {0} of "{1}", from the client.'
      : 'Held message {0} of "{1}", from the server.',
    id,
    message.tapName,
  );
}

function heldOf({ held }: CommandArguments): number {
  if (held === undefined)
    throw new UserError("no-held-message", t("No held message was chosen. Choose one in the view Held Messages."));
  return held;
}

function isRunning({ status, config }: TapState): boolean {
  return status !== "stopped" && status !== "failed" && config.socks === undefined;
}

async function start(services: Services, tap: TapState, spec: string): Promise<InterventionState> {
  // Before it begins, so that nothing of it is missed.
  services.interventions.get(() => new Interventions(services));
  return services.engine.ask("intervention/start", { tap: tap.config.id, spec });
}

function missingSpec(example: string): UserError {
  return new UserError("argument-missing", `Something is missing. Call the command with {"spec": "${example}"}.`);
}

async function askHold(args: CommandArguments, { config }: TapState): Promise<string | undefined> {
  if (args.quiet === true) throw missingSpec("hold 30s s2c");
  const title = t('Hold Messages of "{0}"', config.name);
  for (;;) {
    const direction = await pickStep({
      title,
      step: 1,
      totalSteps: 2,
      placeholder: t("Which messages? What comes behind a held one waits, too."),
      choices: () => ANYWHERE,
    });
    if (direction.kind !== "next") return undefined;
    const specOf = (filter: string): string =>
      ["hold 30s", direction.value, filter === "" ? "" : `if ${filter}`].filter((part) => part !== "").join(" ");
    const filter = await textStep({
      title,
      step: 2,
      totalSteps: 2,
      placeholder: 'topic == "a"',
      prompt: t("Which of them, as a filter; empty for all. Each goes on by itself after 30 s."),
      value: args.filter ?? "",
      problem: (typed) => problemOf(specOf(typed)),
    });
    if (filter.kind === "cancelled") return undefined;
    if (filter.kind === "next") return specOf(filter.value);
  }
}

async function askFault(args: CommandArguments, { config }: TapState): Promise<string | undefined> {
  if (args.quiet === true) throw missingSpec("drop 1/10 s2c");
  const title = t('Inject Fault into "{0}"', config.name);
  const choices = Object.values(FAULTS).map(({ label, spec, detail }) => ({
    label,
    description: spec,
    detail,
    value: spec,
  }));
  for (;;) {
    const fault = await pickStep({
      title,
      step: 1,
      totalSteps: 2,
      placeholder: t("What shall happen to its traffic?"),
      choices: () => choices,
    });
    if (fault.kind !== "next") return undefined;
    const spec = await textStep({
      title,
      step: 2,
      totalSteps: 2,
      placeholder: fault.value,
      prompt: t('Behind it can stand c2s or s2c, commands, and if with a filter, such as: s2c if topic == "a"'),
      value: fault.value,
      problem: problemOf,
    });
    if (spec.kind === "cancelled") return undefined;
    if (spec.kind === "next") return spec.value;
  }
}

function problemOf(spec: string): string | undefined {
  const parsed = parseIntervention(spec);
  return parsed.ok ? undefined : t("At character {0}: {1}", parsed.at + 1, parsed.problem);
}
