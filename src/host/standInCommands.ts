import * as vscode from "vscode";
import { DIALECTS, type DialectName } from "../shared/dialects.ts";
import { isProblem, parseEndpoint, type EndpointRole } from "../shared/endpoint.ts";
import { t } from "../shared/l10n.ts";
import type { TapState } from "../shared/model.ts";
import type { SecurityNames } from "../shared/security.ts";
import { ANY_LISTEN } from "../shared/settingsCheck.ts";
import {
  ANSWER_SOCKETS,
  type AnswerSource,
  MAX_DELAY_MS,
  OWN_SERVER,
  SIGNAL_SOCKETS,
  type StandIn,
} from "../shared/standIn.ts";
import { suggestName } from "../shared/tapText.ts";
import { UserError } from "../shared/userError.ts";
import { checked } from "./attach.ts";
import { type CommandArguments, namedDialect } from "./commandArguments.ts";
import { suggestListen } from "./freePort.ts";
import { keyStep } from "./keyChoice.ts";
import { type Choice, pickStep, type StepEnd, textStep } from "./quickSteps.ts";
import type { Services } from "./services.ts";
import { requireTrust } from "./trust.ts";

const ANSWER_TITLE = t("Answer Calls");
const LISTEN_TITLE = t("Listen for Signals");
const EXAMPLE_REPLIES = `{
  "add": { "value": 4 },
  "divide": { "error": "division by zero" },
  "next": { "values": [1, 2, 3] },
  "*": { "value": null }
}
`;

type Answers = {
  readonly from: AnswerSource;
  readonly listen: string;
  readonly socket: (typeof ANSWER_SOCKETS)[number];
  readonly dialect: DialectName | null;
  readonly security: SecurityNames;
};

/** Starts a server that answers calls in place of the real one. `undefined` when the user leaves the questions. */
export async function answerCalls(services: Services, args: CommandArguments): Promise<TapState | undefined> {
  requireTrust(ANSWER_TITLE);
  const given = givenSource(args);
  if (given === undefined && args.quiet === true) {
    throw new UserError(
      "argument-missing",
      'Nothing was given to answer from. Call the command with {"from": "log"}, {"uri": a capture file} or {"replies": "replies.json"}.',
    );
  }
  const answers = given === undefined ? await askAnswers(services) : givenAnswers(given, args);
  if (answers === undefined) return undefined;
  const { from, listen, socket, dialect, security } = answers;
  const delayMs = Math.min(args.delayMs ?? 0, MAX_DELAY_MS);
  const standIn: StandIn = { kind: "answers", socket, from, dialect, delayMs };
  const tap = await start(services, args, standIn, { server: OWN_SERVER, listen, security });
  if (args.quiet !== true) {
    const { known = 0, leftOut = 0 } = tap.standIn ?? {};
    const said =
      from.kind === "replies"
        ? t("Calls to {0} are answered from {1} methods.", tap.listening, known)
        : t("Calls to {0} are answered from {1} recorded exchanges.", tap.listening, known);
    const without = leftOut === 0 ? "" : t("{0} were left out, being too large or too many.", leftOut);
    void vscode.window.showInformationMessage(`${said} ${without}`.trim());
  }
  return tap;
}

/** Starts a socket that takes signals and shows them in the log. `undefined` when the user leaves the questions. */
export async function listenForSignals(services: Services, args: CommandArguments): Promise<TapState | undefined> {
  requireTrust(LISTEN_TITLE);
  const socket = SIGNAL_SOCKETS.find((known) => known === args.as);
  if (args.quiet === true && (socket === undefined || (args.server === undefined && args.listen === undefined))) {
    throw new UserError(
      "argument-missing",
      'Something is missing. Call the command with {"as": "REP", "listen": "tcp://127.0.0.1:5667"}, or with a "server" that a SUB or PULL connects to.',
    );
  }
  const wanted =
    socket !== undefined && (args.server ?? args.listen) !== undefined
      ? {
          socket,
          connects: args.server !== undefined,
          endpoint: args.server ?? args.listen ?? "",
          security: args.security ?? {},
        }
      : await askListener(services);
  if (wanted === undefined) return undefined;
  const { connects, endpoint, security } = wanted;
  const standIn: StandIn = { kind: "signals", socket: wanted.socket, topics: args.topics ?? [], connects };
  if (connects && wanted.socket === "REP")
    throw new UserError("bad-argument", 'A REP is connected to. Call the command with "listen" instead of "server".');
  const ends = connects ? { server: endpoint, listen: ANY_LISTEN } : { server: OWN_SERVER, listen: endpoint };
  const tap = await start(services, args, standIn, { ...ends, security });
  if (args.quiet !== true) {
    const { name } = tap.config;
    void vscode.window.showInformationMessage(
      connects
        ? t('Signals from {0} are shown in the log as those of "{1}".', endpoint, name)
        : t('Signals on {0} are shown in the log as those of "{1}".', tap.listening, name),
    );
  }
  return tap;
}

async function start(
  { taps }: Services,
  args: CommandArguments,
  standIn: StandIn,
  ends: { readonly server: string; readonly listen: string; readonly security: SecurityNames },
): Promise<TapState> {
  const isConnecting = ends.server !== OWN_SERVER;
  const server = isConnecting ? checked(ends.server, "server") : ends.server;
  const listen = checked(ends.listen, "listen");
  const names = taps.list().map(({ config }) => config.name);
  const stem = suggestName(isConnecting ? server : listen.replace(/:\*$/, ""), []).replace(/^tap /, "");
  const name = args.name ?? unused(`${standIn.kind === "answers" ? "answers" : "signals"} ${stem}`, names);
  const security = Object.keys(ends.security).length === 0 ? {} : { security: ends.security };
  const config = { id: crypto.randomUUID(), name, server, listen, standIn, ...security };
  return taps.start(config, { owner: "user", keepFailed: false, confirmed: args.confirmed === true });
}

function unused(stem: string, taken: readonly string[]): string {
  let name = stem;
  for (let n = 2; taken.includes(name); n++) name = `${stem} (${n})`;
  return name;
}

function givenSource({ from, uri, replies, tap }: CommandArguments): AnswerSource | undefined {
  if (replies !== undefined) return { kind: "replies", path: inWorkspace(replies) };
  if (uri !== undefined) return { kind: "capture", path: uri.fsPath };
  return from === "log" ? { kind: "live", tap: tap ?? null } : undefined;
}

function givenAnswers(from: AnswerSource, args: CommandArguments): Answers {
  return {
    from,
    listen: args.listen ?? ANY_LISTEN,
    socket: ANSWER_SOCKETS.find((known) => known === args.as) ?? "REP",
    dialect: namedDialect(args),
    security: args.security ?? {},
  };
}

/** A path that is not absolute is one in the first folder of the workspace. */
function inWorkspace(path: string): string {
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (folder === undefined || /^([/\\]|[a-z]:)/i.test(path)) return path;
  return vscode.Uri.joinPath(folder.uri, path).fsPath;
}

async function askAnswers(services: Services): Promise<Answers | undefined> {
  const TOTAL = 5;
  let from: AnswerSource | undefined;
  let listen = await suggestListen();
  let socket: Answers["socket"] = "REP";
  let dialect: DialectName | null = null;
  let security: SecurityNames = {};
  for (let step = 1; step <= TOTAL;) {
    const place = { title: ANSWER_TITLE, step, totalSteps: TOTAL };
    let end: StepEnd<unknown>;
    if (step === 1) {
      const chosen = await pickStep<SourceChoice>({
        ...place,
        placeholder: t("Where do the answers come from?"),
        choices: () => sourceChoices(services),
      });
      if (chosen.kind === "next") {
        from = await sourceOf(chosen.value);
        if (from === undefined) return undefined;
      }
      end = chosen;
    } else if (step === 2) {
      const typed = await endpointStep(place, "listen", t("Where the programs call. This port is free."), listen);
      if (typed.kind === "next") listen = typed.value;
      end = typed;
    } else if (step === 3) {
      const chosen = await pickStep<Answers["socket"]>({
        ...place,
        placeholder: t("Which socket?"),
        choices: () => [
          { label: "REP", description: t("one call at a time, for REQ programs"), value: "REP" },
          {
            label: "ROUTER",
            description: t("many calls at once, for DEALER and REQ programs"),
            value: "ROUTER",
          },
        ],
      });
      if (chosen.kind === "next") socket = chosen.value;
      end = chosen;
    } else if (step === 4) {
      const chosen = await pickStep<DialectName | "detect">({
        ...place,
        placeholder: t("What are the calls written in?"),
        choices: () => [
          {
            label: t("Find Out"),
            description: t("what each call looks like"),
            value: "detect",
          },
          ...DIALECTS.map((name) => ({ label: name, value: name })),
        ],
      });
      if (chosen.kind === "next") dialect = chosen.value === "detect" ? null : chosen.value;
      end = chosen;
    } else {
      const chosen = await keyStep(services.keys, place, false);
      if (chosen.kind === "next") security = chosen.value;
      end = chosen;
    }
    if (end.kind === "cancelled") return undefined;
    step += end.kind === "next" ? 1 : -1;
  }
  return from && { from, listen, socket, dialect, security };
}

type SourceChoice = AnswerSource | "capture" | "replies" | "example";

function sourceChoices({ taps }: Services): readonly Choice<SourceChoice>[] {
  const tapped = taps.list().filter(({ config, messages }) => config.standIn === undefined && messages > 0);
  const named = tapped.map(({ config: { name } }) => ({
    label: t('$(radio-tower) Calls through "{0}"', name),
    description: t("in the log"),
    value: { kind: "live", tap: name } as const,
  }));
  return [
    {
      label: t("$(list-flat) The Log"),
      description: t("all calls in it with their replies"),
      value: { kind: "live", tap: null },
    },
    ...(named.length > 1 ? named : []),
    {
      label: t("$(file-binary) Capture File…"),
      description: t("pcapng or pcap"),
      value: "capture",
    },
    {
      label: t("$(json) File of Fixed Replies…"),
      description: t("JSON, a reply for each method"),
      value: "replies",
    },
    {
      label: t("$(new-file) Example of Fixed Replies"),
      description: t("to be changed and saved"),
      value: "example",
    },
  ];
}

async function sourceOf(choice: SourceChoice): Promise<AnswerSource | undefined> {
  if (typeof choice === "object") return choice;
  if (choice === "example") {
    const document = await vscode.workspace.openTextDocument({ language: "json", content: EXAMPLE_REPLIES });
    await vscode.window.showTextDocument(document);
    return undefined;
  }
  const filters: Record<string, string[]> =
    choice === "capture" ? { "Capture files": ["pcapng", "pcap", "cap", "ntar"] } : { JSON: ["json"] };
  const chosen = await vscode.window.showOpenDialog({
    title: ANSWER_TITLE,
    openLabel: t("Answer From It"),
    filters: { ...filters, "All files": ["*"] },
  });
  const [file] = chosen ?? [];
  return file && { kind: choice, path: file.fsPath };
}

type Listener = {
  readonly socket: (typeof SIGNAL_SOCKETS)[number];
  readonly connects: boolean;
  readonly endpoint: string;
  readonly security: SecurityNames;
};

const LISTENERS: readonly Choice<Pick<Listener, "socket" | "connects">>[] = [
  {
    label: t("REP that acknowledges"),
    description: t("answers each with OK, for frontend-backend signals"),
    value: { socket: "REP", connects: false },
  },
  { label: t("SUB that connects to a publisher"), value: { socket: "SUB", connects: true } },
  { label: t("SUB that publishers connect to"), value: { socket: "SUB", connects: false } },
  { label: t("PULL that connects to a PUSH"), value: { socket: "PULL", connects: true } },
  { label: t("PULL that PUSH programs connect to"), value: { socket: "PULL", connects: false } },
];

async function askListener(services: Services): Promise<Listener | undefined> {
  const TOTAL = 3;
  let kind: Pick<Listener, "socket" | "connects"> = { socket: "REP", connects: false };
  let endpoint = await suggestListen();
  let security: SecurityNames = {};
  for (let step = 1; step <= TOTAL;) {
    const place = { title: LISTEN_TITLE, step, totalSteps: TOTAL };
    let end: StepEnd<unknown>;
    if (step === 1) {
      const chosen = await pickStep({
        ...place,
        placeholder: t("How do the signals come?"),
        choices: () => LISTENERS,
      });
      if (chosen.kind === "next") kind = chosen.value;
      end = chosen;
    } else if (step === 2) {
      const typed = kind.connects
        ? await endpointStep(place, "server", t("The endpoint that sends the signals."), "")
        : await endpointStep(place, "listen", t("Where the programs send their signals. This port is free."), endpoint);
      if (typed.kind === "next") endpoint = typed.value;
      end = typed;
    } else {
      const chosen = await keyStep(services.keys, place, kind.connects);
      if (chosen.kind === "next") security = chosen.value;
      end = chosen;
    }
    if (end.kind === "cancelled") return undefined;
    step += end.kind === "next" ? 1 : -1;
  }
  return { ...kind, endpoint, security };
}

type Place = { readonly title: string; readonly step: number; readonly totalSteps: number };

function endpointStep(place: Place, role: EndpointRole, prompt: string, value: string): Promise<StepEnd<string>> {
  return textStep({
    ...place,
    placeholder: role === "listen" ? ANY_LISTEN : "tcp://127.0.0.1:5667",
    prompt,
    value,
    problem: (typed) => {
      const parsed = parseEndpoint(typed, role);
      if (isProblem(parsed)) return t("This cannot be used: {0}", parsed.problem);
      return parsed.transport === "http" ? t("This cannot be used: signals come from ZeroMQ sockets only.") : undefined;
    },
  });
}
