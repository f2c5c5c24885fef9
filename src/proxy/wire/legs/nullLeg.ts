import { commandBody } from "../curve/curveCommands.ts";
import { type Leg, NOTHING, PLAIN_TRAFFIC, type SendCommand, unexpected } from "./leg.ts";

const READY_NAME_BYTES = 6;

/** A leg of the NULL mechanism (RFC 23): each side says READY, and neither waits for the other. */
export function nullLeg(send: SendCommand): Leg {
  let hasHeard = false;
  let hasSaid = false;
  return {
    mechanism: "NULL",
    ...PLAIN_TRAFFIC,
    get isOpen() {
      return hasHeard && hasSaid;
    },
    begin: () => NOTHING,
    welcome: () => undefined,
    receive: (name, body) => {
      if (name !== "READY" || hasHeard) return unexpected(name);
      hasHeard = true;
      return { kind: "metadata", metadata: body.slice(READY_NAME_BYTES), client: null };
    },
    give: (metadata) => {
      hasSaid = true;
      send(commandBody("READY", metadata));
    },
    refuse: (reason) => send(commandBody("ERROR", reason)),
  };
}
