import { spawn } from "node:child_process";
import { access, cp, glob, link, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** A VS Code that a browser shows: code-server from the npm registry, and the Node it runs on. */
export type VsCode = {
  readonly version: string;
  readonly node: string;
  readonly entry: string;
};

type Edition = {
  readonly codeServer: string;
  /** The VS Code inside it. */
  readonly vsCode: string;
  /** A Node to install beside it; `null` where it runs on the Node that runs this script. */
  readonly node: string | null;
  /** ripgrep to give it, where its own would be downloaded by an install script; `null` where it comes prebuilt. */
  readonly ripgrep: string | null;
};

/** `current` is what the tests and `npm start` use; `oldest` is the VS Code that `engines.vscode` names. */
const EDITIONS = {
  current: { codeServer: "4.139.1", vsCode: "1.139.1", node: null, ripgrep: null },
  oldest: { codeServer: "4.103.2", vsCode: "1.103.2", node: "22.15.1", ripgrep: "1.18.0" },
} satisfies Record<string, Edition>;

export type EditionName = keyof typeof EDITIONS;

const RIPGREP = "@vscode/ripgrep-universal";

const LOCK_POLL_MS = 500;

/**
 * The edition's VS Code, installed first where it is missing: into a per-user cache folder named after its version, under
 * a temporary name until it is complete. `say` gets progress lines.
 */
export async function installVsCode(name: EditionName, say: (line: string) => void): Promise<VsCode> {
  const edition: Edition = EDITIONS[name];
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "zmq-tap");
  const folder = join(cache, `code-server-${edition.codeServer}`);
  const vsCode: VsCode = {
    version: edition.vsCode,
    node: edition.node === null ? process.execPath : join(folder, "node_modules", nodePackage(), "bin", "node"),
    entry: join(folder, "node_modules", "code-server", "out", "node", "entry.js"),
  };
  if (await exists(folder)) return vsCode;
  await mkdir(cache, { recursive: true });
  const releaseLock = await takeLock(`${folder}.lock`, say);
  try {
    if (!(await exists(folder))) await installComplete(folder, edition, say);
  } finally {
    await releaseLock();
  }
  return vsCode;
}

async function installComplete(folder: string, edition: Edition, say: (line: string) => void): Promise<void> {
  say(`installing VS Code ${edition.vsCode} (code-server ${edition.codeServer}), about half a minute and 900 MB…`);
  // What an installation that was interrupted has left; only the holder of the lock makes such folders.
  for await (const left of glob(`${folder}-*`)) await rm(left, { recursive: true, force: true });
  const unfinished = await mkdtemp(`${folder}-`);
  try {
    await installInto(unfinished, edition, say);
    await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

function nodePackage(): string {
  return `node-${process.platform}-${process.arch}`;
}

async function installInto(folder: string, edition: Edition, say: (line: string) => void): Promise<void> {
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true }));
  const packages = [`code-server@${edition.codeServer}`];
  if (edition.node !== null) packages.push(`${nodePackage()}@${edition.node}`);
  if (edition.ripgrep !== null) packages.push(`${RIPGREP}@${edition.ripgrep}`);
  // Its install scripts would build what already comes prebuilt, and refuse any other Node than its own.
  await npm(folder, ["install", "--ignore-scripts", ...packages]);
  const nodeHome = join(folder, "node_modules", nodePackage());
  const env = edition.node === null ? {} : { PATH: join(nodeHome, "bin") + delimiter + (process.env["PATH"] ?? "") };
  say("installing VS Code's own packages…");
  const inner = join(folder, "node_modules", "code-server", "lib", "vscode");
  // `install`, since `ci` refuses the lock file that code-server ships.
  for (const where of [inner, join(inner, "extensions")]) {
    await npm(where, ["install", "--omit=dev", "--ignore-scripts"], env);
  }
  if (edition.ripgrep !== null) {
    const bin = join(inner, "node_modules", "@vscode", "ripgrep", "bin");
    const prebuilt = join(folder, "node_modules", RIPGREP, "bin", `${process.platform}-${process.arch}`);
    await cp(prebuilt, bin, { recursive: true });
  }
  if (edition.node !== null) {
    say("building argon2, which code-server of that age does not carry prebuilt…");
    await npm(folder, ["rebuild", "argon2"], {
      ...env,
      npm_config_nodedir: nodeHome,
      npm_config_build_from_source: "true",
    });
  }
}

async function npm(folder: string, args: readonly string[], env: Record<string, string> = {}): Promise<void> {
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  const npmCli = process.env["npm_execpath"];
  const [command, first] = npmCli === undefined ? ["npm", []] : [process.execPath, [npmCli]];
  const child = spawn(command, [...first, ...args, ...quiet], {
    cwd: folder,
    // An npm older than this Node makes it warn.
    env: { ...process.env, NODE_NO_WARNINGS: "1", ...env },
    stdio: ["ignore", "ignore", "inherit"],
    shell: npmCli === undefined && process.platform === "win32",
  });
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  if (code !== 0) throw new Error(`\`npm ${args.join(" ")}\` failed in ${folder} (exit code ${String(code)}).`);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Waits until no other installer is at work, and returns what gives the lock back. A dead process's lock is taken over. */
async function takeLock(path: string, say: (line: string) => void): Promise<() => Promise<void>> {
  const mine = await mkdtemp(join(dirname(path), "installer-"));
  const ticket = join(mine, "pid");
  await writeFile(ticket, String(process.pid));
  try {
    let told = false;
    // A link appears together with its content, so nobody reads a lock without a pid.
    while (!(await makesLink(ticket, path))) {
      const holder = Number(await readFile(path, "utf8").catch(() => "0"));
      if (holder !== 0 && !isAlive(holder)) await rm(path, { force: true });
      else await delay(LOCK_POLL_MS);
      if (!told) say("waiting for another installation of VS Code to end…");
      told = true;
    }
  } finally {
    await rm(mine, { recursive: true, force: true });
  }
  return () => rm(path, { force: true });
}

async function makesLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
