import type { Direction } from "../../shared/model.ts";
import { COMMAND, declaredSize, headerSize } from "./frames.ts";
import { GREETING_3_OCTETS, readMechanism } from "./greeting.ts";

/** Put in place of each octet of a password. */
const MASKED = 0x2a;

class MaskedSide {
  readonly greeting = new Uint8Array(GREETING_3_OCTETS);
  greetingFilled = 0;
  readonly header = new Uint8Array(9);
  headerFilled = 0;
  bodySize = -1;
  bodyAt = 0;
  nameLength = 0;
  userEnd = -1;
  /** No octet of this direction needs masking any more. */
  finished = false;
  /** What came is not a command: everything is masked from here on. */
  blind = false;
  broken = false;
}

/**
 * Hides the credentials of PLAIN in what is kept, by position and not by name, since libzmq misspells its commands: the
 * first command of a direction whose greeting says PLAIN is masked behind its name and user name. An answer that is
 * plainly ERROR or READY stays readable. Follows both directions by itself, before the reader sees the octets.
 */
export class PlainMask {
  readonly #sides = [new MaskedSide(), new MaskedSide()] as const;

  /** The same array when nothing in it is secret, else a masked copy of the same length. */
  borrowMasked(direction: Direction, bytes: Uint8Array): Uint8Array {
    const side = this.#sides[direction];
    if (side.finished) return bytes;
    let at = 0;
    while (side.greetingFilled < GREETING_3_OCTETS && at < bytes.length) {
      side.greeting[side.greetingFilled++] = bytes[at++]!;
    }
    if (side.greetingFilled < GREETING_3_OCTETS) return bytes;
    if (side.greeting[0] !== 0xff || readMechanism(side.greeting) !== "PLAIN") {
      side.finished = true;
      return bytes;
    }
    let kept = bytes;
    // `finished` is set by what is read within the loop.
    for (; at < bytes.length && !this.#isFinished(side); at++) {
      if (this.#isOpen(direction, side, bytes[at]!)) continue;
      if (kept === bytes) kept = new Uint8Array(bytes);
      kept[at] = MASKED;
    }
    return kept;
  }

  #isFinished(side: MaskedSide): boolean {
    return side.finished;
  }

  /** Reads one octet behind the greeting; says whether it may be kept as it is. */
  #isOpen(direction: Direction, side: MaskedSide, octet: number): boolean {
    if (side.blind) return false;
    if (side.bodySize < 0) return this.#isOpenHeader(side, octet);
    const position = side.bodyAt++;
    if (side.bodyAt === side.bodySize) side.finished = true;
    return this.#isOpenBody(direction, side, position, octet);
  }

  #isOpenHeader(side: MaskedSide, octet: number): boolean {
    side.header[side.headerFilled++] = octet;
    if ((side.header[0]! & COMMAND) === 0) {
      side.blind = true;
      return false;
    }
    if (side.headerFilled === headerSize(3, side.header[0]!)) {
      side.bodySize = declaredSize(3, side.header, 0);
      if (side.bodySize < 0) side.blind = true;
      if (side.bodySize === 0) side.finished = true;
    }
    return true;
  }

  #isOpenBody(direction: Direction, side: MaskedSide, position: number, octet: number): boolean {
    if (side.broken) return false;
    const isAnswer = this.#sides[direction === 0 ? 1 : 0].bodySize > 0;
    if (position === 0) {
      side.nameLength = octet;
      if (isAnswer && octet === 0x5e) {
        side.finished = true;
        return true;
      }
      side.broken = (octet !== 5 && octet !== 7) || octet + 1 > side.bodySize;
      return !side.broken;
    }
    if (position <= side.nameLength) {
      // ERROR or READY, which hold no password.
      if (position === 1 && isAnswer && side.nameLength === 5 && (octet === 0x45 || octet === 0x52))
        side.finished = true;
      side.broken = octet < 0x41 || octet > 0x5a;
      return !side.broken;
    }
    if (position === side.nameLength + 1) {
      side.userEnd = position + octet;
      // Behind the user name there is at least the length of the password.
      side.broken = side.userEnd + 1 >= side.bodySize;
      return !side.broken;
    }
    // The octet behind the user name is the password's length, which the frame's own length tells anyway.
    return position <= side.userEnd + 1;
  }
}
