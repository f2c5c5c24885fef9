import * as vscode from "vscode";
import type { EngineNotice } from "../shared/engineProtocol.ts";
import type { Engine } from "./engine.ts";

/** How far a job is; `total` is `null` where that is not known. */
type Advance = { readonly message: string; readonly done: number; readonly total: number | null };

/**
 * Runs a job of the engine under a notification that shows how far it is, and whose button cancels the job. `advanceOf` reads
 * the job's own notices, and answers `null` to all others. `run` is told whether it was cancelled.
 */
export function withJobProgress<T>(
  engine: Engine,
  { title, job }: { readonly title: string; readonly job: string },
  run: (token: vscode.CancellationToken) => Promise<T>,
  advanceOf: (notice: EngineNotice) => Advance | null,
): Thenable<T> {
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return vscode.window.withProgress(options, async (progress, token) => {
    let shown = 0;
    const own = vscode.Disposable.from(
      token.onCancellationRequested(() => {
        // The job itself tells that it has ended.
        engine.ask("job/cancel", { job }).catch(() => undefined);
      }),
      engine.onDidNotify((notice) => {
        const advance = advanceOf(notice);
        if (advance === null) return;
        const { message, done, total } = advance;
        const percent = total === null || total === 0 ? 0 : Math.min(100, (done / total) * 100);
        progress.report({ message, increment: percent - shown });
        shown = percent;
      }),
    );
    try {
      return await run(token);
    } finally {
      own.dispose();
    }
  });
}
