import type { DecoderName } from "../../shared/model.ts";
import { cborConfidence } from "./cbor.ts";
import { imageFormat } from "./image.ts";
import { looksLikeJson } from "./json.ts";
import { looksLikeMsgpack } from "./msgpack.ts";
import { looksLikeNpy } from "./numpy.ts";
import { pickleConfidence } from "./pickle.ts";
import { looksLikeText } from "./text.ts";
import { looksLikeXml } from "./xmlLook.ts";

export type Guess = { readonly decoder: DecoderName; readonly confidence: number };

/** How sure a decoder is, from 0 to 1, that octets, or with `isPrefix` their beginning, are of its kind. */
type Confidence = (bytes: Uint8Array, isPrefix: boolean) => number;

/** Nothing that is tried later is surer than this. */
const SURE = 0.8;
/** What is less sure is shown as octets, which are always right. */
const HEX_CONFIDENCE = 0.4;

/**
 * In the order in which they are tried, the frequent ones first. A choice alone, and no octets, can tell numbers, structures
 * and Protobuf from others.
 */
const confidences: readonly (readonly [DecoderName, Confidence])[] = [
  ["json", (bytes, isPrefix) => (looksLikeJson(bytes, isPrefix) ? 0.95 : 0)],
  ["xml", (bytes, isPrefix) => (looksLikeXml(bytes, isPrefix) ? 0.85 : 0)],
  ["text", (bytes, isPrefix) => (looksLikeText(bytes, isPrefix) ? 0.8 : 0)],
  ["msgpack", (bytes, isPrefix) => (looksLikeMsgpack(bytes, isPrefix) ? 0.8 : 0)],
  ["image", (bytes) => (imageFormat(bytes) === undefined ? 0 : 0.98)],
  ["numpy", (bytes) => (looksLikeNpy(bytes) ? 0.98 : 0)],
  ["pickle", pickleConfidence],
  ["cbor", cborConfidence],
  ["hex", () => HEX_CONFIDENCE],
];

/** The decoder that reads these octets best. With `isPrefix` they may end anywhere. */
export function guess(bytes: Uint8Array, isPrefix = false): DecoderName {
  return guessSurely(bytes, isPrefix).decoder;
}

/** The same with how sure it is. */
export function guessSurely(bytes: Uint8Array, isPrefix = false): Guess {
  let decoder: DecoderName = "hex";
  let best = 0;
  for (const [name, confidence] of confidences) {
    const sure = confidence(bytes, isPrefix);
    if (sure <= best) continue;
    decoder = name;
    best = sure;
    if (best >= SURE) break;
  }
  return { decoder, confidence: best };
}
