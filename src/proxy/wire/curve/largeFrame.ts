import {
  BOX_COMMAND,
  BOX_MORE,
  FRONT_BYTES,
  fromBoxFlags,
  MESSAGE_NAME,
  writeCounter,
  writeFrameHeader,
} from "./messageOctets.ts";
import { type BoxArena, isSameMac, WINDOW_BYTES } from "./boxArena.ts";
import { MAC_BYTES, PAD_BYTES } from "./boxMemory.ts";

/** Where the text begins in the store: behind the longest header and the front. */
const TEXT_AT = 9 + FRONT_BYTES;
const FIRST_STORE_BYTES = 256 * 1024;

export type LargeFrameOptions = {
  /** Flag octet of the frame on the wire, for the frame that goes out. */
  readonly wireFlags: number;
  /** Octets of the box's text: one of flags, and the body. */
  readonly textBytes: number;
  /** With the 32 octets in front of the ciphertext that came; `null` when the text comes plain. */
  readonly opens: { readonly subkey: number; readonly front: Uint8Array } | null;
  readonly seals: { readonly subkey: number; readonly nonce: number } | null;
  readonly sink: { send(bytes: Uint8Array): void; plain(bytes: Uint8Array): void };
};

/**
 * One frame that is larger than a window, worked on in pieces as they come, so that no single turn is long. It is held
 * whole, in memory that grows with what has come and not with what was declared, and sent once its MAC was checked.
 */
export class LargeFrame {
  readonly #arena: BoxArena;
  readonly #options: LargeFrameOptions;
  /** Places: two authenticator states, then nonce and MAC as they came, then the nonce to seal with. */
  readonly #state: number;
  readonly #stateBytes: number;
  #store: Uint8Array;
  #filled = 0;
  #worked = 0;
  #boxFlags = 0;
  isFaulty = false;

  constructor(arena: BoxArena, options: LargeFrameOptions) {
    const { memory } = arena;
    this.#arena = arena;
    this.#options = options;
    this.#stateBytes = 2 * memory.authenticatorBytes + 32;
    this.#state = memory.allocate(this.#stateBytes);
    this.#store = new Uint8Array(TEXT_AT + Math.min(options.textBytes, FIRST_STORE_BYTES));
    const { octets } = memory;
    if (options.opens !== null) {
      octets.set(options.opens.front.subarray(MESSAGE_NAME.length), this.#nonceIn);
      this.#begin(this.#state, this.#nonceIn, options.opens.subkey);
    }
    if (options.seals !== null) {
      writeCounter(octets, this.#nonceOut, options.seals.nonce);
      this.#begin(this.#state + memory.authenticatorBytes, this.#nonceOut, options.seals.subkey);
    }
  }

  get isDone(): boolean {
    return this.#worked === this.#options.textBytes;
  }

  /** Good once it is done. */
  get isCommand(): boolean {
    return (this.#boxFlags & BOX_COMMAND) !== 0;
  }

  get isMore(): boolean {
    return (this.#boxFlags & BOX_MORE) !== 0;
  }

  /** Takes what belongs to this frame; returns how many octets that was. */
  feed(bytes: Uint8Array): number {
    const { textBytes } = this.#options;
    const taken = Math.min(bytes.length, textBytes - this.#filled);
    this.#reserve(this.#filled + taken);
    this.#store.set(bytes.subarray(0, taken), TEXT_AT + this.#filled);
    this.#filled += taken;
    while (!this.isFaulty && this.#worked < this.#filled) {
      const room = this.#worked === 0 ? WINDOW_BYTES - PAD_BYTES : WINDOW_BYTES;
      const piece = Math.min(this.#filled - this.#worked, room);
      // Salsa20's blocks of 64 octets: only the last piece may end within one.
      if (piece < room && this.#filled < textBytes) break;
      this.#work(piece);
    }
    if (this.isDone && !this.isFaulty) this.#send();
    return taken;
  }

  dispose(): void {
    this.#arena.memory.release(this.#state, this.#stateBytes);
  }

  get #nonceIn(): number {
    return this.#state + 2 * this.#arena.memory.authenticatorBytes;
  }

  get #nonceOut(): number {
    return this.#nonceIn + 8 + MAC_BYTES;
  }

  #begin(state: number, nonce: number, subkey: number): void {
    const { memory, text } = this.#arena;
    memory.octets.fill(0, text, text + PAD_BYTES);
    memory.xor(text, text, PAD_BYTES, nonce, 0, subkey);
    memory.beginAuthenticator(state, text);
  }

  #reserve(textBytes: number): void {
    if (TEXT_AT + textBytes <= this.#store.length) return;
    const grown = new Uint8Array(TEXT_AT + Math.min(this.#options.textBytes, Math.max(textBytes, 2 * this.#filled)));
    grown.set(this.#store.subarray(0, TEXT_AT + this.#filled));
    this.#store = grown;
  }

  #work(piece: number): void {
    const { memory, input, text, mac } = this.#arena;
    const { octets } = memory;
    const { opens, seals, textBytes } = this.#options;
    const isFirst = this.#worked === 0;
    const pad = isFirst ? PAD_BYTES : 0;
    const block = isFirst ? 0 : (PAD_BYTES + this.#worked) / 64;
    const stored = this.#store.subarray(TEXT_AT + this.#worked, TEXT_AT + this.#worked + piece);
    if (opens === null) {
      octets.set(stored, text + pad);
    } else {
      octets.fill(0, input, input + pad);
      octets.set(stored, input + pad);
      memory.feedAuthenticator(this.#state, input + pad, piece);
      memory.xor(text, input, pad + piece, this.#nonceIn, block, opens.subkey);
      if (this.#worked + piece === textBytes) {
        memory.endAuthenticator(this.#state, mac);
        this.isFaulty = !isSameMac(octets, mac, this.#nonceIn + 8);
        if (this.isFaulty) return;
      }
    }
    if (isFirst) this.#boxFlags = octets[text + PAD_BYTES]!;
    this.#tellPlain(isFirst, text + pad, piece);
    if (seals !== null) {
      octets.fill(0, text, text + pad);
      memory.xor(input, text, pad + piece, this.#nonceOut, block, seals.subkey);
      memory.feedAuthenticator(this.#state + memory.authenticatorBytes, input + pad, piece);
      stored.set(octets.subarray(input + pad, input + pad + piece));
    } else {
      stored.set(octets.subarray(text + pad, text + pad + piece));
    }
    this.#worked += piece;
  }

  /** Hands out a piece of the plain frame, behind its header where it is the first. */
  #tellPlain(isFirst: boolean, place: number, piece: number): void {
    const { memory, output } = this.#arena;
    const { octets } = memory;
    const skipped = isFirst ? 1 : 0;
    const header = isFirst
      ? writeFrameHeader(octets, output, fromBoxFlags(this.#boxFlags), this.#options.textBytes - 1)
      : 0;
    octets.copyWithin(output + header, place + skipped, place + piece);
    this.#options.sink.plain(octets.subarray(output, output + header + piece - skipped));
  }

  #send(): void {
    const { memory, mac } = this.#arena;
    const { wireFlags, seals, textBytes, sink } = this.#options;
    const store = this.#store;
    const end = TEXT_AT + textBytes;
    if (seals === null) {
      const bodyAt = TEXT_AT + 1;
      writeFrameHeader(store, bodyAt - 9, fromBoxFlags(this.#boxFlags), textBytes - 1);
      sink.send(store.subarray(bodyAt - 9, end));
      return;
    }
    writeFrameHeader(store, 0, wireFlags, FRONT_BYTES + textBytes);
    store.set(MESSAGE_NAME, 9);
    writeCounter(store, 9 + MESSAGE_NAME.length, seals.nonce);
    memory.endAuthenticator(this.#state + memory.authenticatorBytes, mac);
    store.set(memory.octets.subarray(mac, mac + MAC_BYTES), 9 + FRONT_BYTES - MAC_BYTES);
    sink.send(store.subarray(0, end));
  }
}
