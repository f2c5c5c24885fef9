import * as vscode from "vscode";
import {
  asksRemotes,
  BRIDGE_KINDS,
  type BridgeConfig,
  type BridgeKind,
  type BridgeLimits,
  bridgeSockets,
  FAN_OUTS,
  type LegSecurityNames,
  readBridge,
  usualAttach,
} from "../shared/bridges.ts";
import { BRIDGE_KIND_WORDS, spanText, suggestBridgeName } from "../shared/bridgeText.ts";
import { isProblem, parseEndpoint } from "../shared/endpoint.ts";
import { t } from "../shared/l10n.ts";
import { formatBytes } from "../shared/tapText.ts";
import { UserError } from "../shared/userError.ts";
import { askServer, splitEndpoints } from "./attach.ts";
import { suggestListen } from "./freePort.ts";
import { keyStep } from "./keyChoice.ts";
import { type Choice, pickStep, type StepEnd, textStep } from "./quickSteps.ts";
import type { Services } from "./services.ts";

const TITLE = t("Start Bridge");
const TOTAL_STEPS = 6;
const LEGS = ["in", "out"] as const;

type Place = { readonly title: string; readonly step: number; readonly totalSteps: number };
type Leg = { endpoints: string; security: LegSecurityNames };

/** What the last step sets; the rest of it has the defaults of settings. */
type Options = { -readonly [K in OptionName]?: (BridgeConfig & BridgeLimits)[K] };
type OptionName =
  | "name"
  | "fanOut"
  | "timeoutMs"
  | "retries"
  | "recreateTimeoutMs"
  | "persist"
  | "maxMessages"
  | "maxBytes"
  | "maxAgeMs";

/** Asks for kind, both legs with their keys, and options; `undefined` when the user leaves. */
export async function askBridge(services: Services): Promise<BridgeConfig | undefined> {
  let kind: BridgeKind = "rep-req";
  let legs = noLegs();
  let options: Options = {};
  for (let step = 1; step <= TOTAL_STEPS;) {
    const place = { title: TITLE, step, totalSteps: TOTAL_STEPS };
    let end: StepEnd<unknown>;
    if (step === 1) {
      const chosen = await pickStep<BridgeKind>({
        ...place,
        placeholder: t("What kind of bridge?"),
        choices: () => BRIDGE_KINDS.map(kindChoice),
      });
      if (chosen.kind === "next" && chosen.value !== kind) {
        kind = chosen.value;
        legs = noLegs();
        options = {};
      }
      end = chosen;
    } else if (step < TOTAL_STEPS) {
      const name = step <= 3 ? "in" : "out";
      const leg = legs[name];
      if (step % 2 === 0) {
        const typed = await askEndpoints(services, place, kind, name, leg.endpoints);
        if (typed.kind === "next") leg.endpoints = typed.value;
        end = typed;
      } else {
        const chosen = await askLegKeys(services, place, kind, name);
        if (chosen.kind === "next") leg.security = chosen.value;
        end = chosen;
      }
    } else {
      const draft = (): BridgeConfig => readDraft(services, kind, legs, options);
      const chosen = await askOptions(place, draft, options);
      if (chosen.kind === "next") options = chosen.value;
      end = chosen;
    }
    if (end.kind === "cancelled") return undefined;
    step += end.kind === "next" ? 1 : -1;
  }
  return readDraft(services, kind, legs, options);
}

function noLegs(): Record<"in" | "out", Leg> {
  return { in: { endpoints: "", security: {} }, out: { endpoints: "", security: {} } };
}

function kindChoice(kind: BridgeKind): Choice<BridgeKind> {
  const { label, does } = BRIDGE_KIND_WORDS[kind];
  return { label, detail: does, value: kind };
}

function readDraft(
  { bridges }: Services,
  kind: BridgeKind,
  legs: Readonly<Record<"in" | "out", Leg>>,
  { name, maxMessages, maxBytes, maxAgeMs, ...others }: Options,
): BridgeConfig {
  const [from, to] = LEGS.map((leg) => {
    const { endpoints, security } = legs[leg];
    const keys = Object.keys(security).length === 0 ? {} : { security };
    return { endpoints: splitEndpoints(endpoints), ...keys };
  });
  const taken = bridges.list().map(({ config }) => config.name);
  const bound = LEGS.find((leg) => usualAttach(bridgeSockets(kind)[leg]) === "bind") ?? "in";
  const read = readBridge(
    {
      ...others,
      name: name ?? suggestBridgeName(kind, splitEndpoints(legs[bound].endpoints)[0] ?? "", taken),
      kind,
      in: from,
      out: to,
      limits: { maxMessages, maxBytes, maxAgeMs },
    },
    crypto.randomUUID(),
  );
  if ("problem" in read) throw new UserError("bad-bridge", `The bridge ${read.problem}`);
  return read;
}

async function askEndpoints(
  { memory }: Services,
  place: Place,
  kind: BridgeKind,
  leg: "in" | "out",
  before: string,
): Promise<StepEnd<string>> {
  const socket = bridgeSockets(kind)[leg];
  if (usualAttach(socket) === "connect") {
    const what =
      socket === "SUB"
        ? t("Endpoints of publishers, which its SUB connects to; several apart by spaces")
        : t("Endpoints of the server, which its REQ connects to; several apart by spaces");
    return askServer(memory, place, what, true);
  }
  const who = socket === "REP" ? t("Where callers connect.") : t("Where subscribers connect.");
  return textStep({
    ...place,
    placeholder: "tcp://127.0.0.1:*",
    prompt: `${who} ${t("The bridge's {0} listens there; this port is free.", socket)}`,
    value: before === "" ? await suggestListen() : before,
    problem: (typed) => {
      const all = splitEndpoints(typed);
      if (all.length === 0) return t("Write an endpoint such as tcp://127.0.0.1:*");
      const problem = all.map((one) => parseEndpoint(one, "listen")).find(isProblem);
      return problem === undefined ? undefined : t("This cannot be used: {0}", problem.problem);
    },
  });
}

async function askLegKeys(
  { keys }: Services,
  place: Place,
  kind: BridgeKind,
  leg: "in" | "out",
): Promise<StepEnd<LegSecurityNames>> {
  const socket = bridgeSockets(kind)[leg];
  const asClient = usualAttach(socket) === "connect";
  const placeholder = asClient
    ? t("How does its {0} get in?", socket)
    : t("How do programs get in to its {0}?", socket);
  const chosen = await keyStep(keys, place, asClient, placeholder);
  if (chosen.kind !== "next") return chosen;
  const { serverPair, serverKey, plain } = chosen.value;
  if (serverKey === undefined)
    return { kind: "next", value: { ...(serverPair && { serverPair }), ...(plain && { plain }) } };
  const all = await keys.list();
  if (!all.some((key) => key.kind === "pair")) return { kind: "next", value: { serverKey } };
  const shown = await pickStep<string | null>({
    ...place,
    placeholder: t("Which key pair shall the other side see?"),
    choices: () => [
      {
        label: t("$(sparkle) A fresh one"),
        description: t("where any client may connect"),
        value: null,
      },
      ...all.filter((key) => key.kind === "pair").map(({ name }) => ({ label: `$(key) ${name}`, value: name })),
    ],
  });
  if (shown.kind !== "next") return shown;
  return { kind: "next", value: { serverKey, ...(shown.value === null ? {} : { clientPair: shown.value }) } };
}

type OptionChoice = "start" | keyof Options;

/** A menu of all that has a default, until the user starts the bridge. */
async function askOptions(place: Place, draft: () => BridgeConfig, before: Options): Promise<StepEnd<Options>> {
  const options = before;
  for (;;) {
    const config = draft();
    const chosen = await pickStep<OptionChoice>({
      ...place,
      placeholder: t("Start it, or change what it does first"),
      choices: () => optionChoices(config),
    });
    if (chosen.kind !== "next") return chosen;
    if (chosen.value === "start") return { kind: "next", value: options };
    await setOption(options, chosen.value, config);
  }
}

function optionChoices(config: BridgeConfig): readonly Choice<OptionChoice>[] {
  const { kind, name, timeoutMs, retries, recreateTimeoutMs, limits, persist, fanOut } = config;
  const isBuffered = kind === "buffered-rep-req";
  const spans = (ms: number): string => (ms === 0 ? t("never") : spanText(ms));
  const entry = (value: OptionChoice, label: string, description: string, detail: string): Choice<OptionChoice> => ({
    value,
    label,
    description,
    detail,
  });
  return [
    { label: t("$(debug-start) Start"), description: BRIDGE_KIND_WORDS[kind].label, value: "start" },
    { label: t("options"), kind: vscode.QuickPickItemKind.Separator },
    entry("name", t("Name"), name, t("What the log and the view Taps call it")),
    ...(isBuffered
      ? [
          entry(
            "persist",
            t("Keep the queue on disk"),
            persist ? t("yes") : t("no"),
            t("It then outlives the editor and a crash"),
          ),
        ]
      : []),
    ...(asksRemotes(kind)
      ? [
          entry("timeoutMs", t("Timeout"), spans(timeoutMs), t("How long each attempt waits for the server's reply")),
          entry(
            "retries",
            t("Further attempts"),
            retries === null ? t("until too old") : String(retries),
            t("After one that was not answered"),
          ),
          entry("maxMessages", "Queue: messages", String(limits.maxMessages), t("More are refused")),
          entry("maxBytes", "Queue: octets", formatBytes(limits.maxBytes), t("More are refused")),
          entry("maxAgeMs", "Queue: age", spans(limits.maxAgeMs), t("What waits for longer is given up and counted")),
        ]
      : []),
    ...(asksRemotes(kind) && config.out.endpoints.length > 1
      ? [entry("fanOut", t("Several servers"), fanOut, t("All of them get each request, or each in turn"))]
      : []),
    ...(bridgeSockets(kind).in === "SUB"
      ? [entry("recreateTimeoutMs", t("Connect anew after silence"), spans(recreateTimeoutMs), t("Of a publisher"))]
      : []),
  ];
}

async function setOption(options: Options, option: keyof Options, config: BridgeConfig): Promise<void> {
  if (option === "persist") {
    options.persist = !config.persist;
    return;
  }
  if (option === "fanOut") {
    options.fanOut = FAN_OUTS.find((one) => one !== config.fanOut)!;
    return;
  }
  const { limits } = config;
  const isBuffered = config.kind === "buffered-rep-req";
  const now = { ...config, ...limits }[option];
  const isTime = option === "timeoutMs" || option === "maxAgeMs" || option === "recreateTimeoutMs";
  const typed = await vscode.window.showInputBox({
    title: TITLE,
    prompt: [
      QUESTIONS[option],
      ...(option === "retries" && isBuffered ? [t("Leave it empty to try until it is too old.")] : []),
    ].join(" "),
    value: now === null ? "" : String(isTime ? Number(now) / 1000 : now),
    ignoreFocusOut: true,
    validateInput: (text) => problemOf(option, text.trim(), isBuffered),
  });
  if (typed === undefined) return;
  const text = typed.trim();
  if (option === "name") options.name = text;
  else if (option === "retries") options.retries = text === "" ? null : Number(text);
  else options[option] = isTime ? Math.round(Number(text) * 1000) : Number(text);
}

const QUESTIONS = {
  name: t("What the log and the view Taps call it."),
  timeoutMs: t("Seconds that each attempt waits for the server's reply."),
  retries: t("Further attempts after one that was not answered."),
  recreateTimeoutMs: t("Seconds of silence after which a publisher is connected to anew; 0 for never."),
  maxMessages: t("How many messages may wait."),
  maxBytes: t("How many octets may wait."),
  maxAgeMs: t("Seconds that a message may wait; 0 for ever."),
} as const;

/** The limits are those of settings: a draft with the value tells. */
function problemOf(option: keyof typeof QUESTIONS, text: string, isBuffered: boolean): string | undefined {
  if (option === "name") return text === "" ? t("Give it a name.") : undefined;
  if (option === "retries" && text === "" && isBuffered) return undefined;
  const isTime = option === "timeoutMs" || option === "maxAgeMs" || option === "recreateTimeoutMs";
  const value = text === "" ? NaN : isTime ? Math.round(Number(text) * 1000) : Number(text);
  const isLimit = option === "maxMessages" || option === "maxBytes" || option === "maxAgeMs";
  const part = isLimit ? { limits: { [option]: value } } : { [option]: value };
  const kind = isBuffered ? "buffered-rep-req" : "sub-req";
  const read = readBridge({ name: "a", kind, in: "tcp://127.0.0.1:1", out: "tcp://127.0.0.1:2", ...part }, "");
  return "problem" in read ? `It ${read.problem}` : undefined;
}
