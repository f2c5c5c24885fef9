import type { Fidelity } from "../src/shared/pictures.ts";
import { formatCount, formatDuration, formatPlural } from "./format.ts";

/** One thing that a tap promises, in words and numbers, and whether it holds. */
export type Equation = { readonly name: string; readonly text: string; readonly holds: boolean };

/** `1,204 received = 1,204 sent`, with whatever else makes it right. */
export function equations(fidelity: Fidelity): readonly Equation[] {
  const { seen, kept, evicted, passedBy } = fidelity;
  const kinds = [`${formatCount(kept)} kept`, `${formatCount(evicted)} evicted`, ...term(passedBy, "uncaptured")];
  return [
    bytesEquation("Bytes to the server", fidelity, 0),
    bytesEquation("Bytes to the client", fidelity, 1),
    equation("Messages", seen === kept + evicted + passedBy, [`${formatCount(seen)} seen`], kinds),
  ];
}

function equation(name: string, holds: boolean, one: readonly string[], other: readonly string[]): Equation {
  return { name, text: `${one.join(" + ")} ${holds ? "=" : "≠"} ${other.join(" + ")}`, holds };
}

function bytesEquation(name: string, fidelity: Fidelity, direction: 0 | 1): Equation {
  const received = fidelity.received[direction];
  const sent = fidelity.sent[direction];
  const queued = fidelity.queued[direction];
  const undelivered = fidelity.undelivered[direction];
  const added = fidelity.added[direction];
  const removed = fidelity.removed[direction];
  const holds = received + added === sent + queued + undelivered + removed;
  const came = [`${formatCount(received)} received`, ...term(added, "put in for you")];
  const went = [
    `${formatCount(sent)} sent`,
    ...term(queued, "under way"),
    ...term(undelivered, "for receivers that had left"),
    ...term(removed, "taken out for you"),
  ];
  return equation(name, holds, came, went);
}

function term(value: number, what: string): readonly string[] {
  return value === 0 ? [] : [`${formatCount(value)} ${what}`];
}

/** Links whose security the tap ends, of which nothing can be compared; empty where there are none. */
export function rekeyedText({ rekeyed }: Fidelity): string {
  const { links, received, sent } = rekeyed;
  if (links === 0) return "";
  const direction = (of: 0 | 1): string => `${formatCount(received[of])} became ${formatCount(sent[of])}`;
  return `${formatPlural(links, "link")} with keys of the tap besides: ${direction(0)} bytes to the server, ${direction(1)} to the client, since encryption is new on each side`;
}

/** What a tap adds to the way of a message, as it was measured. */
export function addedText({ addedP50Ms, addedP99Ms }: Fidelity): string {
  if (addedP50Ms === null || addedP99Ms === null) return "nothing measured yet";
  return `p50 ${formatDuration(addedP50Ms)}, p99 ${formatDuration(addedP99Ms)}`;
}

/** Of how many chunks that is, and how many others had to wait for their receiver. */
export function samplesText({ samples, waited }: Fidelity): string {
  const others = waited === 0 ? [] : [`${formatCount(waited)} waited for the receiver`];
  return samples + waited === 0 ? "" : [formatPlural(samples, "sample"), ...others].join(", ");
}

/** For how long a side was not read, since the other one did not take what it had sent. */
export function heldUpText({ heldUpMs }: Fidelity): string {
  const [client, server] = heldUpMs;
  const parts = [
    ...(client >= 1 ? [`client ${formatDuration(client)}`] : []),
    ...(server >= 1 ? [`server ${formatDuration(server)}`] : []),
  ];
  return parts.length === 0 ? "nobody" : parts.join(", ");
}

/** Nothing that the tap itself or its numbers say is wrong. */
export function isFaithful(fidelity: Fidelity): boolean {
  return fidelity.problems.length === 0 && equations(fidelity).every(({ holds }) => holds);
}
