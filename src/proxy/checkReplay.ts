import { type Endpoint, isProblem, parseEndpoint } from "../shared/endpoint.ts";
import { type ReplayOptions, replayProblem } from "../shared/replaySession.ts";
import { UserError } from "../shared/userError.ts";
import { badEndpoint } from "./faults.ts";

/** The endpoint that a session is sent to; `null` through a tap. Throws a UserError for options that cannot be used. */
export function checkReplay(options: ReplayOptions): Endpoint | null {
  const problem = replayProblem(options);
  if (problem !== null) throw new UserError("bad-replay", problem);
  const { target } = options;
  if (target.kind === "tap") return null;
  const role = target.bind ? "listen" : "server";
  const endpoint = parseEndpoint(target.endpoint, role);
  if (isProblem(endpoint)) throw badEndpoint(target.endpoint, role, endpoint.problem);
  return endpoint;
}
