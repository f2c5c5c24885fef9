import { readHandshakeEvent } from "./handshakeEvent.ts";
import { serverOf } from "./places.ts";
import type { MakeRule, RuleContext, SeenRow } from "./rule.ts";
import { hostOf } from "./words.ts";

/**
 * A CURVE server let in a key that it cannot know: the pair that a tap with keys made for that link alone. Whom a server lets
 * in that is not known so is inside its boxes.
 */
export const curveAnyClient: MakeRule = (context) => ({
  finds: ["curve-any-client"],
  event: (row) => {
    if (row.event === "handshake" && row.link !== null) judge(context, row);
  },
});

function judge(context: RuleContext, row: SeenRow): void {
  const told = readHandshakeEvent(row);
  if (told?.state !== "done" || told.freshPairTo === null) return;
  const { n, tapName, timeNs } = row;
  const { link, client, server } = row.link!;
  const who = told.freshPairTo === "server" ? server : hostOf(client);
  context.found({
    id: "curve-any-client",
    about: `${tapName} ${told.freshPairTo === "server" ? serverOf(row.link!) : who}`,
    text: `The CURVE server at ${who} let in a key that ZMQ Tap had just made, so it lets in any client.`,
    advice:
      "CURVE alone keeps others from reading along. To let in known clients only, the server needs a ZAP handler with their " +
      "public keys (zmq.auth in Python, zauth in CZMQ).",
    tapName,
    link,
    evidence: [n],
    timeNs,
  });
}
