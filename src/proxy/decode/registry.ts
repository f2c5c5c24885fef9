import type { Decoded, DecoderName } from "../../shared/model.ts";
import { decodeHex } from "./hex.ts";
import { decodeJson, looksLikeJson } from "./json.ts";
import { decodeMsgpack, looksLikeMsgpack } from "./msgpack.ts";
import { decodeText, looksLikeText } from "./text.ts";

/** Longest decoded value, in characters. */
export const MAX_DECODED_CHARS = 256 * 1024;

type Decoder = {
  /** Whether the octets, or a prefix of them, are of this kind. */
  readonly fits: (bytes: Uint8Array, isPrefix: boolean) => boolean;
  readonly decode: (bytes: Uint8Array, maxChars: number) => Decoded;
};

/** In the order in which they are tried. */
const decoders: Record<DecoderName, Decoder> = {
  json: { fits: looksLikeJson, decode: decodeJson },
  text: { fits: looksLikeText, decode: decodeText },
  msgpack: { fits: looksLikeMsgpack, decode: decodeMsgpack },
  hex: { fits: () => true, decode: decodeHex },
};

/** The decoder that reads these octets best. With `isPrefix` they may end anywhere. */
export function guess(bytes: Uint8Array, isPrefix = false): DecoderName {
  const names = Object.keys(decoders) as DecoderName[];
  return names.find((name) => decoders[name].fits(bytes, isPrefix)) ?? "hex";
}

/** Decodes whole octets. Never throws: what does not fit is `none`, with the reason in a sentence. */
export function decode(name: DecoderName, bytes: Uint8Array, options: { maxChars?: number } = {}): Decoded {
  return decoders[name].decode(bytes, options.maxChars ?? MAX_DECODED_CHARS);
}
