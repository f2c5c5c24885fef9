import { SOCKET_TYPES, type SocketType } from "../../shared/model.ts";
import { toHex, toKey, toText } from "./octets.ts";

const MAX_PROPERTIES = 32;
const MAX_VALUE_BYTES = 1024;
const MAX_IDENTITY_BYTES = 255;

/** A property by which ZMQ Tap says what is really spoken on a link that it keeps as a ZMTP link, such as HTTP/1. */
export const SPOKEN_NAME = "X-Spoken";

export type Metadata = {
  readonly socket: SocketType | null;
  /** Hex; empty when there is none. */
  readonly identityHex: string;
  /** The other properties, at most 32; values over 1 KiB are cut. */
  readonly others: Record<string, string>;
};

/**
 * Properties of READY or INITIATE from `offset` on (RFC 23: name behind one length octet, value behind four; names in
 * any case). Stops quietly where they are malformed or cut. Nothing keeps a reference to the octets.
 */
export function readMetadata(octets: Uint8Array, offset: number): Metadata {
  let socket: SocketType | null = null;
  let identityHex = "";
  const others = new Map<string, string>();
  let at = offset;
  while (at < octets.length) {
    const nameEnd = at + 1 + octets[at]!;
    if (octets[at] === 0 || nameEnd + 4 > octets.length) break;
    const name = toKey(octets, at + 1, nameEnd);
    const size =
      octets[nameEnd]! * 0x1000000 + (octets[nameEnd + 1]! << 16) + (octets[nameEnd + 2]! << 8) + octets[nameEnd + 3]!;
    const from = nameEnd + 4;
    if (from + size > octets.length) break;
    at = from + size;
    const lower = name.toLowerCase();
    if (lower === "socket-type") socket = toSocketType(toKey(octets, from, Math.min(at, from + MAX_VALUE_BYTES)));
    else if (lower === "identity") identityHex = toHex(octets.subarray(from, Math.min(at, from + MAX_IDENTITY_BYTES)));
    else if (others.size < MAX_PROPERTIES) {
      const value = octets.subarray(from, Math.min(at, from + MAX_VALUE_BYTES));
      others.set(toText(octets.subarray(nameEnd - name.length, nameEnd)), toText(value));
    }
  }
  return { socket, identityHex, others: Object.fromEntries(others) };
}

function toSocketType(text: string): SocketType | null {
  return SOCKET_TYPES.find((type) => type === text) ?? null;
}
