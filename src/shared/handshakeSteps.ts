import type { HandshakeStep } from "./model.ts";

const LABELS = { link: "Handshake", client: "Client leg", server: "Server leg" } as const;

/** The steps of each leg in one line, in their order. */
export function describeSteps(steps: readonly HandshakeStep[]): { readonly label: string; readonly value: string }[] {
  return ([null, "client", "server"] as const).flatMap((leg) => {
    const said = steps.filter((step) => step.leg === leg).map(({ from, what }) => `${from}: ${what}`);
    if (said.length === 0) return [];
    return [{ label: LABELS[leg ?? "link"], value: said.join(", ") }];
  });
}
