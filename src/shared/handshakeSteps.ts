import type { Side } from "./model.ts";

/** One thing that somebody said in a handshake. */
export type HandshakeStep = {
  /** Which leg of a re-keyed link; `null` where the tap only relays. */
  readonly leg: Side | null;
  readonly from: Side | "tap";
  /** `greeting 3.1 CURVE`, or a command's name. */
  readonly what: string;
};

/** The steps of each leg in one line, in their order. */
export function describeSteps(steps: readonly HandshakeStep[]): { readonly label: string; readonly value: string }[] {
  return ([null, "client", "server"] as const).flatMap((leg) => {
    const said = steps.filter((step) => step.leg === leg).map(({ from, what }) => `${from}: ${what}`);
    if (said.length === 0) return [];
    return [{ label: leg === null ? "Handshake" : `Handshake, ${leg}'s side`, value: said.join(", ") }];
  });
}
