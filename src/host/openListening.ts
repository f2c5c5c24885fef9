import * as vscode from "vscode";
import { formatEndpoint, isLoopback, isProblem, parseEndpoint } from "../shared/endpoint.ts";
import { t } from "../shared/l10n.ts";
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
  const agree = t("Listen");
  const choice = await vscode.window.showWarningMessage(
    t("Let other machines reach the {0}?", wanted.what),
    {
      modal: true,
      detail: t("It would listen on {0}, and whoever connects there reaches {1}.", listen, wanted.reached),
    },
    agree,
  );
  if (choice !== agree) {
    throw new UserError(
      "not-confirmed",
      t(
        "The {0} was not started, since listening on {1} was not agreed to. Listen on 127.0.0.1 instead.",
        wanted.what,
        listen,
      ),
    );
  }
  await memory.update(ALLOWED_KEY, [...allowed, listen].slice(-MAX_ALLOWED));
}
