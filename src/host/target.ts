import type { CaptureId } from "../shared/model.ts";
import { UserError } from "../shared/userError.ts";
import type { ViewNotice } from "../shared/viewProtocol.ts";
import { type CaptureSource, heldCapture, onlyRead } from "./captureSource.ts";
import type { CommandArguments } from "./commandArguments.ts";
import type { Services } from "./services.ts";
import type { View } from "./views.ts";
import { t } from "../shared/l10n.ts";

/** What a command acts on: a view and its capture, or the live capture where no view is open. */
export type Target = { readonly source: CaptureSource; readonly view: View | undefined };

export function targetOf({ views, live }: Services, args: CommandArguments): Target {
  const view = views.find(args);
  return { source: view?.source ?? live, view };
}

/** The row that was given, else the active one. */
export function rowOf({ view }: Target, args: CommandArguments): number {
  const n = args.n ?? view?.activeRow ?? null;
  if (n === null) throw new UserError("no-row", t("No message is selected. Select a message in the log first."));
  return n;
}

/** The row that a command acts on, and the capture that holds it. */
export async function heldRow(
  services: Services,
  args: CommandArguments,
): Promise<{ readonly target: Target; readonly capture: CaptureId; readonly n: number }> {
  const target = targetOf(services, args);
  const n = rowOf(target, args);
  return { target, n, capture: await heldCapture(target.source) };
}

/** Only the live capture can be sent from. */
export function liveRowOf(services: Services, args: CommandArguments): number {
  const target = targetOf(services, args);
  if (target.source.file !== null) throw onlyRead();
  return rowOf(target, args);
}

/** Brings the target's view to the front, the log where it has none, and tells it. */
export async function tellTarget({ messagesView }: Services, { view }: Target, notice: ViewNotice): Promise<void> {
  if (view === undefined) await messagesView.tell(notice);
  else await view.tell(notice);
}
