import { type DecoderName, type FrameValue, SURE_GUESS } from "../../shared/model.ts";
import { guessSurely } from "./guess.ts";
import { peel, type Peeled } from "./layers.ts";
import type { ProtobufSchema } from "./protobufSchema.ts";
import { decode } from "./registry.ts";

/** A guess that is less sure says nothing about what is inside base64. */
const SENSIBLE = 0.7;

export type ValueChoice = { readonly decoder: DecoderName; readonly option: string };

/**
 * What a frame holds, by a user's choice or, with `null`, by a guess. Wrappers are taken off first, except for text and
 * hex that a user chose: these show the frame itself. With `isPrefix` the octets are the beginning of a longer frame. What is
 * `usual` in its channel counts where the octets alone do not tell, and it can read them.
 */
export function frameValue(
  bytes: Uint8Array,
  isPrefix: boolean,
  choice: ValueChoice | null,
  schema: ProtobufSchema | null,
  usual: Pick<FrameValue, "decoder" | "confidence"> | null = null,
): FrameValue {
  const isItself = isPrefix || choice?.decoder === "text" || choice?.decoder === "hex";
  const peeled: Peeled = isItself ? { layers: [], bytes, problem: undefined } : peel(bytes, isSensible);
  const { layers, bytes: inner, problem } = peeled;
  const { decoder, confidence } =
    choice === null ? guessSurely(inner, isPrefix) : { decoder: choice.decoder, confidence: 1 };
  const about = { decoder, confidence, layers, sizeBytes: inner.length };
  if (problem !== undefined)
    return { ...about, decoder: choice?.decoder ?? "hex", decoded: { kind: "none", reason: problem } };
  if (choice === null && usual !== null && confidence < SURE_GUESS) {
    const decoded = decode(usual.decoder, inner, { schema });
    if (decoded.kind !== "none") return { ...about, ...usual, decoded };
  }
  const decoded = decode(decoder, inner, { option: choice?.option ?? "", schema });
  // What only looks like XML, such as HTML, is text.
  const isText = choice === null && decoder === "xml" && decoded.kind === "none";
  return isText ? { ...about, decoder: "text", decoded: decode("text", inner) } : { ...about, decoded };
}

function isSensible(bytes: Uint8Array): boolean {
  const { decoder, confidence } = guessSurely(bytes);
  return decoder !== "hex" && confidence >= SENSIBLE;
}
