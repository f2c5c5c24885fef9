import * as vscode from "vscode";
import {
  clientEndpoint,
  type EndpointRole,
  formatEndpoint,
  isProblem,
  parseEndpoint,
  withoutUser,
} from "../shared/endpoint.ts";
import { isEmptySecurity } from "../shared/keys/securityNames.ts";
import { t } from "../shared/l10n.ts";
import { forwardLine, placeLine } from "../shared/machine.ts";
import type { TapState } from "../shared/model.ts";
import type { SecurityNames } from "../shared/security.ts";
import { ANY_LISTEN } from "../shared/settingsCheck.ts";
import { suggestName } from "../shared/tapText.ts";
import { UserError } from "../shared/userError.ts";
import { showDocs } from "./docsCommand.ts";
import { endpointsInWorkspace, type WorkspaceEndpoint } from "./endpointsInWorkspace.ts";
import { suggestListen } from "./freePort.ts";
import { copyEndpointText, thisMachine } from "./machine.ts";
import { type Choice, pickStep, type StepEnd, textStep } from "./quickSteps.ts";
import { reportFailure } from "./reportFailure.ts";
import type { Taps } from "./taps.ts";

export type AttachParts = {
  readonly taps: Taps;
  readonly memory: vscode.Memento;
  readonly log: vscode.LogOutputChannel;
};

export type AttachAnswers = { readonly server: string; readonly listen: string; readonly name: string };

/** In place of a server: whatever a program connects to. */
export const EVERY_CONNECTION = "socks5";

const RECENT_KEY = "zmqTap.recentServers";
const MAX_RECENT = 10;
const TITLE = t("Attach ZMQ Tap");
const TOTAL_STEPS = 3;

/** Asks for server, listen endpoint and name; `undefined` when the user leaves. */
export async function askWhatToAttach({ taps, memory }: AttachParts): Promise<AttachAnswers | undefined> {
  let server = "";
  let listen = await suggestListen();
  let name = "";
  for (let step = 1; step <= TOTAL_STEPS;) {
    let end: StepEnd<string>;
    if (step === 1) {
      const place = { title: TITLE, step, totalSteps: TOTAL_STEPS };
      end = await askServer(
        memory,
        place,
        t("Endpoint of the server, for example tcp://127.0.0.1:5556 or http://127.0.0.1:8000"),
      );
      if (end.kind === "next") server = end.value;
      if (server === EVERY_CONNECTION) return { server, listen, name };
    } else if (step === 2) {
      end = await askListen(server, listen);
      if (end.kind === "next") listen = end.value;
    } else {
      end = await askName(name || suggestName(server, namesOf(taps)));
      if (end.kind === "next") name = end.value;
    }
    if (end.kind === "cancelled") return undefined;
    step += end.kind === "next" ? 1 : -1;
  }
  return { server, listen, name };
}

/** Starts a tap from what was asked, or from a command's arguments. The rest is chosen as the questions suggest it. */
export async function attach(
  { taps, memory }: AttachParts,
  wanted: { server: string; listen?: string; name?: string; confirmed?: boolean; security?: SecurityNames },
): Promise<TapState> {
  const server = checked(wanted.server, "server");
  const listen = checked(wanted.listen ?? ANY_LISTEN, "listen");
  const name = wanted.name ?? suggestName(server, namesOf(taps));
  const recent = memory.get<readonly string[]>(RECENT_KEY, []).filter((known) => known !== server);
  await memory.update(RECENT_KEY, [server, ...recent].slice(0, MAX_RECENT));
  const confirmed = wanted.confirmed === true;
  const { security } = wanted;
  const keys = security === undefined || isEmptySecurity(security) ? {} : { security };
  const config = { id: crypto.randomUUID(), name, server, listen, ...keys };
  return taps.start(config, { owner: "user", keepFailed: false, confirmed });
}

/** The endpoint as it was given, once it is known to be one. */
export function checked(endpoint: string, role: EndpointRole): string {
  const problem = problemOf(endpoint, role);
  if (problem === undefined) return endpoint.trim();
  const shown = withoutUser(endpoint);
  throw new UserError(
    "bad-endpoint",
    role === "server"
      ? t('The server endpoint "{0}" cannot be used: {1}', shown, problem)
      : t('The listen endpoint "{0}" cannot be used: {1}', shown, problem),
  );
}

/** Tells what to change so that traffic goes through the tap, both ways, each with what to copy. */
export async function sayWhatToChange(parts: AttachParts, tap: TapState): Promise<void> {
  const { server, name } = tap.config;
  const listening = clientEndpoint(server, tap.listening || tap.config.listen);
  const place = "takePlace";
  const client = "pointClient";
  const elsewhere = "elsewhere";
  const machine = thisMachine();
  const where = placeLine(listening, machine);
  const choice = await vscode.window.showQuickPick<Choice<string>>(
    [
      {
        label: t("$(copy) Point the client here"),
        description: listening,
        detail: t("Copies it. Write it in the client's program in place of {0}.", server),
        value: client,
      },
      {
        label: t("$(arrow-swap) Let the tap take the server's place"),
        description: server,
        detail: t("Copies a free endpoint for the server to move to; clients stay as they are."),
        value: place,
      },
      ...(where === "" ? [] : [{ label: `$(vm) ${where}`, detail: forwardLine(machine), value: elsewhere }]),
    ],
    {
      title: t('"{0}" is attached: what to change', name),
      placeHolder: t("Choose what to change, or press Escape"),
      ignoreFocusOut: true,
    },
  );
  if (choice?.value === client) await copyEndpointText(listening);
  if (choice?.value === elsewhere) await showDocs("remote");
  if (choice?.value === place) await takePlace(parts, tap);
}

/** Swaps: the server moves to a free port, and the tap listens where the server was. */
async function takePlace({ taps, log }: AttachParts, tap: TapState): Promise<void> {
  const { server, id } = tap.config;
  const moved = clientEndpoint(server, await suggestListen());
  await vscode.env.clipboard.writeText(moved);
  for (;;) {
    const choice = await vscode.window.showInformationMessage(
      t(
        "Start the server on {0} (copied) in place of {1}. When {2} is free, let the tap listen there.",
        moved,
        server,
        server,
      ),
      t("Take Its Place"),
    );
    if (choice === undefined) return;
    try {
      const { config } = taps.find(id);
      await taps.remove(id);
      await taps.start(
        { ...config, server: moved, listen: listenInPlaceOf(server) },
        { owner: "user", keepFailed: true },
      );
      return;
    } catch (error) {
      reportFailure(log, error);
    }
  }
}

/** Where a tap listens that takes the place of a server. */
function listenInPlaceOf(server: string): string {
  const parsed = parseEndpoint(server, "server");
  if (isProblem(parsed) || parsed.transport !== "http") return server;
  const { host, port, source } = parsed;
  return formatEndpoint({ transport: "tcp", host, port, source });
}

type Place = { readonly title: string; readonly step: number; readonly totalSteps: number };

/** Asks for an endpoint to connect to, or with `several` for some of them, apart by spaces. */
export function askServer(
  memory: vscode.Memento,
  place: Place,
  placeholder: string,
  several = false,
): Promise<StepEnd<string>> {
  const recent = memory.get<readonly string[]>(RECENT_KEY, []);
  let inWorkspace: readonly WorkspaceEndpoint[] = [];
  const search = endpointsInWorkspace().then((found) => {
    inWorkspace = found.filter(({ server }) => !recent.includes(server));
  });
  return pickStep<string>({
    ...place,
    placeholder,
    later: search,
    choices: (typed) => [
      ...typedChoice(typed, several),
      ...group(
        "recent",
        recent.map((server) => ({ label: server, value: server })),
      ),
      ...group(
        t("found in the workspace"),
        inWorkspace.map(({ server, where }) => ({ label: server, description: where, value: server })),
      ),
      ...group(t("no endpoint to change"), [
        {
          label: t("$(type-hierarchy) Every connection of a program (SOCKS)"),
          description: t("one line in the program, and all its servers are tapped"),
          value: EVERY_CONNECTION,
        },
      ]),
    ],
  });
}

/** Endpoints that were typed, apart by spaces or commas. */
export function splitEndpoints(typed: string): readonly string[] {
  return typed.split(/[\s,]+/).filter((part) => part !== "");
}

/** What was typed, to be chosen when it is an endpoint; else why it is none. */
function typedChoice(typed: string, several: boolean): readonly Choice<string>[] {
  if (typed === "") return [];
  const all = several ? splitEndpoints(typed) : [typed];
  const problem = all.map((one) => problemOf(one, "server")).find((each) => each !== undefined);
  if (problem === undefined) {
    const description =
      all.length > 1 ? t("use these {0}", all.length) : several ? t("use this one") : t("use this server");
    return [{ label: `$(plug) ${typed}`, description, value: typed, alwaysShow: true, isTyped: true }];
  }
  return [
    {
      label: t("$(info) Not an endpoint yet"),
      detail: asSentence(problem),
      alwaysShow: true,
      isTyped: true,
    },
  ];
}

function group(label: string, choices: readonly Choice<string>[]): readonly Choice<string>[] {
  return choices.length === 0 ? [] : [{ label, kind: vscode.QuickPickItemKind.Separator }, ...choices];
}

function askListen(server: string, suggested: string): Promise<StepEnd<string>> {
  return textStep({
    title: TITLE,
    step: 2,
    totalSteps: TOTAL_STEPS,
    placeholder: "tcp://127.0.0.1:*",
    prompt: t("Where clients will connect instead of {0}. This port is free.", server),
    value: suggested,
    problem: (typed) => {
      const problem = problemOf(typed, "listen");
      return problem === undefined ? undefined : asSentence(problem);
    },
  });
}

function askName(suggested: string): Promise<StepEnd<string>> {
  return textStep({
    title: TITLE,
    step: 3,
    totalSteps: TOTAL_STEPS,
    placeholder: t("Name of the tap"),
    prompt: t("What the log and the view Taps call it."),
    value: suggested,
    problem: (typed) => (typed === "" ? t("Give it a name.") : undefined),
  });
}

function problemOf(endpoint: string, role: EndpointRole): string | undefined {
  const parsed = parseEndpoint(endpoint, role);
  return isProblem(parsed) ? parsed.problem : undefined;
}

/** Problems are written to end a sentence; here they stand alone. */
function asSentence(problem: string): string {
  return problem.charAt(0).toUpperCase() + problem.slice(1);
}

function namesOf(taps: Taps): readonly string[] {
  return taps.list().map((tap) => tap.config.name);
}
