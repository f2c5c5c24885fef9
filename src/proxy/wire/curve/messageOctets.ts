import { COMMAND, LONG, MORE } from "../frames.ts";
import { fromText } from "../octets.ts";
import { PAD_BYTES } from "./boxMemory.ts";

/** `07 MESSAGE`, the nonce's eight octets and the MAC: all that stands in front of a MESSAGE's ciphertext. */
export const FRONT_BYTES = PAD_BYTES;
export const MESSAGE_NAME = new Uint8Array([7, ...fromText("MESSAGE")]);
/** Bits of the first octet in a box: more frames of this message follow; it is a command. */
export const BOX_MORE = 1;
export const BOX_COMMAND = 2;

/** Flags of a plain frame for the first octet in a box. */
export function toBoxFlags(flags: number): number {
  if ((flags & COMMAND) !== 0) return BOX_COMMAND;
  return (flags & MORE) !== 0 ? BOX_MORE : 0;
}

/** Flags of a plain frame from the first octet in a box. A command has no MORE, as RFC 23 has it. */
export function fromBoxFlags(boxFlags: number): number {
  if ((boxFlags & BOX_COMMAND) !== 0) return COMMAND;
  return (boxFlags & BOX_MORE) !== 0 ? MORE : 0;
}

/** Writes the header of a plain frame; returns its length, 2 or 9. */
export function writeFrameHeader(octets: Uint8Array, at: number, flags: number, size: number): number {
  if (size <= 0xff) {
    octets[at] = flags;
    octets[at + 1] = size;
    return 2;
  }
  octets[at] = flags | LONG;
  const high = Math.floor(size / 0x100000000);
  for (let i = 0; i < 4; i++) {
    octets[at + 1 + i] = high >>> (24 - 8 * i);
    octets[at + 5 + i] = size >>> (24 - 8 * i);
  }
  return 9;
}

/** Writes a counter as eight octets, the most significant first. */
export function writeCounter(octets: Uint8Array, at: number, counter: number): void {
  const high = Math.floor(counter / 0x100000000);
  for (let i = 0; i < 4; i++) {
    octets[at + i] = high >>> (24 - 8 * i);
    octets[at + 4 + i] = counter >>> (24 - 8 * i);
  }
}
