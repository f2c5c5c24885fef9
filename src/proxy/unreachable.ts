import { type Endpoint, formatEndpoint } from "../shared/endpoint.ts";
import { UserError } from "../shared/userError.ts";

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOENT: "there is no such socket file",
  EACCES: "this user may not connect there",
  ENOTFOUND: "its host has no address",
  EAI_AGAIN: "its host has no address",
  ETIMEDOUT: "the network gave no answer",
};

/** Why a connection of our own to an endpoint did not come to be, from the system's error. */
export function serverUnreachable(endpoint: Endpoint, error: unknown): UserError {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const reason = REASONS[code] ?? (error instanceof Error ? error.message : String(error));
  return new UserError(
    "server-unreachable",
    `${formatEndpoint(endpoint)} cannot be reached: ${reason}. Start the server, or check the endpoint.`,
    { cause: error },
  );
}
