import { type Dir, opendirSync, readFileSync, readlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { isIPv4, isIPv6 } from "node:net";
import { posix } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { visibleText } from "../visibleText.ts";

/** The far end of a connection on this machine, and its near end; or an ipc path that a program listens on. */
export type FarEnd =
  | { readonly kind: "tcp"; readonly far: Address; readonly near: Address }
  | { readonly kind: "ipc"; readonly path: string };

type Address = { readonly host: string; readonly port: number };

/** Ends that wait to be looked for; more are not. */
const MAX_WANTED = 256;
/** How long ends are gathered before a search, and the least time between two. */
const GATHER_MS = 100;
const PAUSE_MS = 5_000;
/** Longest time that a search keeps the event loop, and how long it then lets others run. */
const SLICE_MS = 2;
const REST_MS = 10;
/** Looked at in one search. */
const MAX_PROCESSES = 20_000;
const MAX_FILES = 500_000;
/** A larger table is not searched. */
const MAX_TABLE_CHARS = 64 * 1024 * 1024;
/** Processes that something was found of are looked at first. */
const MAX_KNOWN = 32;
const NAME_CHARS = 40;
const NODE_THREAD = "MainThread";
/** Of a command line, in which a script's name is looked for. */
const MAX_COMMAND_CHARS = 4_096;
const MAX_ARGUMENTS = 8;
const SCRIPT = /\.(py|[cm]?[jt]s|rb|pl|lua|jl|jar)$/;
const MODULE = /^\w[\w.]*$/;

type Wanted = { readonly end: FarEnd; readonly found: (words: string) => void };

/**
 * Finds the programs at the far ends of connections, where Linux tells: which socket it is by the tables of /proc/net, and
 * whose by the open files of processes, of which only those of the same user can be read. Searches in the background, for many
 * ends at once, in slices of 2 ms. Elsewhere nothing is found. Never rejects.
 */
export class PeerProcesses {
  readonly #proc: string | null;
  readonly #pauseMs: number;
  #wanted: Wanted[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isSearching = false;
  #isDisposed = false;
  #lastMs = -Infinity;
  /** Found last first. */
  #known: number[] = [];

  constructor(options: { readonly proc?: string | null; readonly pauseMs?: number } = {}) {
    this.#proc = options.proc === undefined ? (process.platform === "linux" ? "/proc" : null) : options.proc;
    this.#pauseMs = options.pauseMs ?? PAUSE_MS;
  }

  /** `python3 server.py (4711)`; empty where it cannot be told. */
  find(end: FarEnd): Promise<string> {
    if (this.#proc === null || this.#isDisposed || this.#wanted.length >= MAX_WANTED) return Promise.resolve("");
    return new Promise((found) => {
      this.#wanted.push({ end, found });
      this.#schedule();
    });
  }

  dispose(): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
    for (const { found } of this.#wanted.splice(0)) found("");
  }

  #schedule(): void {
    if (this.#isSearching || this.#isDisposed || this.#wanted.length === 0) return;
    const inMs = Math.max(GATHER_MS, this.#lastMs + this.#pauseMs - performance.now());
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#search();
    }, inMs).unref();
  }

  async #search(): Promise<void> {
    const proc = this.#proc!;
    const wanted = this.#wanted.splice(0);
    this.#isSearching = true;
    const words = new Map<string, string>();
    const inodes = await inodesOf(proc, wanted);
    try {
      await this.#owners(proc, new Set([...inodes.values()]), words);
    } finally {
      for (const { end, found } of wanted) found(words.get(inodes.get(end) ?? "") ?? "");
      this.#isSearching = false;
      this.#lastMs = performance.now();
      this.#schedule();
    }
  }

  /** Fills `words` with the programs that have these sockets open. */
  async #owners(proc: string, left: Set<string>, words: Map<string, string>): Promise<void> {
    if (left.size === 0) return;
    const known = this.#known;
    const others = processes(proc).filter((pid) => !known.includes(pid));
    let files = 0;
    let endMs = performance.now() + SLICE_MS;
    for (const pid of [...known, ...others.slice(0, MAX_PROCESSES)]) {
      const folder = openFolder(`${proc}/${pid}/fd`);
      if (folder === null) continue;
      try {
        for (let file = folder.readSync(); file !== null && left.size > 0; file = folder.readSync()) {
          if (++files > MAX_FILES) return;
          const inode = socketOf(`${proc}/${pid}/fd/${file.name}`);
          if (inode !== null && left.delete(inode)) {
            words.set(inode, programOf(proc, pid));
            this.#known = [pid, ...this.#known.filter((other) => other !== pid)].slice(0, MAX_KNOWN);
          }
          if (performance.now() < endMs) continue;
          await delay(REST_MS, undefined, { ref: false });
          if (this.#isDisposed) return;
          endMs = performance.now() + SLICE_MS;
        }
      } catch {
        // The process has ended meanwhile.
      } finally {
        folder.closeSync();
      }
      if (left.size === 0) return;
    }
  }
}

/** Inodes of the sockets at those ends, as far as the tables have them. */
async function inodesOf(proc: string, wanted: readonly Wanted[]): Promise<Map<FarEnd, string>> {
  const inodes = new Map<FarEnd, string>();
  const table = async (name: string): Promise<string> => {
    const text = await readFile(`${proc}/net/${name}`, "latin1").catch(() => "");
    return text.length > MAX_TABLE_CHARS ? "" : text;
  };
  const ends = wanted.map(({ end }) => end);
  const has = (kind: FarEnd["kind"]): boolean => ends.some((end) => end.kind === kind);
  const tcp = has("tcp") ? (await table("tcp")) + (await table("tcp6")) : "";
  const unix = has("ipc") ? await table("unix") : "";
  for (const end of ends) {
    const inode = end.kind === "tcp" ? tcpInode(tcp, end.far, end.near) : ipcInode(unix, end.path);
    if (inode !== null) inodes.set(end, inode);
  }
  return inodes;
}

/** A line has the local and the remote end in hex, then, as its tenth word, the inode. */
function tcpInode(table: string, far: Address, near: Address): string | null {
  const forms = [tableForms(far), tableForms(near)] as const;
  for (const [form, local] of forms[0].entries()) {
    const remote = forms[1][form];
    const at = remote === undefined ? -1 : table.indexOf(` ${local} ${remote} `);
    if (at < 0) continue;
    const words = table.slice(at, table.indexOf("\n", at)).trim().split(/\s+/);
    const inode = words[8];
    if (inode !== undefined && inode !== "0") return inode;
  }
  return null;
}

/** `0100007F:15B4` of 127.0.0.1:5556, and the same as an IPv4 address within IPv6. */
function tableForms({ host, port }: Address): readonly string[] {
  const end = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  if (isIPv4(host)) {
    const word = host
      .split(".")
      .reverse()
      .map((part) => Number(part).toString(16).toUpperCase().padStart(2, "0"))
      .join("");
    return [`${word}${end}`, `0000000000000000FFFF0000${word}${end}`];
  }
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host)?.[1];
  if (mapped !== undefined) return tableForms({ host: mapped, port });
  return isIPv6(host) ? [`${wordsOfIPv6(host)}${end}`] : [];
}

/** Words of 32 bits, each with its octets in reverse. */
function wordsOfIPv6(host: string): string {
  const [head = "", tail] = host.replace(/%.*$/, "").split("::");
  const groups = (text: string | undefined): string[] => (text === undefined || text === "" ? [] : text.split(":"));
  const [before, behind] = [groups(head), groups(tail)];
  const zeros = new Array<string>(Math.max(0, 8 - before.length - behind.length)).fill("0");
  const octets = [...before, ...zeros, ...behind].map((group) => group.padStart(4, "0")).join("");
  const words = octets.match(/.{8}/g) ?? [];
  return words
    .map((word) => (word.match(/../g) ?? []).reverse().join(""))
    .join("")
    .toUpperCase();
}

/** Of the socket that listens on a path; abstract ones are written with an @. Words: number, …, flags, …, inode, path. */
function ipcInode(table: string, path: string): string | null {
  for (let at = table.indexOf(` ${path}\n`); at >= 0; at = table.indexOf(` ${path}\n`, at + 1)) {
    const words = table
      .slice(table.lastIndexOf("\n", at) + 1, at)
      .trim()
      .split(/\s+/);
    const [, , , flags, , , inode] = words;
    if (inode !== undefined && flags === "00010000") return inode;
  }
  return null;
}

/** Numbers of all processes, the newest first, since clients come after the system. */
function processes(proc: string): number[] {
  const folder = openFolder(proc);
  const pids: number[] = [];
  if (folder === null) return pids;
  for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
    if (/^\d+$/.test(entry.name)) pids.push(Number(entry.name));
  }
  folder.closeSync();
  return pids.sort((a, b) => b - a);
}

/** `null` where it is gone, or another user's. */
function openFolder(path: string): Dir | null {
  try {
    return opendirSync(path, { bufferSize: 64 });
  } catch {
    return null;
  }
}

function socketOf(path: string): string | null {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(path))?.[1] ?? null;
  } catch {
    return null;
  }
}

/** `python3 server.py (4711)`. */
function programOf(proc: string, pid: number): string {
  if (pid === process.pid) return "ZMQ Tap";
  let words = "";
  try {
    const name = readFileSync(`${proc}/${pid}/comm`, "utf8").trim();
    words = wordsOf(name, readFileSync(`${proc}/${pid}/cmdline`, "utf8").slice(0, MAX_COMMAND_CHARS).split("\0"));
  } catch {
    // It has ended meanwhile.
  }
  return `${visibleText(words, NAME_CHARS)} (${pid})`.trimStart();
}

/**
 * What a program is known by: its name, and of a script that of its file or module, since `python3` and `node` alone tell
 * nothing. No other argument, which may hold a secret.
 */
function wordsOf(name: string, [program = "", ...rest]: readonly string[]): string {
  // So Node calls its own main thread.
  const known = name === NODE_THREAD && program !== "" ? posix.basename(program) : name;
  for (const [i, argument] of rest.slice(0, MAX_ARGUMENTS).entries()) {
    if (argument === "-m" && MODULE.test(rest[i + 1] ?? "")) return `${known} -m ${rest[i + 1]}`;
    if (!argument.startsWith("-") && SCRIPT.test(argument)) return `${known} ${posix.basename(argument)}`;
  }
  return known;
}
