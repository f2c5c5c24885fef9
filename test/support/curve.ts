import makeSodium, { type Sodium } from "libsodium-sumo";

import { openBoxMemory } from "../../src/proxy/crypto/sodium.ts";
import { BoxArena } from "../../src/proxy/wire/curve/boxArena.ts";
import { Boxes } from "../../src/proxy/wire/curve/boxes.ts";
import type { BoxSender, FlowProblem, FlowSink } from "../../src/proxy/wire/curve/boxFlow.ts";
import type { BoxMemory, KeyPair } from "../../src/proxy/wire/curve/boxMemory.ts";
import { decodeZ85 } from "../../src/shared/keys/z85.ts";
import { encodeFrame } from "../../src/proxy/wire/writer.ts";
import { join, octets } from "./octets.ts";

type EasySodium = Sodium & {
  _crypto_box_easy(out: number, text: number, low: number, high: number, nonce: number, to: number, by: number): number;
  _crypto_box_open_easy: EasySodium["_crypto_box_easy"];
  _crypto_box_easy_afternm(out: number, text: number, low: number, high: number, nonce: number, key: number): number;
};

/** NaCl's boxes as libsodium itself makes them: what our own are measured against. */
export type Nacl = {
  box(text: Uint8Array, nonce: Uint8Array, to: Uint8Array, by: Uint8Array): Uint8Array;
  /** A box for whoever shares this key. */
  boxWith(text: Uint8Array, nonce: Uint8Array, sharedKey: Uint8Array): Uint8Array;
  /** `null` for a box that is not genuine. */
  open(box: Uint8Array, nonce: Uint8Array, by: Uint8Array, to: Uint8Array): Uint8Array | null;
  publicKey(secretKey: Uint8Array): Uint8Array;
};

export async function openNacl(): Promise<Nacl> {
  const sodium = (await makeSodium({ getRandomValue: () => 4 })) as EasySodium;
  sodium._sodium_init();
  /** Calls with copies of `inputs` and a place for the answer. */
  const call = (size: number, inputs: readonly Uint8Array[], work: (out: number, places: number[]) => number) => {
    const places = [size, ...inputs.map(({ length }) => length)].map((length) => sodium._malloc(length + 1));
    const [out, ...rest] = places as [number, ...number[]];
    inputs.forEach((input, index) => sodium.HEAPU8.set(input, rest[index]));
    const result = work(out, rest) === 0 ? sodium.HEAPU8.slice(out, out + size) : null;
    for (const place of places) sodium._free(place);
    return result;
  };
  return {
    box: (text, nonce, to, by) =>
      call(text.length + 16, [text, nonce, to, by], (out, [textAt, nonceAt, toAt, byAt]) =>
        sodium._crypto_box_easy(out, textAt!, text.length, 0, nonceAt!, toAt!, byAt!),
      )!,
    boxWith: (text, nonce, sharedKey) =>
      call(text.length + 16, [text, nonce, sharedKey], (out, [textAt, nonceAt, keyAt]) =>
        sodium._crypto_box_easy_afternm(out, textAt!, text.length, 0, nonceAt!, keyAt!),
      )!,
    open: (box, nonce, by, to) =>
      call(box.length - 16, [box, nonce, by, to], (out, [boxAt, nonceAt, byAt, toAt]) =>
        sodium._crypto_box_open_easy(out, boxAt!, box.length, 0, nonceAt!, byAt!, toAt!),
      ),
    publicKey: (secretKey) =>
      call(32, [secretKey], (out, [secretAt]) => sodium._crypto_scalarmult_base(out, secretAt!))!,
  };
}

/** Boxes whose random octets are the given ones, in turn. */
export async function scriptedBoxes(...script: readonly Uint8Array[]): Promise<Boxes> {
  const memory = await openBoxMemory();
  const left = [...script];
  return new Boxes(
    new BoxArena(
      changed(memory, {
        randomFill: (place, size) => {
          const next = left.shift();
          if (next?.length !== size) throw new Error(`The script has no ${size} random octets here.`);
          memory.octets.set(next, place);
        },
      }),
    ),
  );
}

/** Boxes that remember each secret they gave away, to see whether it is wiped in the end. */
export class WatchedBoxes extends Boxes {
  readonly secrets: Uint8Array[] = [];

  get areWiped(): boolean {
    return this.secrets.every((secret) => secret.every((octet) => octet === 0));
  }

  override keyPair(): KeyPair {
    const pair = super.keyPair();
    this.secrets.push(pair.secretKey);
    return pair;
  }

  override sharedKey(publicKey: Uint8Array, secretKey: Uint8Array): Uint8Array | null {
    const key = super.sharedKey(publicKey, secretKey);
    if (key !== null) this.secrets.push(key);
    return key;
  }
}

/** A box memory with some operations of its own. */
export function changed(memory: BoxMemory, own: Partial<BoxMemory>): BoxMemory {
  return Object.assign(Object.create(memory) as BoxMemory, own);
}

/** A pair whose secret key is `octet` 32 times. */
export function pairOf(boxes: Boxes, octet: number): KeyPair {
  const secretKey = new Uint8Array(32).fill(octet);
  return { publicKey: boxes.publicKeyOf(secretKey), secretKey };
}

/** A pair as recorded links name it. */
export function readPair(pair: { public: string; secret: string }): KeyPair {
  return { publicKey: decodeZ85(pair.public)!, secretKey: decodeZ85(pair.secret)! };
}

/** `count` octets that count up from `from`. */
export function counting(from: number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => from + index);
}

/** 24 octets: a name, then the rest. */
export function nonceOf(name: string, rest: Uint8Array): Uint8Array {
  return join(octets(name), rest);
}

/** Eight octets, the most significant first. */
export function eight(counter: number): Uint8Array {
  const octets = Buffer.alloc(8);
  octets.writeBigUInt64BE(BigInt(counter));
  return new Uint8Array(octets);
}

/** A MESSAGE as a frame, sealed by libsodium: octet by octet what a peer would send. */
export function message(
  nacl: Nacl,
  { sharedKey, sender }: { sharedKey: Uint8Array; sender: BoxSender },
  nonce: Uint8Array,
  text: Uint8Array,
  wireFlags = 0,
): Uint8Array {
  const name = sender === "client" ? "CurveZMQMESSAGEC" : "CurveZMQMESSAGES";
  return encodeFrame(
    join(octets("\x07MESSAGE"), nonce, nacl.boxWith(text, nonceOf(name, nonce), sharedKey)),
    wireFlags,
  );
}

/** A sink with a memory. */
export class FlowRecorder implements FlowSink {
  readonly sentParts: Uint8Array[] = [];
  readonly plainParts: Uint8Array[] = [];
  readonly problems: FlowProblem[] = [];

  get sent(): Uint8Array {
    return join(...this.sentParts);
  }

  get shown(): Uint8Array {
    return join(...this.plainParts);
  }

  send(bytes: Uint8Array): void {
    this.sentParts.push(bytes);
  }

  plain(bytes: Uint8Array): void {
    this.plainParts.push(bytes.slice());
  }

  fault(problem: FlowProblem): void {
    this.problems.push(problem);
  }
}
