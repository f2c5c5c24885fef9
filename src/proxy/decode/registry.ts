import type { Decoded, DecoderName } from "../../shared/model.ts";
import { decodeCbor } from "./cbor.ts";
import { decodeHex } from "./hex.ts";
import { decodeImage } from "./image.ts";
import { decodeJson } from "./json.ts";
import { decodeMsgpack } from "./msgpack.ts";
import { decodeNumbers } from "./numbers.ts";
import { decodeNumpy } from "./numpy.ts";
import { decodePickle } from "./pickle.ts";
import { decodeProtobuf } from "./protobuf.ts";
import type { ProtobufSchema } from "./protobufSchema.ts";
import { decodeStruct } from "./struct.ts";
import { decodeText } from "./text.ts";
import { decodeXml } from "./xml.ts";

/** Longest decoded value, in characters. */
export const MAX_DECODED_CHARS = 256 * 1024;

export type DecodeOptions = {
  readonly maxChars?: number;
  /** What a choice has behind its colon: an encoding, a format, a message type. */
  readonly option?: string;
  /** Message types of the workspace; `null` for none. */
  readonly schema?: ProtobufSchema | null;
};

type Decode = (bytes: Uint8Array, maxChars: number, option: string, schema: ProtobufSchema | null) => Decoded;

const GONE = 'There is no decoder of yours that reads it. See the setting "zmqTap.dialects".';

const decoders: Readonly<Record<DecoderName, Decode>> = {
  json: decodeJson,
  msgpack: decodeMsgpack,
  cbor: decodeCbor,
  xml: decodeXml,
  numpy: decodeNumpy,
  pickle: decodePickle,
  image: decodeImage,
  text: decodeText,
  hex: decodeHex,
  numbers: decodeNumbers,
  struct: decodeStruct,
  protobuf: decodeProtobuf,
  // Decoders of the user's are asked before these; here one is that is gone.
  own: () => ({ kind: "none", reason: GONE }),
};

/** Decodes whole octets. Never throws: what does not fit is `none`, with the reason in a sentence. */
export function decode(name: DecoderName, bytes: Uint8Array, options: DecodeOptions = {}): Decoded {
  return decoders[name](bytes, options.maxChars ?? MAX_DECODED_CHARS, options.option ?? "", options.schema ?? null);
}
