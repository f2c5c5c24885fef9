import type { FindingId, Severity } from "../shared/findings.ts";

/** A heading in the view Findings. */
export type FindingGroup = { readonly group: Severity | "pending" };

/**
 * A row of the view Findings. Menus hand it to commands, which take from it what they need: `n` is the row to jump to, `finding`
 * its kind, `server` an endpoint that a tap can be attached to. `key` is the finding's own, `evidence` a row below it.
 */
export type FindingElement =
  | FindingGroup
  | { readonly key: string; readonly finding: FindingId; readonly n?: number; readonly server?: string }
  | { readonly key: string; readonly evidence: number; readonly n: number }
  | { readonly pending: number; readonly n: number };
