import type { Decoded, DecoderName } from "../../shared/model.ts";
import { cborConfidence, decodeCbor } from "./cbor.ts";
import { decodeHex } from "./hex.ts";
import { decodeImage, imageFormat } from "./image.ts";
import { decodeJson, looksLikeJson } from "./json.ts";
import { decodeMsgpack, looksLikeMsgpack } from "./msgpack.ts";
import { decodeNumbers } from "./numbers.ts";
import { decodeNumpy, looksLikeNpy } from "./numpy.ts";
import { decodePickle, pickleConfidence } from "./pickle.ts";
import { decodeProtobuf } from "./protobuf.ts";
import type { ProtobufSchema } from "./protobufSchema.ts";
import { decodeStruct } from "./struct.ts";
import { decodeText, looksLikeText } from "./text.ts";
import { decodeXml, looksLikeXml } from "./xml.ts";

/** Longest decoded value, in characters. */
export const MAX_DECODED_CHARS = 256 * 1024;

export type DecodeOptions = {
  readonly maxChars?: number;
  /** What a choice has behind its colon: an encoding, a format, a message type. */
  readonly option?: string;
  /** Message types of the workspace; `null` for none. */
  readonly schema?: ProtobufSchema | null;
};

export type Guess = { readonly decoder: DecoderName; readonly confidence: number };

type Decoder = {
  /** How sure it is, from 0 to 1, that octets, or with `isPrefix` their beginning, are of this kind. */
  readonly confidence: (bytes: Uint8Array, isPrefix: boolean) => number;
  readonly decode: (bytes: Uint8Array, maxChars: number, option: string, schema: ProtobufSchema | null) => Decoded;
};

/** Nothing that is tried later can be surer than this. */
const SURE = 0.8;
/** What is surer is shown as what it is; the octets themselves are always right. */
const HEX_CONFIDENCE = 0.4;
const GONE = 'There is no decoder of yours that reads it. See the setting "zmqTap.dialects".';
const never = (): number => 0;

/** In the order in which they are tried, the frequent ones first. */
const decoders: Readonly<Record<DecoderName, Decoder>> = {
  json: { confidence: (bytes, isPrefix) => (looksLikeJson(bytes, isPrefix) ? 0.95 : 0), decode: decodeJson },
  xml: { confidence: (bytes, isPrefix) => (looksLikeXml(bytes, isPrefix) ? 0.9 : 0), decode: decodeXml },
  text: { confidence: (bytes, isPrefix) => (looksLikeText(bytes, isPrefix) ? 0.8 : 0), decode: decodeText },
  msgpack: { confidence: (bytes, isPrefix) => (looksLikeMsgpack(bytes, isPrefix) ? 0.8 : 0), decode: decodeMsgpack },
  image: { confidence: (bytes) => (imageFormat(bytes) === undefined ? 0 : 0.98), decode: decodeImage },
  numpy: { confidence: (bytes) => (looksLikeNpy(bytes) ? 0.98 : 0), decode: decodeNumpy },
  pickle: { confidence: pickleConfidence, decode: decodePickle },
  cbor: { confidence: cborConfidence, decode: decodeCbor },
  hex: { confidence: () => HEX_CONFIDENCE, decode: decodeHex },
  numbers: { confidence: never, decode: decodeNumbers },
  struct: { confidence: never, decode: decodeStruct },
  protobuf: { confidence: never, decode: decodeProtobuf },
  // Decoders of the user's are asked before these; here one is that is gone.
  own: { confidence: never, decode: () => ({ kind: "none", reason: GONE }) },
};
const ORDER = Object.entries(decoders) as readonly [DecoderName, Decoder][];

/** The decoder that reads these octets best. With `isPrefix` they may end anywhere. */
export function guess(bytes: Uint8Array, isPrefix = false): DecoderName {
  return guessSurely(bytes, isPrefix).decoder;
}

/** The same with how sure it is. */
export function guessSurely(bytes: Uint8Array, isPrefix = false): Guess {
  let decoder: DecoderName = "hex";
  let best = 0;
  for (const [name, { confidence }] of ORDER) {
    const sure = confidence(bytes, isPrefix);
    if (sure <= best) continue;
    decoder = name;
    best = sure;
    if (best >= SURE) break;
  }
  return { decoder, confidence: best };
}

/** Decodes whole octets. Never throws: what does not fit is `none`, with the reason in a sentence. */
export function decode(name: DecoderName, bytes: Uint8Array, options: DecodeOptions = {}): Decoded {
  return decoders[name].decode(
    bytes,
    options.maxChars ?? MAX_DECODED_CHARS,
    options.option ?? "",
    options.schema ?? null,
  );
}
