import type { OwnKind } from "../../shared/ownDialects.ts";

/** Between a module's thread and the engine. */

export type WorkerStart = {
  /** URL of the module's file. */
  readonly url: string;
  readonly kind: OwnKind;
};

export type WorkerAsk = {
  readonly id: number;
  readonly what: "decode" | "encode";
  /** A message, a frame's octets, or a call. */
  readonly item: unknown;
};

export type WorkerSaid =
  | { readonly kind: "ready"; readonly title: string; readonly canEncode: boolean }
  /** Why the module cannot be used, as the end of a sentence that begins with it. */
  | { readonly kind: "unusable"; readonly problem: string }
  | { readonly kind: "answer"; readonly id: number; readonly answer: unknown }
  /** What went wrong with one item, likewise. */
  | { readonly kind: "failure"; readonly id: number; readonly problem: string };
