import { UserError } from "../shared/userError.ts";
import { checkReplay } from "./checkReplay.ts";
import type { Engine } from "./engine.ts";
import { connectingDestination, ListeningDestination, TapDestination } from "./replayDestinations.ts";
import { replaySession, type SessionOptions, type SessionResult } from "./replaySession.ts";
import type { TapKeys } from "./tapKeys.ts";

/**
 * Replays a session to where its options say: with `keys` to an endpoint, or through the taps of `engine`, of which the
 * command line has none. Rejects with a UserError when nothing could be sent.
 */
export function sendSession(
  session: SessionOptions,
  keys: TapKeys | null,
  engine: Engine | null,
): Promise<SessionResult> {
  const { target } = session.options;
  const endpoint = checkReplay(session.options);
  return replaySession(session, (side) => {
    if (target.kind === "endpoint" && endpoint !== null) {
      return target.bind ? new ListeningDestination(side, endpoint) : connectingDestination(side, endpoint, keys);
    }
    if (engine === null) throw new UserError("no-tap", "There is no tap here to send through. Give an endpoint.");
    return new TapDestination(side, engine);
  });
}
