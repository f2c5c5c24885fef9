import type { ChildProcess } from "node:child_process";
import type * as vscode from "vscode";
import { UserError } from "../shared/userError.ts";
import { zeromqMissing } from "../shared/zeromqMissing.ts";
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
      const said = readLine(line);
      if (said === undefined) {
        log.info(`demo: ${line}`);
        return;
      }
      clearTimeout(timer);
      if (said.demo === "ready") resolve(said.servers);
      else reject(zeromqMissing("The demo", Object.assign(new Error(String(said.message)), { code: said.code })));
    });
  });
}

/** What the demo says on its first line. */
type DemoLine =
  | { readonly demo: "ready"; readonly servers: readonly DemoServer[] }
  /** What its peers are made of could not be loaded. */
  | { readonly demo: "no-zeromq"; readonly code: unknown; readonly message: unknown };

function readLine(line: string): DemoLine | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const { demo, servers, code, message } = JSON.parse(line) as Record<string, unknown>;
    if (demo === "no-zeromq") return { demo, code, message };
    return demo === "ready" && Array.isArray(servers) ? { demo, servers: servers as readonly DemoServer[] } : undefined;
  } catch {
    return undefined; // Some other line, which goes to the log.
  }
}
