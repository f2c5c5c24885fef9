import * as vscode from "vscode";
import { formatEndpoint, isLoopback, isProblem, parseEndpoint } from "../shared/endpoint.ts";
import { UserError } from "../shared/userError.ts";

const ALLOWED_KEY = "zmqTap.allowedListen";
const MAX_ALLOWED = 100;

/**
 * Listening on anything but loopback lets other machines in, so the user is asked once per endpoint. Rejects when that is not
 * agreed to. `what` is the tap or bridge as a sentence calls it, `reached` what those who connect come to.
 */
export async function confirmListen(
  memory: vscode.Memento,
  wanted: { readonly endpoint: string; readonly what: string; readonly reached: string },
): Promise<void> {
  const endpoint = parseEndpoint(wanted.endpoint, "listen");
  if (isProblem(endpoint)) return; // The engine refuses it in its own words.
  const isOpen = endpoint.transport === "tcp" && (endpoint.host === "*" || !isLoopback(endpoint));
  if (!isOpen) return;
  const listen = formatEndpoint(endpoint);
  const allowed = memory.get<readonly string[]>(ALLOWED_KEY, []);
  if (allowed.includes(listen)) return;
  const choice = await vscode.window.showWarningMessage(
    `Let other machines reach the ${wanted.what}?`,
    { modal: true, detail: `It would listen on ${listen}, and whoever connects there reaches ${wanted.reached}.` },
    "Listen",
  );
  if (choice !== "Listen") {
    throw new UserError(
      "not-confirmed",
      `The ${wanted.what} was not started, since listening on ${listen} was not agreed to. Listen on 127.0.0.1 instead.`,
    );
  }
  await memory.update(ALLOWED_KEY, [...allowed, listen].slice(-MAX_ALLOWED));
}
