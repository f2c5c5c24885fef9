import type { ChildProcess } from "node:child_process";
import type * as vscode from "vscode";
import { UserError } from "../shared/userError.ts";
import { readLines } from "./lines.ts";
import { t } from "../shared/l10n.ts";

type DemoServer = { readonly name: string; readonly server: string };

const READY_TIMEOUT_MS = 15_000;

/** The servers that the demo announces on its first line. Rejects with a UserError when it announces none. */
export function readyDemo(child: ChildProcess, log: vscode.LogOutputChannel): Promise<readonly DemoServer[]> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void =>
      reject(
        new UserError(
          "demo-failed",
          t('The demo did not start: {0}. Look into the output channel "ZMQ Tap" for the reason.', why),
        ),
      );
    const timer = setTimeout(() => fail(t("it was not ready in time")), READY_TIMEOUT_MS);
    child.once("error", (error) => fail(error.message));
    child.once("exit", () => {
      clearTimeout(timer);
      fail(t("its process ended"));
    });
    readLines(child.stdout!, (line) => {
      const servers = readReady(line);
      if (servers === undefined) {
        log.info(`demo: ${line}`);
        return;
      }
      clearTimeout(timer);
      resolve(servers);
    });
  });
}

function readReady(line: string): readonly DemoServer[] | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const { demo, servers } = JSON.parse(line) as { demo?: unknown; servers?: unknown };
    return demo === "ready" && Array.isArray(servers) ? (servers as readonly DemoServer[]) : undefined;
  } catch {
    return undefined; // Some other line, which goes to the log.
  }
}
