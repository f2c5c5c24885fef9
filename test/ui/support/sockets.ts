import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A TCP socket of a process, as Linux lists it. */
export type OpenSocket = {
  readonly pid: number;
  readonly command: string;
  readonly state: string;
  readonly local: string;
};

const STATES: Readonly<Record<string, string>> = { "01": "connected", "02": "connecting", "0A": "listening" };

/** Processes whose command line holds `text`. */
function processesOf(text: string): readonly { readonly pid: number; readonly command: string }[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, "latin1").replaceAll("\0", " ");
      return command.includes(text) ? [{ pid: Number(name), command }] : [];
    } catch {
      return []; // It has ended.
    }
  });
}

/** TCP sockets of processes whose command line holds `text`: those that listen, connect or are connected. */
export function socketsOf(text: string): readonly OpenSocket[] {
  const open = new Map<string, { state: string; local: string }>();
  for (const table of ["tcp", "tcp6"]) {
    for (const line of readFileSync(`/proc/net/${table}`, "utf8").split("\n").slice(1)) {
      const [, local = "", , code = "", , , , , , inode] = line.trim().split(/\s+/);
      const state = STATES[code];
      if (state !== undefined && inode !== undefined) open.set(inode, { state, local });
    }
  }
  return processesOf(text).flatMap(({ pid, command }) => {
    let names: readonly string[] = [];
    try {
      names = readdirSync(`/proc/${pid}/fd`);
    } catch {
      return [];
    }
    return names.flatMap((name) => {
      try {
        const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`))?.[1];
        const socket = inode === undefined ? undefined : open.get(inode);
        return socket === undefined ? [] : [{ pid, command, ...socket }];
      } catch {
        return []; // It was closed meanwhile.
      }
    });
  });
}
