/**
 * Nonces of one sender, which must grow. They are counted with the most significant octet first, except by libzmq 4.0,
 * which writes its counter in the order of its machine and from anywhere on: what its first nonces show decides.
 */
export class NonceOrder {
  /** Of the last nonce; -1 before the first. */
  #high = -1;
  #low = 0;
  #isLittle = false;

  /** Whether this sender counts as libzmq 4.0 does on most machines. */
  get isHostOrder(): boolean {
    return this.#isLittle;
  }

  /** Takes the nonce (eight octets at `at`) if it is greater than the one before; false when it is not. */
  accept(octets: Uint8Array, at: number): boolean {
    const high = this.#isLittle ? word(octets, at + 7, -1) : word(octets, at, 1);
    const low = this.#isLittle ? word(octets, at + 3, -1) : word(octets, at + 4, 1);
    if (high < this.#high || (high === this.#high && low <= this.#low)) return false;
    this.#high = high;
    this.#low = low;
    return true;
  }

  /** A client's first two nonces decide its order: in the right one INITIATE's is HELLO's plus one. */
  decideClient(hello: Uint8Array, initiate: Uint8Array): void {
    const step = (isLittle: boolean): bigint => read(initiate, isLittle) - read(hello, isLittle);
    this.#isLittle = step(false) !== 1n && step(true) === 1n;
    this.#high = -1;
    this.accept(hello, 0);
  }

  /** A server's first nonce is 1, whichever way it is written. */
  decideServer(ready: Uint8Array): void {
    this.#isLittle = ready[0] === 1 && ready.subarray(1).every((octet) => octet === 0);
  }
}

function word(octets: Uint8Array, at: number, step: 1 | -1): number {
  return (
    octets[at]! * 0x1000000 + ((octets[at + step]! << 16) | (octets[at + 2 * step]! << 8) | octets[at + 3 * step]!)
  );
}

function read(octets: Uint8Array, isLittle: boolean): bigint {
  const ordered = isLittle ? octets.toReversed() : octets;
  return ordered.reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
}
