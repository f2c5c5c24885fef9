import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { t } from "../shared/l10n.ts";
import { UserError } from "../shared/userError.ts";
import {
  accessProblem,
  DEFAULT_HIGH_WATER_MARK,
  DEFAULT_TIMEOUT_MS,
  originProblem,
  readEndpointRule,
  tokenProblem,
  type WebBridgeConfig,
  type WebBridgeState,
} from "../shared/webBridge.ts";
import type { CommandArguments } from "./commandArguments.ts";
import { copyEndpointText } from "./machine.ts";
import { type StepEnd, textStep } from "./quickSteps.ts";
import type { Services } from "./services.ts";
import { requireTrust } from "./trust.ts";
import { WebBridges } from "./webBridges.ts";

const TITLE = t("Start Web Bridge");
const TOTAL_STEPS = 3;
const TOKEN_BYTES = 24;
const DEFAULT_ALLOWED = "tcp://127.0.0.1:*";
const COPY_URL = t("Copy URL");
const COPY_TOKEN = t("Copy Token");

type Answers = { readonly allow: readonly string[]; readonly origins: readonly string[]; readonly port: number };

/** Starts a web bridge. `undefined` when the user leaves the questions. */
export async function startWebBridge(services: Services, args: CommandArguments): Promise<WebBridgeState | undefined> {
  requireTrust(TITLE);
  const webBridges = bridgesOf(services);
  if (args.allow === undefined && args.quiet === true) {
    throw new UserError(
      "argument-missing",
      'No endpoint was given that pages may use. Call the command with {"allow": ["tcp://127.0.0.1:10001"]}.',
    );
  }
  const answers: Answers | undefined =
    args.allow === undefined ? await ask() : { allow: args.allow, origins: args.origins ?? [], port: args.port ?? 0 };
  if (answers === undefined) return undefined;
  const state = await webBridges.start(configOf(answers, args, namesOf(webBridges.list())));
  // Not waited for: the bridge is there, and what to copy stands in the view Taps, too.
  if (args.quiet !== true) void sayWhere(state, webBridges.token(state.id));
  return state;
}

export async function restartWebBridge(
  services: Services,
  args: CommandArguments,
): Promise<WebBridgeState | undefined> {
  requireTrust(TITLE);
  const bridge = await choose(services, args, t("Start which web bridge again?"));
  return bridge && bridgesOf(services).restart(bridge.id);
}

export async function stopWebBridge(services: Services, args: CommandArguments): Promise<WebBridgeState | undefined> {
  const bridge = await choose(services, args, t("Stop which web bridge?"));
  return bridge && bridgesOf(services).stop(bridge.id);
}

export async function removeWebBridge(services: Services, args: CommandArguments): Promise<void> {
  const bridge = await choose(services, args, t("Remove which web bridge?"));
  if (bridge !== undefined) await bridgesOf(services).remove(bridge.id);
}

export async function copyWebBridgeUrl(services: Services, args: CommandArguments): Promise<string | undefined> {
  const bridge = await choose(services, args, t("Copy the URL of which web bridge?"));
  if (bridge === undefined) return undefined;
  if (bridge.url === "")
    throw new UserError("not-listening", t('The web bridge "{0}" is stopped. Start it first.', bridge.name));
  await copyEndpointText(bridge.url);
  return bridge.url;
}

/** The token goes to the clipboard, and nowhere else. */
export async function copyWebBridgeToken(services: Services, args: CommandArguments): Promise<void> {
  const bridge = await choose(services, args, t("Copy the token of which web bridge?"));
  if (bridge === undefined) return;
  const token = bridgesOf(services).token(bridge.id);
  if (token === null) throw new UserError("no-token", t('The web bridge "{0}" wants no token.', bridge.name));
  await vscode.env.clipboard.writeText(token);
  vscode.window.setStatusBarMessage(t('Copied the token of "{0}"', bridge.name), 5000);
}

/** The web bridge of that id, else the first of that name. Throws when there is none. */
export function webBridgeOf(services: Services, idOrName: string): WebBridgeState {
  const all = bridgesOf(services).list();
  const named = all.find(({ id }) => id === idOrName) ?? all.find(({ name }) => name === idOrName);
  if (named === undefined) throw new UserError("no-such-bridge", t('There is no web bridge "{0}".', idOrName));
  return named;
}

function bridgesOf({ webBridges, engine }: Services): WebBridges {
  return webBridges.bridges(() => new WebBridges(engine, webBridges));
}

async function choose(
  services: Services,
  { webBridge, quiet }: CommandArguments,
  placeHolder: string,
): Promise<WebBridgeState | undefined> {
  if (webBridge !== undefined) return webBridgeOf(services, webBridge);
  const all = bridgesOf(services).list();
  if (all.length === 0) throw new UserError("no-bridge", t("There is no web bridge. Start one first."));
  if (all.length === 1) return all[0];
  if (quiet === true) {
    throw new UserError(
      "which-bridge",
      'There are several web bridges. Call the command with {"webBridge": "its name"}.',
    );
  }
  const choices = all.map((bridge) => ({ label: bridge.name, description: bridge.url, bridge }));
  return (await vscode.window.showQuickPick(choices, { placeHolder }))?.bridge;
}

function configOf(
  { allow, origins, port }: Answers,
  { name, token, functions, topics, timeoutMs }: CommandArguments,
  taken: readonly string[],
): WebBridgeConfig {
  const endpoints = allow.map((text) => {
    const rule = readEndpointRule(text);
    if ("problem" in rule) throw new UserError("bad-argument", rule.problem);
    return rule;
  });
  const access = {
    token: token ?? randomBytes(TOKEN_BYTES).toString("base64url"),
    origins,
    endpoints,
    functions: functions ?? null,
    topics: topics ?? null,
  };
  const problem =
    portProblem(String(port)) ?? originsProblem(origins) ?? tokenProblem(access.token) ?? accessProblem(access);
  if (problem !== undefined) throw new UserError("bad-argument", problem);
  return {
    id: crypto.randomUUID(),
    name: name ?? unused(t("web bridge"), taken),
    port,
    highWaterMark: DEFAULT_HIGH_WATER_MARK,
    timeoutMs: timeoutMs ?? DEFAULT_TIMEOUT_MS,
    access,
  };
}

async function ask(): Promise<Answers | undefined> {
  let allow = DEFAULT_ALLOWED;
  let origins = "";
  let port = "";
  for (let step = 1; step <= TOTAL_STEPS;) {
    const place = { title: TITLE, step, totalSteps: TOTAL_STEPS };
    let end: StepEnd<string>;
    if (step === 1) {
      end = await textStep({
        ...place,
        placeholder: DEFAULT_ALLOWED,
        prompt: t(
          "Endpoints that pages may use with REQ and SUB, separated by spaces; * is any port. For a REP, which listens, write REP=tcp://127.0.0.1:10003.",
        ),
        value: allow,
        problem: allowProblem,
      });
      if (end.kind === "next") allow = end.value;
    } else if (step === 2) {
      end = await textStep({
        ...place,
        placeholder: "http://localhost:5173",
        prompt: t(
          "Where the pages come from: their origins, separated by spaces, such as http://localhost:*. Empty for pages of the bridge's own only.",
        ),
        value: origins,
        problem: (typed) => originsProblem(wordsOf(typed)),
      });
      if (end.kind === "next") origins = end.value;
    } else {
      end = await textStep({
        ...place,
        placeholder: t("a free port"),
        prompt: t("Port of 127.0.0.1 that pages connect to; empty for a free one."),
        value: port,
        problem: (typed) => portProblem(typed),
      });
      if (end.kind === "next") port = end.value;
    }
    if (end.kind === "cancelled") return undefined;
    step += end.kind === "next" ? 1 : -1;
  }
  return { allow: wordsOf(allow), origins: wordsOf(origins), port: Number(port) };
}

async function sayWhere({ url }: WebBridgeState, token: string | null): Promise<void> {
  const choice = await vscode.window.showInformationMessage(
    t("Pages reach ZeroMQ at {0}, and import its client from {1}/zmq.js.", url, url),
    COPY_URL,
    COPY_TOKEN,
  );
  if (choice === COPY_URL) await vscode.env.clipboard.writeText(url);
  if (choice === COPY_TOKEN && token !== null) await vscode.env.clipboard.writeText(token);
}

function allowProblem(typed: string): string | undefined {
  const words = wordsOf(typed);
  if (words.length === 0) return t("Write at least one endpoint, such as tcp://127.0.0.1:10001.");
  for (const word of words) {
    const rule = readEndpointRule(word);
    if ("problem" in rule) return rule.problem;
  }
  return undefined;
}

function originsProblem(origins: readonly string[]): string | undefined {
  for (const origin of origins) {
    const problem = originProblem(origin);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function portProblem(typed: string): string | undefined {
  return /^\d{0,5}$/.test(typed) && Number(typed) <= 65_535
    ? undefined
    : t('"{0}" is no port. Ports are numbers up to 65535.', typed);
}

function wordsOf(typed: string): readonly string[] {
  return typed.split(/\s+/).filter((word) => word !== "");
}

function namesOf(bridges: readonly WebBridgeState[]): readonly string[] {
  return bridges.map(({ name }) => name);
}

function unused(stem: string, taken: readonly string[]): string {
  let name = stem;
  for (let n = 2; taken.includes(name); n++) name = `${stem} (${n})`;
  return name;
}
