import { readdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { setTimeout as wait } from "node:timers/promises";

/** Linux counts CPU time in hundredths of a second, whatever its timer. */
const TICKS_PER_SECOND = 100;

/** CPU time that a process has used so far, in all threads, user and system. Steps of 10 ms. */
export function cpuSeconds(pid: number): number {
  return secondsOf(`/proc/${pid}/stat`);
}

/** As cpuSeconds(), of the thread that runs its JavaScript. */
export function mainThreadSeconds(pid: number): number {
  return secondsOf(`/proc/${pid}/task/${pid}/stat`);
}

function secondsOf(statFile: string): number {
  const stat = readFileSync(statFile, "utf8");
  // The name before may hold spaces; utime and stime are the 12th and 13th field after it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Most memory that a process ever had resident. */
export const peakResidentBytes = (pid: number): number => statusBytes(pid, "VmHWM");

export const residentBytes = (pid: number): number => statusBytes(pid, "VmRSS");

function statusBytes(pid: number, name: string): number {
  const line = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  if (line === null) throw new Error(`/proc/${pid}/status has no ${name}: the benchmark needs Linux.`);
  return Number(line[1]) * 1024;
}

/** Open files, sockets and pipes of a process. */
export const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

type RunningProcess = { readonly pid: number; readonly command: string };

/** Processes that a process has started, and those that these have; `command` has its arguments. */
export function descendants(pid: number): RunningProcess[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
        const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ");
        return [{ pid: Number(name), parent, command }];
      } catch {
        return []; // It ended meanwhile.
      }
    });
  const below = (parent: number): RunningProcess[] =>
    all.filter((each) => each.parent === parent).flatMap((each) => [each, ...below(each.pid)]);
  return below(pid);
}

/** The part of all cores' time that was idle while `overMs` went by, 0 to 1. */
export async function idleShare(overMs: number): Promise<number> {
  const before = readCpu();
  await wait(overMs);
  const after = readCpu();
  return (after.idle - before.idle) / (after.all - before.all);
}

function readCpu(): { idle: number; all: number } {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
  const times = line.split(/\s+/).slice(1, 9).map(Number);
  return { idle: times[3]! + times[4]!, all: times.reduce((sum, time) => sum + time, 0) };
}

/** What the numbers were measured on. */
export const machine = (): string => `${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown CPU"}`;
