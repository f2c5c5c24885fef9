import { isLoopback, isProblem, parseEndpoint } from "./endpoint.ts";
import { t } from "./l10n.ts";

/** Where the extension and its taps run, seen from the window. */
export type Machine = {
  /**
   * VS Code's word for what leads there, such as `ssh-remote`, `dev-container` or `wsl`; of a VS Code that is served to a
   * browser the server's address. `null` in a window of this machine.
   */
  readonly remote: string | null;
  /** The window is a page in a browser. */
  readonly isBrowser: boolean;
  /** What the machine calls itself. */
  readonly host: string;
};

/** What comes before the machine's own name, by VS Code's word for the way to it. */
const KINDS: Readonly<Record<string, string>> = {
  "ssh-remote": t("the SSH host"),
  "dev-container": t("the container"),
  "attached-container": t("the container"),
  "k8s-container": t("the container"),
  wsl: t("WSL on"),
  codespaces: t("the codespace"),
  tunnel: t("the remote machine"),
};

/** Which machine that is, to stand behind "on"; empty where there is no other one. */
export function machineWords({ remote, host }: Machine): string {
  if (remote === null) return "";
  return `${KINDS[remote] ?? t("the machine of VS Code's server,")} ${host}`;
}

/** On which machine an endpoint of a tap is, as a sentence; empty where there is no other machine. */
export function placeLine(endpoint: string, machine: Machine): string {
  const words = machineWords(machine);
  if (words === "") return "";
  const parsed = parseEndpoint(endpoint, "listen");
  return isProblem(parsed) || parsed.transport === "ipc" ? t("It is on {0}", words) : t("The port is on {0}", words);
}

/** The same, and who reaches it. */
export function whereLine(endpoint: string, machine: Machine): string {
  const words = machineWords(machine);
  const parsed = parseEndpoint(endpoint, "listen");
  return words !== "" && !isProblem(parsed) && parsed.transport !== "ipc" && isLoopback(parsed)
    ? t("The port is on {0}: programs elsewhere need it forwarded", words)
    : placeLine(endpoint, machine);
}

/** In a row of a quick pick: how programs of the user's own computer reach a port there. */
export function forwardLine({ isBrowser }: Machine): string {
  return isBrowser
    ? t("Programs elsewhere reach it through SSH. Opens the page about it.")
    : t("Programs elsewhere need it forwarded (view Ports). Opens the page about it.");
}
