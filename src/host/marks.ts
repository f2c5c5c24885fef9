import type { EngineRequests } from "../shared/engineProtocol.ts";
import type { CaptureId, Row } from "../shared/model.ts";
import type { Engine } from "./engine.ts";
import type { Views } from "./views.ts";

export type RowMark = Omit<EngineRequests["row/mark"]["ask"], "capture" | "n">;

/** Pins a message or notes something on it, and tells the views of its capture. */
export async function markRow(
  { engine, views }: { readonly engine: Engine; readonly views: Views },
  capture: CaptureId,
  n: number,
  mark: RowMark,
): Promise<Row> {
  const row = await engine.ask("row/mark", { capture, n, ...mark });
  views.notifyCapture(capture, { kind: "row/changed", n });
  return row;
}
