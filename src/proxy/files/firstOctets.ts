import { nameAlien } from "../wire/greeting.ts";

/** So many are enough to judge the first octets of a peer of ZMTP 2.0 or later. */
export const SIGNATURE_OCTETS = 10;
const TLS_RECORD_TYPES = { first: 0x14, last: 0x17 } as const;
const TEXT_OCTETS = 16;

/** What the first octets of one direction say: whether they are those of ZMTP 3.x or 2.0, perhaps of 1.0, or of neither. */
export type FirstOctets = "zmtp" | "old" | "unclear" | "alien";

/** Stricter than a live link, which a user has put in front of a ZeroMQ server: in a file anything may be. */
export function judgeFirstOctets(octets: Uint8Array): FirstOctets {
  if (octets.length === 0) return "unclear";
  if (octets[0] === 0xff) {
    if (octets.length < SIGNATURE_OCTETS) return "unclear";
    return octets[9] === 0x7f ? "zmtp" : "alien";
  }
  if (octets.length < 2) return "unclear";
  return octets[0] !== 0 && octets[1] === 0 ? "old" : "alien";
}

/** Whole frames of ZMTP 1.0 that fill these octets from the first to the last, which may be cut; -1 when something else does. */
export function countOldFrames(octets: Uint8Array): number {
  let frames = 0;
  for (let at = 0; at < octets.length;) {
    const length = octets[at]!;
    if (length === 0) return -1;
    // Lengths of 255 and more are written in eight octets more.
    const isLong = length === 0xff;
    const flagsAt = at + (isLong ? 9 : 1);
    if (flagsAt >= octets.length) return frames;
    if (octets[flagsAt]! > 1 || (frames === 0 && octets[flagsAt] !== 0)) return -1;
    let size = length;
    if (isLong) {
      if (octets.subarray(at + 1, at + 5).some((octet) => octet !== 0)) return -1;
      size = octets.subarray(at + 5, at + 9).reduce((sum, octet) => sum * 256 + octet, 0);
      if (size < 255) return -1;
    }
    at = flagsAt + size;
    if (at <= octets.length) frames++;
  }
  return frames;
}

/** Whether octets from the middle of a stream are plainly those of another protocol: TLS, or text such as HTTP's. */
export function isOtherProtocol(octets: Uint8Array): boolean {
  if (nameAlien(octets) !== "not ZeroMQ") return true;
  const [type = 0, major = 0, minor = 0] = octets;
  if (type >= TLS_RECORD_TYPES.first && type <= TLS_RECORD_TYPES.last && major === 3 && minor <= 4) return true;
  return (
    octets.length >= TEXT_OCTETS &&
    octets
      .subarray(0, TEXT_OCTETS)
      .every((octet) => (octet >= 0x20 && octet < 0x7f) || octet === 9 || octet === 10 || octet === 13)
  );
}
