import type { SaidDetail } from "../shared/model.ts";
import { dialectNamed } from "./dialects/registry.ts";
import type { Read } from "./sayings.ts";
import { titledDetail } from "./titledDetail.ts";

/** What a message says in a built-in dialect, as the detail pane shows it. */
export function saidDetail(read: Read): SaidDetail {
  return titledDetail({ ...read, title: dialectNamed(read.dialect)?.title ?? read.dialect });
}
