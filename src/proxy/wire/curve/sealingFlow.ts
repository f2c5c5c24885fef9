import { COMMAND, declaredSize, headerSize, LONG, MORE } from "../frames.ts";
import { concat } from "../octets.ts";
import { type BoxArena, WINDOW_BYTES } from "./boxArena.ts";
import { BoxFlow, type FlowProblem, type FlowSink, type SealWith } from "./boxFlow.ts";
import { KEY_BYTES, PAD_BYTES } from "./boxMemory.ts";
import { FRONT_BYTES, MESSAGE_NAME, toBoxFlags, writeCounter, writeFrameHeader } from "./messageOctets.ts";
import { LargeFrame } from "./largeFrame.ts";

/** Traffic that comes in plain frames and goes out in boxes. */
export class SealingFlow extends BoxFlow {
  readonly #seals: SealWith;
  readonly #sealKey: number;
  #nonce: number;

  constructor(arena: BoxArena, options: { seals: SealWith; maxFrameBytes: number; sink: FlowSink }) {
    super(arena, options.sink, options.maxFrameBytes);
    this.#seals = options.seals;
    this.#nonce = options.seals.nonce;
    this.#sealKey = arena.memory.allocate(KEY_BYTES);
    this.deriveSubkey(this.#sealKey, options.seals);
  }

  /** The last nonce that was used. */
  get nonce(): number {
    return this.#nonce;
  }

  override inject(frames: Uint8Array): void {
    const { bytes, nonce } = sealFrames(this.arena, { ...this.#seals, nonce: this.#nonce }, frames);
    this.#nonce = nonce;
    this.sink.send(bytes);
  }

  protected override release(): void {
    this.arena.memory.release(this.#sealKey, KEY_BYTES);
  }

  protected override work(filled: number): number {
    const { memory, input, text, output, outputBytes, front } = this.arena;
    // Another array after each call that allocates.
    let { octets } = memory;
    const sealKey = this.#sealKey;
    let at = 0;
    let sent = 0;
    let out = 0;
    let problem: FlowProblem | null = null;
    while (at + 2 <= filled) {
      const flags = octets[input + at]!;
      const header = headerSize(3, flags);
      if (at + header > filled) break;
      const size = declaredSize(3, octets, input + at);
      if (size < 0 || size > this.maxFrameBytes) {
        problem = this.lengthProblem(size);
        break;
      }
      const body = input + at + header;
      if (header + size > WINDOW_BYTES) {
        this.#emit(sent, at, out);
        // Taken first: to begin uses the input.
        const rest = octets.slice(body, input + filled);
        this.#beginLarge(flags, size);
        at = this.feedRest(rest, filled);
        octets = memory.octets;
        sent = at;
        out = 0;
        continue;
      }
      if (at + header + size > filled) break;
      if (this.isDiverted) {
        this.setAside(octets.slice(input + at, body + size));
        at += header + size;
        sent = at;
        if ((flags & COMMAND) === 0) this.isInMessage = (flags & MORE) !== 0;
        if (this.onGap !== null && !this.isInMessage) {
          this.tellGap(at, filled);
          octets = memory.octets;
        }
        continue;
      }
      const length = size + 1;
      if (out + 9 + FRONT_BYTES + length > outputBytes) {
        this.#emit(sent, at, out);
        sent = at;
        out = 0;
      }
      octets.fill(0, text, text + PAD_BYTES);
      octets[text + PAD_BYTES] = toBoxFlags(flags);
      octets.copyWithin(text + PAD_BYTES + 1, body, body + size);
      out += writeFrameHeader(octets, output + out, 0, FRONT_BYTES + length);
      const box = output + out;
      writeCounter(octets, front + MESSAGE_NAME.length, ++this.#nonce);
      memory.xor(box, text, PAD_BYTES + length, front + MESSAGE_NAME.length, 0, sealKey);
      memory.authenticate(front + MESSAGE_NAME.length + 8, box + PAD_BYTES, length, box);
      octets.copyWithin(box, front, front + FRONT_BYTES);
      out += FRONT_BYTES + length;
      at += header + size;
      if ((flags & COMMAND) === 0) this.isInMessage = (flags & MORE) !== 0;
      if (this.onGap !== null && !this.isInMessage) {
        this.#emit(sent, at, out);
        sent = at;
        out = 0;
        this.tellGap(at, filled);
        octets = memory.octets;
      }
    }
    this.#emit(sent, at, out);
    if (problem !== null) this.fail(problem);
    return at;
  }

  #beginLarge(flags: number, size: number): void {
    this.large = new LargeFrame(this.arena, {
      wireFlags: 0,
      textBytes: size + 1,
      opens: null,
      seals: this.isDiverted ? null : { subkey: this.#sealKey, nonce: ++this.#nonce },
      sink: this.largeSink,
    });
    this.large.feed(new Uint8Array([toBoxFlags(flags & ~LONG)]));
  }

  /** Hands out the sealed octets, and the plain frames between two places of the input. */
  #emit(from: number, to: number, sealedBytes: number): void {
    if (to === from) return;
    const { memory, input, output } = this.arena;
    this.sink.send(memory.octets.slice(output, output + sealedBytes));
    this.sink.plain(memory.octets.subarray(input + from, input + to));
  }
}

/** Whole plain frames as sealed ones, and the last nonce that this took. */
export function sealFrames(
  arena: BoxArena,
  seals: SealWith,
  frames: Uint8Array,
): { readonly bytes: Uint8Array; readonly nonce: number } {
  const parts: Uint8Array[] = [];
  const sealing = new SealingFlow(arena, {
    seals,
    maxFrameBytes: Infinity,
    // These frames are our own: whoever made them shows them to the capture.
    sink: { send: (bytes) => void parts.push(bytes), plain: () => undefined, fault: () => undefined },
  });
  sealing.push(frames);
  const { nonce } = sealing;
  sealing.dispose();
  return { bytes: concat(parts), nonce };
}
