import * as vscode from "vscode";
import { rowsText } from "../shared/captureText.ts";
import { t } from "../shared/l10n.ts";
import { wholeNumber } from "../shared/numbers.ts";
import { LIVE_CAPTURE, type Row } from "../shared/model.ts";
import { UserError } from "../shared/userError.ts";
import { askText } from "./asking.ts";
import type { CommandArguments } from "./commandArguments.ts";
import { markRow } from "./marks.ts";
import type { Services } from "./services.ts";
import { heldRow } from "./target.ts";

const MAX_PINNED_AT_ONCE = 1000;
const CLEAR_ALL = t("Clear All");
const KEEP_PINNED = t("Clear All but Pinned");

/** Pins a message, or all that are selected when it is one of them. Answers with the row of the message. */
export async function pinMessage(services: Services, args: CommandArguments, pinned: boolean): Promise<Row> {
  const { target, capture, n } = await heldRow(services, args);
  const selected = target.view?.selected ?? [];
  const others = selected.includes(n) ? selected.filter((other) => other !== n) : [];
  if (others.length >= MAX_PINNED_AT_ONCE) {
    throw new UserError(
      "too-many-rows",
      t(
        "{0} are selected, and at most {1} can be pinned at once. Select fewer.",
        rowsText(others.length + 1),
        rowsText(MAX_PINNED_AT_ONCE),
      ),
    );
  }
  for (const other of others) await markRow(services, capture, other, { pinned });
  return markRow(services, capture, n, { pinned });
}

/** Asks for a message's note, which is `text` for a script; an empty one takes it away. */
export async function editNote(services: Services, args: CommandArguments): Promise<Row | undefined> {
  const { capture, n } = await heldRow(services, args);
  const note = args.text ?? (await askNote(services, args, capture, n));
  return note === undefined ? undefined : markRow(services, capture, n, { note });
}

/** Empties the log. With pinned messages in it the user chooses whether they stay. */
export async function clearLog(services: Services, args: CommandArguments): Promise<void> {
  const { engine } = services;
  if (!engine.isRunning) {
    clear(services);
    return;
  }
  const { pinned } = await engine.ask("capture/stats", { capture: LIVE_CAPTURE });
  if (pinned === 0 || args.quiet === true) {
    await clearCapture(services, false);
    return;
  }
  const choice = await vscode.window.showWarningMessage(
    t("Clear the log?"),
    {
      modal: true,
      detail: t(pinned === 1 ? "{0} row is pinned." : "{0} rows are pinned.", wholeNumber(pinned)),
    },
    KEEP_PINNED,
    CLEAR_ALL,
  );
  if (choice !== undefined) await clearCapture(services, choice === KEEP_PINNED);
}

export async function clearAllButPinned(services: Services): Promise<void> {
  if (services.engine.isRunning) await clearCapture(services, true);
  else clear(services);
}

async function clearCapture(services: Services, keepPinned: boolean): Promise<void> {
  const stats = await services.engine.ask("capture/clear", { keepPinned });
  clear(services);
  services.display.setStats(stats);
  services.views.notifyLive({ kind: "capture/grew", stats });
}

function clear({ display, views }: Services): void {
  display.reset(null);
  views.notifyLive({ kind: "capture/reset", lost: null });
}

async function askNote(
  { engine }: Services,
  args: CommandArguments,
  capture: number,
  n: number,
): Promise<string | undefined> {
  const { row } = await engine.ask("message/read", { capture, n });
  return askText(args, "text", {
    title: t("Note on message {0}", n),
    prompt: t("It stays with the message when it is pinned, exported or opened again. Leave it empty to take it away."),
    value: row.note,
  });
}
