import { readHandshakeEvent } from "./handshakeEvent.ts";
import { isBeyondLoopback } from "./places.ts";
import type { MakeRule, RuleContext, SeenRow } from "./rule.ts";
import { hostOf } from "./words.ts";

/** A user name and password of PLAIN went over a connection that does not stay on this machine. */
export const plainBeyondLoopback: MakeRule = (context) => ({
  finds: ["plain-beyond-loopback"],
  event: (row) => {
    if (row.event === "handshake" && row.link !== null) judge(context, row);
  },
});

function judge(context: RuleContext, row: SeenRow): void {
  const told = readHandshakeEvent(row);
  // A refused password was sent as well.
  if (told === null || (told.state !== "done" && told.verdict?.id !== "plain-refused")) return;
  const { client, server, link } = row.link!;
  const { n, tapName, timeNs } = row;
  for (const [leg, address] of [
    ["client", client],
    ["server", server],
  ] as const) {
    if (told.mechanisms[leg] !== "PLAIN" || !isBeyondLoopback(address)) continue;
    context.found({
      id: "plain-beyond-loopback",
      about: `${tapName} ${leg} ${hostOf(address)}`,
      text: `User name and password of PLAIN cross the network in the clear, between the tap and the ${leg} at ${hostOf(address)}.`,
      advice: "Use CURVE between machines, or a tunnel (SSH, VPN), since anybody on the way can read the password.",
      tapName,
      link,
      evidence: [n],
      timeNs,
    });
  }
}
