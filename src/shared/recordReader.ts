/** Octets of the length in front of each record on the engine's pipe. */
const HEADER_BYTES = 4;

/** Longest record; a longer length means that the two sides do not speak the same protocol. */
const MAX_RECORD_BYTES = 32 * 1024 * 1024;

/**
 * Cuts the engine's pipe into records: u32 little-endian length, then the body. Each body is allocated once from its
 * length and each chunk copied once, since joining chunks is quadratic for large records. Bodies belong to the caller.
 */
export class RecordReader {
  readonly #onRecord: (body: Uint8Array) => void;
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerFilled = 0;
  #body: Uint8Array | undefined;
  #bodyFilled = 0;

  constructor(onRecord: (body: Uint8Array) => void) {
    this.#onRecord = onRecord;
  }

  /** Throws a RangeError when a record is longer than MAX_RECORD_BYTES; the reader is then of no more use. */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#body === undefined) {
        this.#header[this.#headerFilled++] = chunk[at++]!;
        if (this.#headerFilled < HEADER_BYTES) continue;
        const length = new DataView(this.#header.buffer).getUint32(0, true);
        if (length > MAX_RECORD_BYTES) throw new RangeError(`A record of ${length} octets is above the limit.`);
        this.#body = new Uint8Array(length);
        this.#bodyFilled = 0;
      } else {
        const part = chunk.subarray(at, at + this.#body.length - this.#bodyFilled);
        this.#body.set(part, this.#bodyFilled);
        this.#bodyFilled += part.length;
        at += part.length;
      }
      if (this.#bodyFilled === this.#body.length) {
        const body = this.#body;
        this.#body = undefined;
        this.#headerFilled = 0;
        this.#onRecord(body);
      }
    }
  }
}

/** The length to write before a record's body. Throws a RangeError for a body above MAX_RECORD_BYTES. */
export function recordHeader(bodyLength: number): Uint8Array {
  if (bodyLength > MAX_RECORD_BYTES) throw new RangeError(`A record of ${bodyLength} octets is above the limit.`);
  const header = new Uint8Array(HEADER_BYTES);
  new DataView(header.buffer).setUint32(0, bodyLength, true);
  return header;
}
