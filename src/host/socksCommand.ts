import * as vscode from "vscode";
import { isProblem, parseEndpoint } from "../shared/endpoint.ts";
import { isEmptySecurity } from "../shared/keys/securityNames.ts";
import { t } from "../shared/l10n.ts";
import type { TapState } from "../shared/model.ts";
import { ANY_DESTINATION, readDestinationPattern, socksAddress, socksLines } from "../shared/socks.ts";
import { UserError } from "../shared/userError.ts";
import { checked } from "./attach.ts";
import type { CommandArguments } from "./commandArguments.ts";
import { isFreePort, suggestListen } from "./freePort.ts";
import { copyEndpointText } from "./machine.ts";
import { type StepEnd, textStep } from "./quickSteps.ts";
import type { Services } from "./services.ts";
import { requireTrust } from "./trust.ts";

const TITLE = t("Attach to Every Connection of a Program (SOCKS)");
const USUAL_PORT = 1080;
const TOTAL_STEPS = 2;

type Answers = { readonly listen: string; readonly allow: readonly string[] };

/** Starts a SOCKS server whose every destination is tapped. `undefined` when the user leaves the questions. */
export async function attachSocks(services: Services, args: CommandArguments): Promise<TapState | undefined> {
  requireTrust(TITLE);
  const isGiven = args.quiet === true || args.listen !== undefined;
  const answers = isGiven
    ? { listen: args.listen ?? (await usualListen()), allow: args.allow ?? [] }
    : await askAnswers(args.allow ?? []);
  if (answers === undefined) return undefined;
  const { listen, allow } = answers;
  for (const pattern of allow) {
    const problem = patternProblem(pattern);
    if (problem !== undefined) throw new UserError("bad-pattern", problem);
  }
  const { security } = args;
  const tap = await services.taps.start(
    {
      id: crypto.randomUUID(),
      name: args.name ?? unused("SOCKS", services),
      server: ANY_DESTINATION,
      listen: checked(listen, "listen"),
      socks: { allow },
      ...(security === undefined || isEmptySecurity(security) ? {} : { security }),
    },
    { owner: "user", keepFailed: false, confirmed: args.confirmed === true },
  );
  // Not waited for: the server is there, and what to write can be read later.
  if (args.quiet !== true) void sayHowToConnect(tap);
  return tap;
}

/** Shows the line that goes into a program, per language, and copies the one that is chosen; gives it. */
export async function sayHowToConnect(tap: TapState): Promise<string | undefined> {
  const listening = tap.listening || tap.config.listen;
  const choices = [
    ...socksLines(listening).map(({ language, line }) => ({
      label: `$(copy) ${line}`,
      description: language,
      line,
    })),
    {
      label: `$(copy) ${socksAddress(listening)}`,
      description: t("the address alone"),
      line: socksAddress(listening),
    },
  ];
  const choice = await vscode.window.showQuickPick(choices, {
    title: t("Every connection is tapped with one line in the program, in front of connect"),
    placeHolder: t("Choose the line to copy, or press Escape. Sockets that bind, ipc and inproc need none."),
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  if (choice === undefined) return undefined;
  await copyEndpointText(choice.line);
  return choice.line;
}

async function askAnswers(suggested: readonly string[]): Promise<Answers | undefined> {
  let listen = await usualListen();
  let allow = suggested.join(", ");
  for (let step = 1; step <= TOTAL_STEPS;) {
    const place = { title: TITLE, step, totalSteps: TOTAL_STEPS };
    let end: StepEnd<string>;
    if (step === 1) {
      end = await textStep({
        ...place,
        placeholder: `tcp://127.0.0.1:${USUAL_PORT}`,
        prompt: t("Where programs find the SOCKS server. This port is free."),
        value: listen,
        problem: listenProblem,
      });
      if (end.kind === "next") listen = end.value;
    } else {
      end = await textStep({
        ...place,
        placeholder: t("everything, or for example 127.0.0.1:*, *.example.org:5000-5999"),
        prompt: t("What programs may connect to, with commas between. Leave it empty for everything."),
        value: allow,
        problem: (typed) =>
          patternsOf(typed)
            .map(patternProblem)
            .find((problem) => problem !== undefined),
      });
      if (end.kind === "next") allow = end.value;
    }
    if (end.kind === "cancelled") return undefined;
    step += end.kind === "next" ? 1 : -1;
  }
  return { listen, allow: patternsOf(allow) };
}

/** The port that SOCKS servers mostly have, or a free one. */
async function usualListen(): Promise<string> {
  return (await isFreePort(USUAL_PORT)) ? `tcp://127.0.0.1:${USUAL_PORT}` : suggestListen();
}

function listenProblem(typed: string): string | undefined {
  const parsed = parseEndpoint(typed, "listen");
  if (isProblem(parsed)) return t("This cannot be used: {0}", parsed.problem);
  return parsed.transport === "tcp"
    ? undefined
    : t("Programs reach a SOCKS server by tcp. Write tcp://127.0.0.1:{0}.", USUAL_PORT);
}

function patternProblem(text: string): string | undefined {
  const pattern = readDestinationPattern(text);
  return "problem" in pattern ? t('"{0}" stands for no destinations: {1}', text, pattern.problem) : undefined;
}

function patternsOf(text: string): readonly string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function unused(stem: string, { taps }: Services): string {
  const taken = taps.list().map(({ config }) => config.name);
  let name = stem;
  for (let n = 2; taken.includes(name); n++) name = `${stem} (${n})`;
  return name;
}
