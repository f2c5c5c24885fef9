import type { FailingClient, TapState } from "../shared/model.ts";

/** All of the taps that is not traffic: which there are, how they stand, their links, and who waits. */
export function tapsShape(taps: readonly TapState[]): string {
  return JSON.stringify(
    taps.map(({ config, status, listening, problem, links, failing, waiting, watch }) => [
      config,
      status,
      listening,
      problem,
      links.map(({ link, handshake, verdict, subscriptionCount }) => [link, handshake, verdict?.id, subscriptionCount]),
      failing.map(failingId),
      waiting.map(({ client, isDenied }) => [client, isDenied]),
      watch,
    ]),
  );
}

/** Tells clients of a tap apart that fail in different ways. */
export function failingId({ client, verdict }: FailingClient): string {
  return `${client} ${verdict.id} ${verdict.leg ?? ""}`;
}
