import type { Fidelity } from "../src/shared/pictures.ts";
import { formatCount, formatDuration } from "./format.ts";
import { t } from "../src/shared/l10n.ts";

/** One thing that a tap promises, in words and numbers, and whether it holds. */
export type Equation = { readonly name: string; readonly text: string; readonly holds: boolean };

/** `1,204 received = 1,204 sent`, with whatever else makes it right. */
export function equations(fidelity: Fidelity): readonly Equation[] {
  const { seen, kept, evicted, passedBy } = fidelity;
  const kinds = [
    t("{0} kept", formatCount(kept)),
    t("{0} evicted", formatCount(evicted)),
    ...(passedBy === 0 ? [] : [t("{0} uncaptured", formatCount(passedBy))]),
  ];
  return [
    bytesEquation(t("Bytes to the server"), fidelity, 0),
    bytesEquation(t("Bytes to the client"), fidelity, 1),
    equation(t("Messages"), seen === kept + evicted + passedBy, [t("{0} seen", formatCount(seen))], kinds),
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
  const came = [
    t("{0} received", formatCount(received)),
    ...(added === 0 ? [] : [t("{0} put in for you", formatCount(added))]),
  ];
  const went = [
    t("{0} sent", formatCount(sent)),
    ...(queued === 0 ? [] : [t("{0} under way", formatCount(queued))]),
    ...(undelivered === 0 ? [] : [t("{0} for receivers that had left", formatCount(undelivered))]),
    ...(removed === 0 ? [] : [t("{0} taken out for you", formatCount(removed))]),
  ];
  return equation(name, holds, came, went);
}

/** Links whose security the tap ends, of which nothing can be compared; empty where there are none. */
export function rekeyedText({ rekeyed }: Fidelity): string {
  const { links, received, sent } = rekeyed;
  if (links === 0) return "";
  const direction = (of: 0 | 1): string => t("{0} became {1}", formatCount(received[of]), formatCount(sent[of]));
  return t(
    links === 1
      ? "{0} link with keys of the tap besides: {1} bytes to the server, {2} to the client, since encryption is new on each side"
      : "{0} links with keys of the tap besides: {1} bytes to the server, {2} to the client, since encryption is new on each side",
    formatCount(links),
    direction(0),
    direction(1),
  );
}

/** What a tap adds to the way of a message, as it was measured. */
export function addedText({ addedP50Ms, addedP99Ms }: Fidelity): string {
  if (addedP50Ms === null || addedP99Ms === null) return t("nothing measured yet");
  return `p50 ${formatDuration(addedP50Ms)}, p99 ${formatDuration(addedP99Ms)}`;
}

/** Of how many chunks that is, and how many others had to wait for their receiver. */
export function samplesText({ samples, waited }: Fidelity): string {
  const others = waited === 0 ? [] : [t("{0} waited for the receiver", formatCount(waited))];
  return samples + waited === 0
    ? ""
    : [t(samples === 1 ? "{0} sample" : "{0} samples", formatCount(samples)), ...others].join(", ");
}

/** For how long a side was not read, since the other one did not take what it had sent. */
export function heldUpText({ heldUpMs }: Fidelity): string {
  const [client, server] = heldUpMs;
  const parts = [
    ...(client >= 1 ? [t("client {0}", formatDuration(client))] : []),
    ...(server >= 1 ? [t("server {0}", formatDuration(server))] : []),
  ];
  return parts.length === 0 ? t("nobody") : parts.join(", ");
}

/** Nothing that the tap itself or its numbers say is wrong. */
export function isFaithful(fidelity: Fidelity): boolean {
  return fidelity.problems.length === 0 && equations(fidelity).every(({ holds }) => holds);
}
