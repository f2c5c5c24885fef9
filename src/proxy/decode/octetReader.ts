import { viewOf } from "./scalarReader.ts";

/** Why octets cannot be read: they end too early, are nested too deep, or are not of the format. */
export type Fault = "cut" | "deep" | "bad";

/** Goes through octets for the reader of a binary format. After the first fault nothing more is read. */
export class OctetReader {
  at = 0;
  fault: Fault | undefined;
  protected readonly bytes: Uint8Array;
  protected readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = viewOf(bytes);
  }

  /** A view of the input, which the caller owns. */
  protected take(length: number): Uint8Array | undefined {
    return this.missing(length) ? undefined : this.bytes.subarray(this.step(length), this.at);
  }

  /** Goes on; answers where it was. */
  protected step(length: number): number {
    this.at += length;
    return this.at - length;
  }

  /** Whether so many octets are not there any more, which is a fault. */
  protected missing(length: number): boolean {
    if (this.fault !== undefined) return true;
    if (this.at + length <= this.bytes.length) return false;
    this.fail("cut");
    return true;
  }

  /** The first fault counts. */
  protected fail(fault: Fault): null {
    this.fault ??= fault;
    return null;
  }
}
