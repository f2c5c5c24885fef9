import type { Channel } from "../src/shared/channel.ts";
import type { ViewNotice, ViewRequests } from "../src/shared/viewProtocol.ts";

/** The view asks and is told; it answers nothing. */
type NoRequests = Record<string, never>;
export type ViewChannel = Channel<ViewRequests, ViewNotice, NoRequests, never>;

/** All that the parts of the page need of the channel. */
export type Asker = Pick<ViewChannel, "ask">;

/** The sentence of a failure, written by whoever refused. */
export function failureText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
