import * as vscode from "vscode";
import { rowsText } from "../shared/captureText.ts";
import { isProblem, parseEndpoint } from "../shared/endpoint.ts";
import type { ExportedRows } from "../shared/engineProtocol.ts";
import { t } from "../shared/l10n.ts";
import type { CaptureId } from "../shared/model.ts";
import {
  DEFAULT_REPLY_MS,
  MAX_SPEED,
  MIN_SPEED,
  type ReplayDifference,
  type ReplayOptions,
  replayProgressText,
  type ReplaySummary,
  type ReplayTarget,
  replayText,
  type ReplayTiming,
} from "../shared/replaySession.ts";
import type { SecurityNames } from "../shared/security.ts";
import { UserError } from "../shared/userError.ts";
import { heldCapture } from "./captureSource.ts";
import type { CommandArguments } from "./commandArguments.ts";
import { withJobProgress } from "./jobProgress.ts";
import { askServerKeys } from "./keyChoice.ts";
import { type Choice, pickOne, pickStep, type StepEnd } from "./quickSteps.ts";
import { reportFailure } from "./reportFailure.ts";
import type { Services } from "./services.ts";
import { type Target, targetOf, tellTarget } from "./target.ts";
import { requireTrust } from "./trust.ts";

const TITLE = t("Replay Session");
const TOTAL_STEPS = 3;
const SHOW_DIFFERENCES = t("Show Differences");
const SHOW_ROWS = t("Show Rows");
/** What the log shows of a replay through a tap. */
const REPLAYED = "origin == replay";

type Where = { readonly target: ReplayTarget; readonly withKeys?: true };
type Wanted = {
  readonly rows: ExportedRows;
  readonly options: ReplayOptions;
  readonly security: SecurityNames | undefined;
};

/**
 * Sends messages of the log, or of an opened file, again. Asks for what is not given; `undefined` when the user leaves.
 * Answers with what came of it.
 */
export async function replaySession(services: Services, all: CommandArguments): Promise<ReplaySummary | undefined> {
  requireTrust(TITLE);
  const { uri, ...others } = all;
  // An editor's menu names the file it shows.
  const view = uri === undefined ? undefined : services.captureFiles.viewOf(uri);
  const args: CommandArguments = view === undefined ? others : { ...others, view };
  const target = targetOf(services, args);
  const capture = await heldCapture(target.source);
  const wanted = args.quiet === true ? given(args, target) : await askWhat(services, args, target);
  if (wanted === undefined) return undefined;
  const job = crypto.randomUUID();
  const summary = await send(services, capture, wanted, job, args);
  services.log.info(replayText(summary));
  // Not waited for: the summary is there, and may be read later.
  if (args.quiet !== true) void show(services, target, wanted, summary, job);
  return summary;
}

/** The same with the rows that are selected. */
export function replaySelection(services: Services, args: CommandArguments): Promise<ReplaySummary | undefined> {
  return replaySession(services, { ...args, rows: args.rows ?? "selected" });
}

/** What a script has said, with what is usual for the rest. */
function given(args: CommandArguments, target: Target): Wanted {
  if (args.target === undefined && target.source.file !== null && args.tap === undefined) {
    throw new UserError("argument-missing", 'No target was given. Call the command with a "target" or a "tap".');
  }
  return {
    rows: rowsOf(args, target) ?? { kind: "all" },
    options: optionsOf(
      args,
      targetGiven(args) ?? { kind: "tap", tap: null },
      args.timing ?? { kind: "recorded", speed: 1 },
    ),
    security: args.security,
  };
}

async function askWhat(services: Services, args: CommandArguments, target: Target): Promise<Wanted | undefined> {
  const answers: { rows?: ExportedRows; where?: Where; timing?: ReplayTiming } = {};
  const given = { rows: rowsOf(args, target), where: targetGiven(args), timing: args.timing };
  const steps = [
    async (): Promise<StepEnd<unknown>> => {
      if (given.rows === undefined) return keep(await askRows(target), (rows) => (answers.rows = rows));
      answers.rows = given.rows;
      return { kind: "next", value: null };
    },
    async (): Promise<StepEnd<unknown>> => {
      if (given.where === undefined) return keep(await askWhere(services, target), (where) => (answers.where = where));
      answers.where = { target: given.where };
      return { kind: "next", value: null };
    },
    async (): Promise<StepEnd<unknown>> => {
      if (given.timing === undefined) return keep(await askTiming(), (timing) => (answers.timing = timing));
      answers.timing = given.timing;
      return { kind: "next", value: null };
    },
  ];
  for (let at = 0; at < steps.length;) {
    const end = await steps[at]!();
    if (end.kind === "cancelled") return undefined;
    if (end.kind === "back" && at === 0) return undefined;
    at += end.kind === "next" ? 1 : -1;
  }
  const { rows, where, timing } = answers;
  if (rows === undefined || where === undefined || timing === undefined) return undefined;
  const security = where.withKeys === true ? await askSecurity(services) : args.security;
  if (where.withKeys === true && security === undefined) return undefined;
  return { rows, options: optionsOf(args, where.target, timing), security };
}

function keep<T>(end: StepEnd<T>, use: (value: T) => void): StepEnd<T> {
  if (end.kind === "next") use(end.value);
  return end;
}

function optionsOf(args: CommandArguments, target: ReplayTarget, timing: ReplayTiming): ReplayOptions {
  return {
    target,
    timing,
    loops: args.loops ?? 1,
    from: args.from === "client" || args.from === "server" ? args.from : null,
    as: args.socket ?? null,
    timeoutMs: args.timeoutMs ?? DEFAULT_REPLY_MS,
  };
}

function targetGiven({ target, tap, bind }: CommandArguments): ReplayTarget | undefined {
  if (target === undefined) return tap === undefined ? undefined : { kind: "tap", tap };
  return target.kind === "tap" ? target : { ...target, bind: bind === true };
}

/** What the arguments say about the rows, if anything. */
function rowsOf({ rows, filter, n }: CommandArguments, { view }: Target): ExportedRows | undefined {
  if (rows === undefined) return filter === undefined ? undefined : { kind: "filtered", text: filter };
  if (typeof rows !== "string") return { kind: "selected", rows };
  switch (rows) {
    case "all":
      return { kind: "all" };
    case "filtered":
      return { kind: "filtered", text: filter ?? view?.filter ?? "" };
    case "selected": {
      const { selected = [], activeRow = null } = view ?? {};
      const clicked = n ?? activeRow;
      // A menu on a row outside of the selection means that row.
      if (selected.length > 0 && (n === undefined || selected.includes(n))) return { kind: "selected", rows: selected };
      if (clicked === null)
        throw new UserError(
          "no-row",
          t("No message is selected. Select messages in the log first, or replay all of it."),
        );
      return { kind: "selected", rows: [clicked] };
    }
  }
}

function askRows({ view, source }: Target): Promise<StepEnd<ExportedRows>> {
  const filter = view?.filter ?? "";
  const hits = view?.hits;
  const selected = view?.selected ?? [];
  const choices: Choice<ExportedRows>[] = [
    { label: t("All messages"), description: rowsText(source.stats?.kept ?? 0), value: { kind: "all" } },
  ];
  if (filter !== "") {
    const label = hits === null || hits === undefined ? t("Filtered messages") : t("Filtered: {0}", rowsText(hits));
    choices.push({ label, description: filter, value: { kind: "filtered", text: filter } });
  }
  if (selected.length > 0) {
    choices.push({
      label: t("Selected: {0}", rowsText(selected.length)),
      value: { kind: "selected", rows: selected },
    });
  }
  return pickStep<ExportedRows>({
    title: source.file === null ? TITLE : t("{0} of {1}", TITLE, source.file),
    step: 1,
    totalSteps: TOTAL_STEPS,
    placeholder: t("Replay which messages? Replies are compared, not sent"),
    choices: () => choices,
  });
}

function askWhere({ taps }: Services, { source }: Target): Promise<StepEnd<Where>> {
  const running = taps
    .list()
    .filter(({ status, config }) => ["listening", "server-down"].includes(status) && config.socks === undefined);
  const throughTaps: Choice<Where>[] = [
    ...(source.file === null && running.length > 0
      ? [
          {
            label: t("$(radio-tower) Through the taps that recorded them"),
            detail: t("To the same servers and subscribers, as far as they are there"),
            value: { target: { kind: "tap", tap: null } } satisfies Where,
          },
        ]
      : []),
    ...running.map(({ config }) => ({
      label: t('$(radio-tower) Through "{0}"', config.name),
      description: config.server,
      value: { target: { kind: "tap", tap: config.id } } satisfies Where,
    })),
  ];
  return pickStep<Where>({
    title: TITLE,
    step: 2,
    totalSteps: TOTAL_STEPS,
    placeholder: t("Replay to where? Choose a tap, or type an endpoint such as tcp://127.0.0.1:5556"),
    choices: (typed) => [...endpointChoices(typed), ...throughTaps],
  });
}

/** What can be done with an endpoint that was typed. */
function endpointChoices(typed: string): readonly Choice<Where>[] {
  if (!/[:/]/.test(typed)) return [];
  const asServer = parseEndpoint(typed, "server");
  const asListener = parseEndpoint(typed, "listen");
  const at = (bind: boolean): ReplayTarget => ({ kind: "endpoint", endpoint: typed, bind });
  const shown = { alwaysShow: true } as const;
  if (isProblem(asServer) && isProblem(asListener)) {
    return [{ label: t("$(info) Not an endpoint yet"), detail: asServer.problem, ...shown }];
  }
  return [
    ...(isProblem(asServer)
      ? []
      : [
          // Labels begin alike, since the list is sorted by where the text stands in them.
          {
            label: `$(plug) ${typed}`,
            description: t("send to this server"),
            value: { target: at(false) },
            isTyped: true as const,
            ...shown,
          },
          {
            label: t("$(key) {0} with keys…", typed),
            description: t("send to this CURVE or PLAIN server"),
            value: { target: at(false), withKeys: true } as const,
            ...shown,
          },
        ]),
    ...(isProblem(asListener)
      ? []
      : [
          {
            label: t("$(broadcast) {0} as an endpoint of our own", typed),
            description: t(
              "listen there as PUB or PUSH; begins with the first that connects, later ones miss what went before",
            ),
            value: { target: at(true) },
            ...shown,
          },
        ]),
  ];
}

function askTiming(): Promise<StepEnd<ReplayTiming>> {
  const usual: readonly Choice<ReplayTiming>[] = [
    { label: t("As recorded"), description: "×1", value: { kind: "recorded", speed: 1 } },
    { label: t("Ten times as fast"), description: "×10", value: { kind: "recorded", speed: 10 } },
    { label: t("Wait for each reply"), value: { kind: "wait" } },
    { label: t("As fast as possible"), value: { kind: "fast" } },
  ];
  return pickStep<ReplayTiming>({
    title: TITLE,
    step: 3,
    totalSteps: TOTAL_STEPS,
    placeholder: t("When? Choose, or type a factor such as x0.5, or a gap such as 20 ms"),
    choices: (typed) => [...typedTiming(typed), ...usual],
  });
}

function typedTiming(typed: string): readonly Choice<ReplayTiming>[] {
  const gap = /^(\d+(?:\.\d+)?)\s*ms$/i.exec(typed)?.[1];
  if (gap !== undefined) {
    const value = { kind: "gap", ms: Number(gap) } as const;
    return [{ label: t("One message every {0} ms", gap), value, alwaysShow: true, isTyped: true }];
  }
  const speed = Number(/^[x×]?\s*(\d+(?:\.\d+)?)\s*[x×]?$/i.exec(typed)?.[1] ?? NaN);
  if (Number.isNaN(speed)) return [];
  if (speed < MIN_SPEED || speed > MAX_SPEED) {
    return [
      {
        label: t("$(info) A factor from {0} to {1}", MIN_SPEED, MAX_SPEED),
        alwaysShow: true,
        isTyped: true,
      },
    ];
  }
  const value = { kind: "recorded", speed } as const;
  return [{ label: t("As recorded, ×{0}", speed), value, alwaysShow: true, isTyped: true }];
}

async function askSecurity({ keys }: Services): Promise<SecurityNames | undefined> {
  const kinds = [
    { label: "CURVE", description: t("the server's public key, and a pair of ours") },
    { label: "PLAIN", description: t("a user with its password") },
  ] as const;
  const kind = await pickOne(kinds, { placeHolder: t("What does the server ask for?") });
  return kind === undefined ? undefined : askServerKeys(await keys.list(), kind.label);
}

async function send(
  services: Services,
  capture: CaptureId,
  { rows, options, security: names }: Wanted,
  job: string,
  args: CommandArguments,
): Promise<ReplaySummary> {
  const { engine, sending, keys } = services;
  const security = names === undefined ? null : await keys.resolve(asClient(names));
  const ask = { job, capture, rows, options, security };
  const run = (): Promise<ReplaySummary> => sending.replaySession(ask, args.confirmed === true);
  if (args.quiet === true) return run();
  // Once it is cancelled, the session answers with how far it came.
  return withJobProgress(engine, { title: t("Replaying"), job }, run, (notice) => {
    if (notice.kind !== "replay/advanced" || notice.progress.job !== job) return null;
    const { rows: done, total } = notice.progress;
    return { message: replayProgressText(notice.progress), done, total };
  });
}

/** Nobody connects to a replay, so that it needs no pair to show to any. */
function asClient(security: SecurityNames): SecurityNames {
  return { ...security, clientLeg: "NULL", serverLeg: security.plain === undefined ? "CURVE" : "PLAIN" };
}

async function show(
  services: Services,
  target: Target,
  { options }: Wanted,
  summary: ReplaySummary,
  job: string,
): Promise<void> {
  const actions = [
    ...(summary.differences.length > 0 ? [SHOW_DIFFERENCES] : []),
    ...(options.target.kind === "tap" && target.source.file === null ? [SHOW_ROWS] : []),
  ];
  const said = replayText(summary);
  const isBad = summary.ended === "failed" || summary.differed + summary.timedOut > 0;
  try {
    const choice = isBad
      ? await vscode.window.showWarningMessage(said, ...actions)
      : await vscode.window.showInformationMessage(said, ...actions);
    if (choice === SHOW_ROWS) await tellTarget(services, target, { kind: "filter/set", text: REPLAYED });
    if (choice === SHOW_DIFFERENCES) await showDifferences(services, summary.differences, job);
  } catch (error) {
    reportFailure(services.log, error);
  }
}

/** A list of the differences; each that is chosen opens beside its recorded reply, until the user leaves. */
async function showDifferences(
  services: Services,
  differences: readonly ReplayDifference[],
  job: string,
): Promise<void> {
  const choices = differences.map((difference, index) => ({
    label: t("Request {0}", difference.request),
    description: difference.kind === "missing" ? t("no reply") : t("recorded reply {0}", difference.reply),
    detail: difference.what,
    index,
  }));
  const choice = await vscode.window.showQuickPick(choices, {
    title: t("{0}: replies that are not as recorded", TITLE),
    placeHolder: t("Choose one to compare"),
    matchOnDetail: true,
  });
  if (choice === undefined) return;
  const { recorded, replayed } = await services.engine.ask("replay/difference", { job, index: choice.index });
  const { request, reply } = differences[choice.index]!;
  await services.comparison.compareTexts(
    { name: t("recorded reply {0}", reply), text: recorded },
    { name: t("replayed reply to {0}", request), text: replayed },
  );
}
