import { SOCKET_TYPES, type SocketType } from "../../shared/model.ts";
import { readLength } from "./frames.ts";
import { toKey } from "./octets.ts";

export const SIGNATURE_OCTETS = 10;
export const GREETING_2_OCTETS = 12;
export const GREETING_3_OCTETS = 64;
/** Enough to name what is not ZMTP by. */
const NAMING_OCTETS = 8;
/** A 1.0 identity has at most 255 octets; its length counts the flag octet too. */
const MAX_IDENTITY_LENGTH = 256;

type FirstOctets = "unclear" | "legacy" | "modern" | "alien";

/** What one side's greeting turns out to be, once the other side's octets are taken into account. */
export type GreetingVerdict = "wait" | "alien" | "1.0" | "2.0" | "3.x";

/**
 * What the first octets of one side alone say. libzmq takes anything but FF for a ZMTP 1.0 peer; here the flag octet
 * and the length must fit too, so that an SSH or HTTP server is not read as one.
 */
function classify(octets: Uint8Array): FirstOctets {
  if (octets.length < 2) return "unclear";
  if (octets[0] !== 0xff) {
    if (octets[0] !== 0 && octets[1] === 0) return "legacy";
    return octets.length < NAMING_OCTETS ? "unclear" : "alien";
  }
  if (octets.length < SIGNATURE_OCTETS) return "unclear";
  if ((octets[9]! & 1) === 1) return "modern";
  const length = readLength(octets, 1);
  return octets[9] === 0 && length >= 1 && length <= MAX_IDENTITY_LENGTH ? "legacy" : "alien";
}

/**
 * How the stream that begins with `own` is to be read. `other` is what the opposite side has sent so far: a 3.x peer
 * writes 12 octets to a 2.0 peer, and its signature is the header of an identity frame to a 1.0 peer.
 */
export function judgeGreeting(own: Uint8Array, other: Uint8Array): GreetingVerdict {
  const kind = classify(own);
  if (kind === "unclear") return "wait";
  if (kind === "alien") return "alien";
  if (kind === "legacy") return "1.0";
  const otherKind = classify(other);
  if (otherKind === "legacy") return "1.0";
  const otherRevision = otherKind === "modern" ? other[SIGNATURE_OCTETS] : undefined;
  if (otherRevision !== undefined && otherRevision < 3) return "2.0";
  if (own.length <= SIGNATURE_OCTETS) return "wait";
  if (own[SIGNATURE_OCTETS]! < 3) return otherKind === "modern" ? "2.0" : "wait";
  if (otherRevision !== undefined) return "3.x";
  // A peer that sends a whole greeting without having seen the other's first octets does not downgrade.
  return own.length >= GREETING_3_OCTETS && readMechanism(own) !== "" ? "3.x" : "wait";
}

/** Mechanism of a 64-octet greeting; empty when octets 12 to 31 are not one. */
export function readMechanism(greeting: Uint8Array): string {
  const field = toKey(greeting, 12, 32);
  const name = /^([A-Z][A-Z0-9_.+-]*)\0*$/.exec(field);
  return name === null ? "" : name[1]!;
}

/** Socket type of a 12-octet greeting (RFC 15, and libzmq for the two X types). */
export function readSocketNumber(octet: number): SocketType | null {
  return octet <= 10 ? SOCKET_TYPES[octet]! : null;
}

/** Names what began with these octets, as far as that is known; for people. */
export function nameAlien(octets: Uint8Array): string {
  const text = toKey(octets, 0, Math.min(octets.length, 16));
  if (text.startsWith("SSH-")) return "an SSH server";
  if (text.startsWith("HTTP/")) return "an HTTP server";
  if (/^(GET|POST|PUT|HEAD|DELETE|OPTIONS|PATCH|CONNECT|TRACE) /.test(text)) return "an HTTP client";
  if (text.startsWith("PRI * HTTP")) return "an HTTP/2 client";
  if ((octets[0] === 0x15 || octets[0] === 0x16) && octets[1] === 3) return "TLS";
  if (/^\d{3}[ -]/.test(text)) return "a mail or FTP server";
  if (text.startsWith("+OK") || text.startsWith("* OK")) return "a mail server";
  if (text.startsWith("RFB ")) return "a VNC server";
  if (text.startsWith("AMQP")) return "AMQP";
  return "not ZeroMQ";
}
