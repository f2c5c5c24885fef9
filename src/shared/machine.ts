import { isLoopback, isProblem, parseEndpoint } from "./endpoint.ts";

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
  "ssh-remote": "the SSH host",
  "dev-container": "the container",
  "attached-container": "the container",
  "k8s-container": "the container",
  wsl: "WSL on",
  codespaces: "the codespace",
  tunnel: "the remote machine",
};

/** Which machine that is, to stand behind "on"; empty where there is no other one. */
export function machineWords({ remote, host }: Machine): string {
  if (remote === null) return "";
  return `${KINDS[remote] ?? "the machine of VS Code's server,"} ${host}`;
}

/** On which machine an endpoint of a tap is, as a sentence, and who reaches it; empty where there is no other machine. */
export function whereLine(endpoint: string, machine: Machine): string {
  const words = machineWords(machine);
  if (words === "") return "";
  const parsed = parseEndpoint(endpoint, "listen");
  if (isProblem(parsed) || parsed.transport === "ipc") return `It is on ${words}`;
  return isLoopback(parsed)
    ? `The port is on ${words}: programs elsewhere need it forwarded`
    : `The port is on ${words}`;
}

/** How programs of the user's own computer reach a port there. */
export function forwardLine({ isBrowser }: Machine): string {
  return isBrowser
    ? "Programs elsewhere reach it through SSH, since a browser forwards web pages only. Opens the page about it."
    : "Programs elsewhere reach it once the port is forwarded, in the view Ports. Opens the page about it.";
}
