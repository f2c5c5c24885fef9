/** Between a module's process and the engine. */

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
