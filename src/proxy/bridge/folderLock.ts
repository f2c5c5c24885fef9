import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Holds a folder for this process: each holder has a file of its own there, named after its process, and backs off when it
 * finds one of another process that lives. So of two that come at the same time at most one gets the folder, and what a
 * killed process has left is told from a live one without anything to take over. Where the system says when a process was
 * born, another program with the number of one that is gone is not taken for it.
 */

const PREFIX = "queue.lock-";

/** Takes `folder`, which must be there, and returns what lets go of it; or the number of the process that holds it. */
export async function lockFolder(folder: string): Promise<(() => Promise<void>) | number> {
  const name = `${PREFIX}${process.pid}-${(await birthOf(process.pid)) ?? Math.round(performance.timeOrigin)}`;
  const path = join(folder, name);
  try {
    await writeFile(path, "", { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return process.pid;
    throw error;
  }
  for (const other of await readdir(folder)) {
    if (other === name || !other.startsWith(PREFIX)) continue;
    const [pid = "", born = ""] = other.slice(PREFIX.length).split("-");
    if (await isAlive(Number(pid), born)) {
      await rm(path, { force: true });
      return Number(pid);
    }
    await rm(join(folder, other), { force: true });
  }
  return () => rm(path, { force: true });
}

async function isAlive(pid: number, born: string): Promise<boolean> {
  // A number of ours with another birth is of an earlier life, as after the restart of a container.
  if (!(pid > 0) || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const now = await birthOf(pid);
  return now === null || now === born;
}

/** When a process was born, in the system's own count, and nothing for one that has ended; `null`: it does not say. */
async function birthOf(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The name, second, may hold spaces and brackets. Behind it: the state, and as field 22 the time.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? "" : (fields[19] ?? null);
  } catch {
    return null;
  }
}
