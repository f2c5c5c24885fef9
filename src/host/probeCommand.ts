import * as vscode from "vscode";
import { isProblem, parseEndpoint } from "../shared/endpoint.ts";
import { t } from "../shared/l10n.ts";
import type { ProbeResult, TapId, TapState } from "../shared/model.ts";
import type { SecurityNames } from "../shared/security.ts";
import { PROBE_WARNING, probeFacts, probeSummary } from "../shared/probeText.ts";
import { UserError } from "../shared/userError.ts";
import { checked } from "./attach.ts";
import type { CommandArguments } from "./commandArguments.ts";
import { askServerKeys } from "./keyChoice.ts";
import type { Services } from "./services.ts";
import { reportFailure } from "./reportFailure.ts";
import { requireTrust } from "./trust.ts";

const COPY = t("Copy");
const TRY = t("Try Keys…");
const TITLE = t("Probe Endpoint");

/**
 * Asks a server what it is: the one that was given, the one of a tap, or one that the user types, who is told in the same
 * step what probing does. Answers with the result; `undefined` when the user leaves.
 */
export async function probeEndpoint(services: Services, args: CommandArguments): Promise<ProbeResult | undefined> {
  requireTrust(TITLE);
  const tap = args.tap === undefined ? undefined : services.taps.find(args.tap);
  const endpoint = await endpointOf(args, tap);
  if (endpoint === undefined) return undefined;
  return probe(services, { ...args, server: endpoint }, tap?.config.server === endpoint ? tap.config.id : null);
}

async function probe(
  services: Services,
  args: CommandArguments & { server: string },
  tap: TapId | null,
): Promise<ProbeResult> {
  const endpoint = args.server;
  const security = args.security === undefined ? null : await services.keys.resolve(asClient(args.security));
  const confirmed = args.confirmed === true ? { confirmed: true } : {};
  const result = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: t("Probing {0}", endpoint) },
    () => services.sending.probe({ endpoint, tap, security, ...confirmed }),
  );
  const summary = probeSummary(result);
  const facts = probeFacts(result).map(({ label, value }) => `${label}: ${value}`);
  services.log.info([summary, ...facts].join(" | "));
  // Not waited for: the result is there, and may be read later.
  if (args.quiet !== true) void show(services, result, summary, facts);
  return result;
}

/** A probe has no clients, so that it needs no pair to show to any. */
function asClient(security: SecurityNames): SecurityNames {
  return { ...security, clientLeg: "NULL", serverLeg: security.plain === undefined ? "CURVE" : "PLAIN" };
}

async function endpointOf(args: CommandArguments, tap: TapState | undefined): Promise<string | undefined> {
  const known = args.server ?? tap?.config.server;
  if (args.quiet !== true) return ask(known ?? "");
  if (known !== undefined) return checked(known, "server");
  throw new UserError("no-server", 'No server was given. Call the command with {"server": "tcp://127.0.0.1:5556"}.');
}

function ask(value: string): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title: TITLE,
    prompt: PROBE_WARNING,
    placeHolder: t("Endpoint of the server, for example tcp://127.0.0.1:5556"),
    value,
    ignoreFocusOut: true,
    validateInput: (typed) => {
      const parsed = parseEndpoint(typed, "server");
      if (isProblem(parsed)) return parsed.problem;
      return parsed.transport === "http" ? t("Only ZeroMQ servers can be asked what they are.") : undefined;
    },
  });
}

async function show(services: Services, result: ProbeResult, summary: string, facts: readonly string[]): Promise<void> {
  const isUntried = result.access === "not-tried" && (result.mechanism === "CURVE" || result.mechanism === "PLAIN");
  const buttons = isUntried ? [TRY, COPY] : [COPY];
  const detail = facts.join("\n");
  const choice = await vscode.window.showInformationMessage(summary, { modal: true, detail }, ...buttons);
  if (choice === COPY) await vscode.env.clipboard.writeText([summary, ...facts].join("\n"));
  if (choice !== TRY) return;
  const mechanism = result.mechanism === "PLAIN" ? "PLAIN" : "CURVE";
  const security = await askServerKeys(await services.keys.list(), mechanism);
  if (security === undefined) return;
  try {
    await probe(services, { server: result.endpoint, security, confirmed: true }, null);
  } catch (error) {
    reportFailure(services.log, error);
  }
}
