import { ORIGINS } from "../../shared/model.ts";

/** How a row of the index is packed into words; the words themselves are named in segment.ts. */

/** A place in ORIGINS. */
export type OriginCode = 0 | 1 | 2 | 3 | 4;

// META, from bit 0: kind 2, command code 3, direction 1, exchange 3, guessed 1, has a partner 1, low bits of origin 2, copy 1,
// has copies 1, between 1; from bit 16: size above 32 bits 15, high bit of origin 1, which was of the size once, and 0 there.
// Of publications PARTNER is the first copy, LATENCY how many there are.
// Messages have no command code; its bits are flags of theirs.
export const KIND_MESSAGE = 0;
export const KIND_ENCRYPTED = 1;
export const KIND_EVENT = 2;
export const KIND_COMMAND = 3;
export const CODE_SHIFT = 2;
/** Of a reply: its requester had given up. */
export const IS_LATE = 1 << 2;
/** Its id was there before. */
export const IS_DUPLICATE = 1 << 3;
/** A heartbeat of a dialect, or the answer to one. */
export const IS_HEARTBEAT = 1 << 4;
export const DIRECTION_SHIFT = 5;
export const EXCHANGE_SHIFT = 6;
export const EXCHANGE_BITS = 7 << EXCHANGE_SHIFT;
export const GUESSED = 1 << 9;
export const HAS_PARTNER = 1 << 10;
const ORIGIN_SHIFT = 11;
const HIGH_ORIGIN_SHIFT = 31;
const SIZE_SHIFT = 16;
const SIZE_BITS = 0x7fff;
/** It is a further copy of a publication. */
export const IS_COPY = 1 << 13;
/** It went to several subscribers. */
export const HAS_COPIES = 1 << 14;
/** A command between the frames of a message. */
export const IS_BETWEEN = 1 << 15;
const TWO_TO_32 = 4_294_967_296;

/** Bits of META for an origin. */
export function originBits(origin: number): number {
  return ((origin & 3) << ORIGIN_SHIFT) | ((origin >>> 2) << HIGH_ORIGIN_SHIFT);
}

/** Place in ORIGINS; that of `wire` where a damaged file holds none. */
export function originOf(meta: number): OriginCode {
  const place = ((meta >>> ORIGIN_SHIFT) & 3) | ((meta >>> HIGH_ORIGIN_SHIFT) << 2);
  return (place < ORIGINS.length ? place : 0) as OriginCode;
}

/** Bits of META for a size, whose low 32 bits stand elsewhere. */
export function sizeBits(sizeBytes: number): number {
  return sizeBytes < TWO_TO_32 ? 0 : (Math.floor(sizeBytes / TWO_TO_32) & SIZE_BITS) << SIZE_SHIFT;
}

/** A size from META and its low 32 bits. */
export function sizeOf(meta: number, low: number): number {
  return ((meta >>> SIZE_SHIFT) & SIZE_BITS) * TWO_TO_32 + low;
}

/** Stands for this many frames and more. */
export const MANY_FRAMES = 0xffff;
/** Subscribers are counted in LATENCY above the copies. */
export const SUBSCRIBERS = 4096;
