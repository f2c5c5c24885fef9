import { ORIGINS, SOCKET_TYPES } from "../../shared/model.ts";
import type { Framing, KnownLink } from "./capturedLink.ts";
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

const FRAMINGS: readonly Framing[] = ["zmtp3", "zmtp2", "zmtp1"];

/**
 * A link as the index has it. What is not of its kind, as in a file that was damaged or made by others, counts as not known,
 * so that rows of the link can be shown. Throws where there is not even a link.
 */
export function knownLink(stored: StoredLink): KnownLink {
  const { info, sockets, identity, framing, facts, openedNs, preamble, preambleNs } = stored;
  return {
    info: {
      ...info,
      tap: text(info.tap),
      tapName: text(info.tapName),
      origin: ORIGINS.includes(info.origin) ? info.origin : "wire",
      client: text(info.client),
      server: text(info.server),
    },
    sockets: both(sockets, (type) => SOCKET_TYPES.find((known) => known === type) ?? null),
    identity: both(identity, text),
    framing: FRAMINGS.includes(framing) ? framing : "zmtp3",
    mechanism: typeof stored.mechanism === "string" ? stored.mechanism : null,
    isDecrypted: (stored.isDecrypted as unknown) === true,
    facts: list(facts).map((fact) => factOf(fact)),
    openedNs: Number.isFinite(openedNs) ? openedNs : 0,
    preamble: Preamble.fromHex(
      [text(list(preamble)[0]), text(list(preamble)[1])],
      Number.isFinite(preambleNs) ? preambleNs : 0,
    ),
  };
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function both<T>(value: unknown, of: (value: unknown) => T): { client: T; server: T } {
  const { client, server } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return { client: of(client), server: of(server) };
}

function factOf(value: unknown): { readonly label: string; readonly value: string } {
  const fact = (value ?? {}) as Readonly<Record<string, unknown>>;
  return { label: text(fact["label"]), value: text(fact["value"]) };
}
