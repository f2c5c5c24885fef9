import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("captureChild.ts", import.meta.url));

export type CaptureProcess = {
  readonly child: ChildProcess;
  /** Resolves with what follows the `word` that a line begins with, or `null` when the process ended before. */
  readonly told: (word: string, times?: number) => Promise<string | null>;
  readonly kill: () => Promise<void>;
};

/** A process of its own that captures into `storage`; ends with the test. `shell` is what is run before it. */
export function captureProcess(t: TestContext, storage: string, what = "", shell = ""): CaptureProcess {
  const command = [process.execPath, SCRIPT, storage, what];
  const child =
    shell === ""
      ? spawn(command[0]!, command.slice(1), { stdio: ["ignore", "pipe", "inherit"] })
      : spawn("sh", ["-c", `${shell}; exec "$0" "$@"`, ...command], { stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(child, "close");
  const lines: string[] = [];
  let isClosed = false;
  let wake = (): void => undefined;
  createInterface({ input: child.stdout! }).on("line", (line) => {
    lines.push(line);
    wake();
  });
  void closed.then(() => {
    isClosed = true;
    wake();
  });
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await closed;
  };
  t.after(kill);
  const told = async (word: string, times = 1): Promise<string | null> => {
    for (;;) {
      const found = lines.filter((line) => line.startsWith(word));
      if (found.length >= times) return found.at(-1)!.slice(word.length).trim();
      if (isClosed) return null;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  return { child, told, kill };
}
