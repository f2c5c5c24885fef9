import type { Direction } from "../../shared/model.ts";

/** More is of no handshake that libzmq would let through. */
const MAX_PREAMBLE_BYTES = 8192;
const DIRECTIONS = [0, 1] as const;
const NOTHING = new Uint8Array(0);

/** What a reader of the link knows of where its traffic begins. */
type Beginnings = { beginning(direction: Direction): { octets: number; isWhole: boolean } };

/**
 * The octets that each side of a link sent before its traffic, as they were kept, so that the link's beginning can be
 * written again when its first chunks are gone. At most 8 KiB per direction: of a longer handshake nothing can be used,
 * of a link that never came to traffic the first 8 KiB.
 */
export class Preamble {
  /** Something may still be added. */
  isOpen = true;
  /** When the newest of it came, since the clock's anchor. */
  timeNs = 0;
  readonly #kept: [Uint8Array, Uint8Array] = [NOTHING, NOTHING];
  readonly #came: [number, number] = [0, 0];
  readonly #sure: [number, number] = [0, 0];
  readonly #isWhole: [boolean, boolean] = [false, false];

  /** What toHex() gave, of a link that is gone. */
  static fromHex(hex: readonly [string, string], timeNs: number): Preamble {
    const preamble = new Preamble();
    for (const direction of DIRECTIONS) preamble.add(direction, Buffer.from(hex[direction], "hex"), timeNs);
    preamble.timeNs = timeNs;
    preamble.close();
    return preamble;
  }

  /** Copies what came while it may belong to the preamble. Call settle() when the reader has seen it. */
  add(direction: Direction, bytes: Uint8Array, timeNs: number): void {
    if (this.#isWhole[direction] || bytes.length === 0) return;
    this.timeNs = timeNs;
    this.#came[direction] += bytes.length;
    const before = this.#kept[direction];
    const room = Math.min(bytes.length, MAX_PREAMBLE_BYTES - before.length);
    if (room <= 0) return;
    const joined = new Uint8Array(before.length + room);
    joined.set(before);
    joined.set(bytes.subarray(0, room), before.length);
    this.#kept[direction] = joined;
  }

  /** Takes over what the reader is sure of by now. */
  settle(reader: Beginnings): void {
    for (const direction of DIRECTIONS) {
      if (this.#isWhole[direction]) continue;
      const { octets, isWhole } = reader.beginning(direction);
      const kept = this.#kept[direction];
      this.#sure[direction] = Math.min(octets, kept.length);
      if (!isWhole) continue;
      this.#isWhole[direction] = true;
      if (octets > kept.length) this.#drop();
      else this.#kept[direction] = kept.slice(0, octets);
    }
    if (DIRECTIONS.every((direction) => this.#isWhole[direction] || this.#came[direction] > MAX_PREAMBLE_BYTES)) {
      this.isOpen = false;
    }
  }

  /** The link is gone: what came is all there is. */
  close(): void {
    this.isOpen = false;
    for (const direction of DIRECTIONS) this.#sure[direction] = this.#kept[direction].length;
  }

  /** Octets of a direction that are certain to belong here; more may become so while it is open. */
  borrow(direction: Direction): Uint8Array {
    const kept = this.#kept[direction];
    const sure = this.#sure[direction];
    return sure === kept.length ? kept : kept.subarray(0, sure);
  }

  /** Octets of borrow(). */
  length(direction: Direction): number {
    return this.#sure[direction];
  }

  /** Both directions as hex. */
  toHex(): [string, string] {
    return [Buffer.from(this.borrow(0)).toString("hex"), Buffer.from(this.borrow(1)).toString("hex")];
  }

  /** A handshake that is too long: half a one would make the rest unreadable. */
  #drop(): void {
    for (const direction of DIRECTIONS) {
      this.#kept[direction] = NOTHING;
      this.#sure[direction] = 0;
      this.#isWhole[direction] = true;
    }
  }
}
