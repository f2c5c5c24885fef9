import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, delimiter, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import type { VsCode } from "./install.ts";
import type { Profile } from "./profile.ts";

/** A VS Code that listens on a loopback port. */
export type VsCodeServer = {
  /** As pages see it: `127.0.0.1:port`. */
  readonly host: string;
  /** Its first process. */
  readonly pid: number;
  /** Address that opens a folder. */
  urlOf(folder: string): string;
  /** What the server has printed, for a failure's report. */
  log(): string;
  stop(): Promise<void>;
};

export type ServerOptions = {
  /** Start in Restricted Mode, as a folder nobody has trusted yet. */
  readonly restricted?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** Where it listens: what a window remembers belongs to that; a free one unless given. */
  readonly port?: number;
};

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;
const KEPT_LOG_LINES = 500;

/** Variables of an outer VS Code or shell that would change what this one does. */
const FOREIGN_VARIABLES =
  /^(VSCODE_|ELECTRON_|CODE_SERVER_|CS_|npm_|NODE_OPTIONS$|NODE_PATH$|PORT$|(HASHED_)?PASSWORD$)/;

const NO_GALLERY = JSON.stringify({ serviceUrl: "", itemUrl: "", resourceUrlTemplate: "", controlUrl: "" });

/** Installs a packed extension into a profile whose server does not run. */
export async function installVsix(vsCode: VsCode, profile: Profile, vsix: string): Promise<void> {
  const args = [vsCode.entry, ...profileArgs(profile), "--install-extension", resolve(vsix)];
  await promisify(execFile)(vsCode.node, args, { env: environment(vsCode, profile) });
}

/** Starts a server and waits until it serves its first page. The caller stops it. */
export async function startServer(
  vsCode: VsCode,
  profile: Profile,
  options: ServerOptions = {},
): Promise<VsCodeServer> {
  const args = [
    vsCode.entry,
    ...profileArgs(profile),
    ...["--auth", "none", "--bind-addr", `127.0.0.1:${options.port ?? 0}`, "--disable-update-check", "--disable-proxy"],
    ...["--disable-getting-started-override", "--ignore-last-opened"],
    ...(options.restricted === true ? [] : ["--disable-workspace-trust"]),
  ];
  const child = spawn(vsCode.node, args, {
    env: { ...environment(vsCode, profile), ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log: string[] = [];
  let port: number;
  try {
    port = await listeningPort(child, log);
    // The first page loads most of the server.
    await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(START_TIMEOUT_MS) });
  } catch (error) {
    await stopChild(child);
    throw new Error(`VS Code's server did not start.\n${log.join("\n")}`, { cause: error });
  }
  const host = `127.0.0.1:${port}`;
  return {
    host,
    pid: child.pid!,
    urlOf: (folder) => `http://${host}/?folder=${encodeURIComponent(folder)}`,
    log: () => log.join("\n"),
    stop: () => stopChild(child),
  };
}

/** Ends a process and waits for it; kills it when it does not end by itself. */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}

function profileArgs({ userData, extensions }: Profile): string[] {
  return [
    ...["--config", "/dev/null", "--disable-telemetry"],
    ...["--user-data-dir", userData, "--extensions-dir", extensions],
  ];
}

function environment(vsCode: VsCode, profile: Profile): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !FOREIGN_VARIABLES.test(name));
  return {
    ...Object.fromEntries(own),
    HOME: profile.home,
    PATH: dirname(vsCode.node) + delimiter + (process.env["PATH"] ?? ""),
    EXTENSIONS_GALLERY: NO_GALLERY,
  };
}

function listeningPort(child: ChildProcess, log: string[]): Promise<number> {
  return new Promise((resolvePort, reject) => {
    const timer = setTimeout(() => reject(new Error(`It did not listen in ${START_TIMEOUT_MS} ms.`)), START_TIMEOUT_MS);
    child.once("error", reject);
    child.once("exit", (code) => {
      clearTimeout(timer);
      reject(new Error(`It ended with exit code ${String(code)}.`));
    });
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream! }).on("line", (line) => {
        log.push(line);
        if (log.length > KEPT_LOG_LINES) log.shift();
        const port = /HTTP server listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
        if (port === undefined) return;
        clearTimeout(timer);
        resolvePort(Number(port));
      });
    }
  });
}
