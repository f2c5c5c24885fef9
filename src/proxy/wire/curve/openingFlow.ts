import { declaredSize, headerSize, LONG } from "../frames.ts";
import { type BoxArena, isSameMac, WINDOW_BYTES } from "./boxArena.ts";
import { BoxFlow, type FlowProblem, type FlowSink, type OpenWith, type SealWith, wrongMac } from "./boxFlow.ts";
import { KEY_BYTES, PAD_BYTES } from "./boxMemory.ts";
import {
  BOX_COMMAND,
  BOX_MORE,
  FRONT_BYTES,
  fromBoxFlags,
  MESSAGE_NAME,
  writeCounter,
  writeFrameHeader,
} from "./messageOctets.ts";
import { LargeFrame } from "./largeFrame.ts";
import { sealFrames } from "./sealingFlow.ts";

/**
 * Traffic that comes in boxes: each is opened and, unless the receiver's leg is plain, sealed anew with the other leg's key
 * and a nonce of ours. Flag octet and body pass unchanged, so what is sealed anew has its old length and place.
 */
export class OpeningFlow extends BoxFlow {
  readonly #opens: OpenWith;
  readonly #seals: SealWith | null;
  readonly #openKey: number;
  readonly #sealKey: number;
  #sealNonce: number;

  constructor(
    arena: BoxArena,
    options: { opens: OpenWith; seals: SealWith | null; maxFrameBytes: number; sink: FlowSink },
  ) {
    super(arena, options.sink, options.maxFrameBytes);
    this.#opens = options.opens;
    this.#seals = options.seals;
    this.#sealNonce = options.seals?.nonce ?? 0;
    this.#openKey = arena.memory.allocate(2 * KEY_BYTES);
    this.#sealKey = this.#openKey + KEY_BYTES;
    this.deriveSubkey(this.#openKey, options.opens);
    if (options.seals !== null) this.deriveSubkey(this.#sealKey, options.seals);
  }

  override inject(frames: Uint8Array): void {
    if (this.#seals === null) {
      this.sink.send(frames.slice());
      return;
    }
    const { bytes, nonce } = sealFrames(this.arena, { ...this.#seals, nonce: this.#sealNonce }, frames);
    this.#sealNonce = nonce;
    this.sink.send(bytes);
  }

  protected override release(): void {
    this.arena.memory.release(this.#openKey, 2 * KEY_BYTES);
  }

  protected override work(filled: number): number {
    const { memory, input, text, output, nonce, mac, front } = this.arena;
    // Another array after each call that allocates.
    let { octets } = memory;
    let isSealed = this.#isSealed;
    const openKey = this.#openKey;
    const sealKey = this.#sealKey;
    let at = 0;
    let sent = 0;
    let out = 0;
    let problem: FlowProblem | null = null;
    while (at + 2 <= filled) {
      const header = headerSize(3, octets[input + at]!);
      if (at + header > filled) break;
      const size = declaredSize(3, octets, input + at);
      const body = input + at + header;
      const isLarge = header + size > WINDOW_BYTES;
      const needed = header + (isLarge || size < FRONT_BYTES ? FRONT_BYTES : size);
      // What is too short or too long is no MESSAGE, whatever follows.
      if (size > FRONT_BYTES && size <= this.maxFrameBytes && at + needed > filled) break;
      problem = this.#frontProblem(octets, body, size);
      if (problem !== null) break;
      if (isLarge) {
        this.#emit(sent, at, out);
        const came = octets.slice(body, body + FRONT_BYTES);
        const rest = octets.slice(body + FRONT_BYTES, input + filled);
        this.#beginLarge(octets[input + at]!, size, came);
        at = this.feedRest(rest, filled);
        octets = memory.octets;
        sent = at;
        out = 0;
        if (this.isBroken) break;
        continue;
      }
      const length = size - FRONT_BYTES;
      octets.copyWithin(nonce, body + MESSAGE_NAME.length, body + FRONT_BYTES);
      octets.fill(0, body, body + PAD_BYTES);
      memory.xor(text, body, PAD_BYTES + length, nonce, 0, openKey);
      memory.authenticate(mac, body + PAD_BYTES, length, text);
      if (!isSameMac(octets, mac, nonce + 8)) {
        problem = wrongMac();
        break;
      }
      const flags = octets[text + PAD_BYTES]!;
      out += writeFrameHeader(octets, output + out, fromBoxFlags(flags), length - 1);
      octets.copyWithin(output + out, text + PAD_BYTES + 1, text + PAD_BYTES + length);
      out += length - 1;
      if (isSealed) {
        octets.fill(0, text, text + PAD_BYTES);
        writeCounter(octets, front + MESSAGE_NAME.length, ++this.#sealNonce);
        memory.xor(body, text, PAD_BYTES + length, front + MESSAGE_NAME.length, 0, sealKey);
        memory.authenticate(front + MESSAGE_NAME.length + 8, body + PAD_BYTES, length, body);
        octets.copyWithin(body, front, front + FRONT_BYTES);
      }
      at += header + size;
      if ((flags & BOX_COMMAND) === 0) this.isInMessage = (flags & BOX_MORE) !== 0;
      if (this.onGap !== null && !this.isInMessage) {
        this.#emit(sent, at, out);
        sent = at;
        out = 0;
        this.tellGap(at, filled);
        octets = memory.octets;
        isSealed = this.#isSealed;
      }
    }
    this.#emit(sent, at, out);
    if (problem !== null) this.fail(problem);
    return at;
  }

  /** Whether what goes on is sealed anew right here. */
  get #isSealed(): boolean {
    return this.#seals !== null && !this.isDiverted;
  }

  /** What is wrong with the size, name or nonce of a MESSAGE whose front is there. */
  #frontProblem(octets: Uint8Array, body: number, size: number): FlowProblem | null {
    if (size < 0 || size > this.maxFrameBytes) return this.lengthProblem(size);
    let isMessage = size > FRONT_BYTES;
    for (let i = 0; i < MESSAGE_NAME.length; i++) isMessage &&= octets[body + i] === MESSAGE_NAME[i];
    if (!isMessage) {
      return {
        check: "message",
        message: "A frame came that is no MESSAGE, which CURVE does not allow behind the handshake.",
      };
    }
    if (this.#opens.nonces.accept(octets, body + MESSAGE_NAME.length)) return null;
    return {
      check: "nonce",
      message:
        "The nonce of a MESSAGE is not greater than the one before: it was sent again, or the order was changed.",
    };
  }

  #beginLarge(wireFlags: number, size: number, front: Uint8Array): void {
    this.large = new LargeFrame(this.arena, {
      wireFlags: wireFlags & ~LONG,
      textBytes: size - FRONT_BYTES,
      opens: { subkey: this.#openKey, front },
      seals: this.#isSealed ? { subkey: this.#sealKey, nonce: ++this.#sealNonce } : null,
      sink: this.largeSink,
    });
  }

  /** Hands out the frames between two places of the input, and as many octets of plain frames. */
  #emit(from: number, to: number, plainBytes: number): void {
    if (to === from) return;
    const { memory, input, output } = this.arena;
    const { octets } = memory;
    const plain = octets.subarray(output, output + plainBytes);
    if (this.isDiverted) {
      this.setAside(plain.slice());
      return;
    }
    this.sink.send(this.#seals === null ? plain.slice() : octets.slice(input + from, input + to));
    this.sink.plain(plain);
  }
}
