import type { Fidelity } from "../src/shared/pictures.ts";
import { formatCount, formatDuration, formatPlural } from "./format.ts";

/** One thing that a tap promises, in words and numbers, and whether it holds. */
export type Equation = { readonly name: string; readonly text: string; readonly holds: boolean };

/** `1,204 received = 1,204 sent`, with whatever else makes it right. */
export function equations(fidelity: Fidelity): readonly Equation[] {
  const { seen, kept, evicted } = fidelity;
  return [
    bytesEquation("Bytes to the server", fidelity, 0),
    bytesEquation("Bytes to the client", fidelity, 1),
    {
      name: "Messages",
      text: `${formatCount(seen)} seen ${seen === kept + evicted ? "=" : "≠"} ${formatCount(kept)} kept + ${formatCount(evicted)} evicted`,
      holds: seen === kept + evicted,
    },
  ];
}

function bytesEquation(name: string, fidelity: Fidelity, direction: 0 | 1): Equation {
  const received = fidelity.received[direction];
  const sent = fidelity.sent[direction];
  const queued = fidelity.queued[direction];
  const undelivered = fidelity.undelivered[direction];
  const holds = received === sent + queued + undelivered;
  const parts = [
    `${formatCount(sent)} sent`,
    ...(queued > 0 ? [`${formatCount(queued)} under way`] : []),
    ...(undelivered > 0 ? [`${formatCount(undelivered)} for receivers that had left`] : []),
  ];
  return { name, text: `${formatCount(received)} received ${holds ? "=" : "≠"} ${parts.join(" + ")}`, holds };
}

/** What a tap adds to the way of a message, as it was measured. */
export function addedText({ addedP50Ms, addedP99Ms, samples }: Fidelity): string {
  if (addedP50Ms === null || addedP99Ms === null) return "nothing measured yet";
  return `p50 ${formatDuration(addedP50Ms)}, p99 ${formatDuration(addedP99Ms)}, of ${formatPlural(samples, "sample")}`;
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
