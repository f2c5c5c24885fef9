import { fromText } from "../octets.ts";
import { type BoxArena, WINDOW_BYTES } from "./boxArena.ts";
import { KEY_BYTES } from "./boxMemory.ts";
import type { LargeFrame } from "./largeFrame.ts";
import { MESSAGE_NAME } from "./messageOctets.ts";
import type { NonceOrder } from "./nonceOrder.ts";

/** Which side of the security protocol sent a message: part of its nonces. */
export type BoxSender = "client" | "server";

export type OpenWith = { readonly sharedKey: Uint8Array; readonly sender: BoxSender; readonly nonces: NonceOrder };
/** `nonce` is the last one that was used. */
export type SealWith = { readonly sharedKey: Uint8Array; readonly sender: BoxSender; readonly nonce: number };

/** Which check failed, and what that means in one sentence. */
export type FlowProblem = { readonly check: "nonce" | "mac" | "message" | "length"; readonly message: string };

export type FlowSink = {
  /** Whole frames for the receiver, its to keep. */
  send(bytes: Uint8Array): void;
  /**
   * The same as plain ZMTP frames for the capture, to be used before this returns. A frame above a window comes in pieces,
   * the last of them only once the frame has proved genuine.
   */
  plain(bytes: Uint8Array): void;
  /** The stream is of no use from here on, and nothing of the frame at fault was sent. */
  fault(problem: FlowProblem): void;
};

/**
 * One direction of traffic behind a handshake in which boxes are opened or sealed. A box's MAC stands in front of its text,
 * so a frame is held until it is whole. Per message nothing is allocated: a window of frames is worked on at once in the box
 * library's memory.
 */
export abstract class BoxFlow {
  protected readonly arena: BoxArena;
  protected readonly sink: FlowSink;
  protected readonly maxFrameBytes: number;
  /** The frame above a window that is under way. */
  protected large: LargeFrame | null = null;
  protected isInMessage = false;
  protected isBroken = false;
  #tail = new Uint8Array(0);
  #isDisposed = false;
  /** Told at each point outside a message, while set. It may call inject() and divert(). */
  onGap: (() => void) | null = null;
  /** Takes the plain frames in place of the receiver. */
  #take: ((frames: Uint8Array) => void) | null = null;
  /** Plain frames for whoever takes them, once the arena is free. */
  #diverted: Uint8Array[] = [];

  constructor(arena: BoxArena, sink: FlowSink, maxFrameBytes: number) {
    this.arena = arena;
    this.sink = sink;
    this.maxFrameBytes = maxFrameBytes;
  }

  /** Whether what goes out stands inside a message, so that nothing can be put in right here. */
  get isInsideMessage(): boolean {
    return this.isInMessage || this.large !== null;
  }

  /** A frame above a window is under way. */
  get isInsideFrame(): boolean {
    return this.large !== null;
  }

  /** Gives the plain frames to `take` from here on, which may call inject(); `null`: to the receiver. Not inside a frame. */
  divert(take: ((frames: Uint8Array) => void) | null): void {
    this.#take = take;
  }

  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && !this.isBroken) {
      if (this.large !== null) {
        at += this.feedLarge(chunk.subarray(at));
      } else {
        const end = Math.min(chunk.length, at + WINDOW_BYTES);
        this.#workOn(chunk.subarray(at, end));
        at = end;
      }
      if (this.#diverted.length > 0) this.#handOver();
    }
  }

  /** Sends whole plain frames of our own right away, outside of a message. Not from within push() but by onGap. */
  abstract inject(frames: Uint8Array): void;

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.isBroken = true;
    this.large?.dispose();
    this.large = null;
    this.#tail.fill(0);
    this.release();
  }

  protected abstract release(): void;

  protected get isDiverted(): boolean {
    return this.#take !== null;
  }

  /** Keeps whole plain frames, which are its own from here on, for whoever takes them. */
  protected setAside(frames: Uint8Array): void {
    this.#diverted.push(frames);
  }

  /** Where a frame above a window goes that begins now. */
  protected get largeSink(): Pick<FlowSink, "send" | "plain"> {
    if (!this.isDiverted) return this.sink;
    return { send: (frames) => this.setAside(frames), plain: () => undefined };
  }

  #handOver(): void {
    for (const frames of this.#diverted.splice(0)) this.#take?.(frames);
  }

  /**
   * Works on the first `filled` octets of the arena's input; returns how many of them it is done with. The name of MESSAGE
   * stands in the arena's front.
   */
  protected abstract work(filled: number): number;

  protected feedLarge(bytes: Uint8Array): number {
    const large = this.large!;
    const taken = large.feed(bytes);
    if (large.isFaulty) {
      this.fail(wrongMac());
    } else if (large.isDone) {
      this.large = null;
      large.dispose();
      if (!large.isCommand) this.isInMessage = large.isMore;
      if (!this.isInMessage) this.onGap?.();
    }
    return taken;
  }

  /** Feeds the frame that has just begun with the `rest` of the input; returns where the input goes on, which is as it was. */
  protected feedRest(rest: Uint8Array, filled: number): number {
    const at = filled - rest.length;
    const taken = this.feedLarge(rest);
    this.#restore(rest, at);
    return at + taken;
  }

  /** Lets others use the arena at a point outside a message; the input from `at` on is as it was afterwards. */
  protected tellGap(at: number, filled: number): void {
    const { memory, input } = this.arena;
    const rest = memory.octets.slice(input + at, input + filled);
    this.onGap?.();
    this.#restore(rest, at);
  }

  protected fail(problem: FlowProblem): void {
    if (this.isBroken) return;
    this.isBroken = true;
    this.sink.fault(problem);
  }

  protected lengthProblem(size: number): FlowProblem {
    const message =
      size < 0
        ? "A frame declares a length that no frame can have."
        : `A frame declares ${size} octets, and at most ${this.maxFrameBytes} are held until a frame is whole.`;
    return { check: "length", message };
  }

  protected deriveSubkey(place: number, { sharedKey, sender }: { sharedKey: Uint8Array; sender: BoxSender }): void {
    const { memory, nonce, keys } = this.arena;
    memory.octets.set(fromText(sender === "client" ? "CurveZMQMESSAGEC" : "CurveZMQMESSAGES"), nonce);
    memory.octets.set(sharedKey, keys);
    memory.subkey(place, nonce, keys);
    memory.octets.fill(0, keys, keys + KEY_BYTES);
  }

  /** What others did with the arena overwrote these. */
  #restore(rest: Uint8Array, at: number): void {
    const { memory, input, front } = this.arena;
    memory.octets.set(rest, input + at);
    memory.octets.set(MESSAGE_NAME, front);
  }

  #workOn(window: Uint8Array): void {
    const { memory, input, front } = this.arena;
    memory.octets.set(this.#tail, input);
    memory.octets.set(window, input + this.#tail.length);
    memory.octets.set(MESSAGE_NAME, front);
    const filled = this.#tail.length + window.length;
    const used = this.work(filled);
    this.#tail = this.isBroken ? new Uint8Array(0) : memory.octets.slice(input + used, input + filled);
  }
}

export function wrongMac(): FlowProblem {
  const message =
    "The MAC of a MESSAGE is wrong: it was changed on its way, or sealed with a key other than the handshake's.";
  return { check: "mac", message };
}
