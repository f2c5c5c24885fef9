import type { KnownLink } from "./capturedLink.ts";
import { Preamble } from "./preamble.ts";

/** A link as it stands in the index of a segment, as JSON. */
export type StoredLink = Omit<KnownLink, "preamble"> & {
  readonly preamble: readonly [string, string];
  readonly preambleNs: number;
};

export function storedLink(link: KnownLink): StoredLink {
  const { info, sockets, identity, framing, mechanism, isDecrypted, facts, openedNs, preamble } = link;
  const preambleNs = preamble.timeNs;
  return {
    info,
    sockets,
    identity,
    framing,
    mechanism,
    isDecrypted,
    facts,
    openedNs,
    preamble: preamble.toHex(),
    preambleNs,
  };
}

export function knownLink(stored: StoredLink): KnownLink {
  const { preamble, preambleNs, ...rest } = stored;
  return { ...rest, preamble: Preamble.fromHex(preamble, preambleNs) };
}
