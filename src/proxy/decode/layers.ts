import type { Layer } from "../../shared/model.ts";
import { fromBase64 } from "./base64.ts";
import { compressionOf, inflate } from "./inflate.ts";
import { looksLikeText } from "./text.ts";

/** What all layers together may expand to. */
export const MAX_EXPANDED_BYTES = 8 * 1024 * 1024;
const MAX_LAYERS = 8;
/** Shorter text in base64's letters is likelier to be a word or an id. */
const MIN_BASE64_BYTES = 16;

export type Peeled = {
  /** Outermost first. */
  readonly layers: readonly Layer[];
  /** What is inside them; with a problem what the last layer holds as it is. */
  readonly bytes: Uint8Array;
  /** Why the last layer was not opened, in a sentence. */
  readonly problem: string | undefined;
};

/**
 * Takes off base64 and compression, one inside the other, at most 8 layers and 8 MiB in all. Base64 is one only when
 * `isSensible` says so of its contents, or they are compressed: words can be base64, too.
 */
export function peel(frame: Uint8Array, isSensible: (inner: Uint8Array) => boolean): Peeled {
  const layers: Layer[] = [];
  let bytes = frame;
  let left = MAX_EXPANDED_BYTES;
  for (;;) {
    const layer = openLayer(bytes, left, isSensible);
    if (layer === undefined) return { layers, bytes, problem: undefined };
    const { name, inner } = layer;
    if (layers.length === MAX_LAYERS) {
      return {
        layers,
        bytes,
        problem: `It is wrapped in more than ${MAX_LAYERS} layers, so it is not opened further.`,
      };
    }
    layers.push({ name, sizeBytes: bytes.length });
    if (typeof inner === "string") return { layers, bytes, problem: inner };
    left -= inner.length;
    bytes = inner;
  }
}

type Opened = { readonly name: Layer["name"]; readonly inner: Uint8Array | string };

/** The layer that octets are, with its contents, or why it cannot be opened. */
function openLayer(
  bytes: Uint8Array,
  maxBytes: number,
  isSensible: (inner: Uint8Array) => boolean,
): Opened | undefined {
  const name = compressionOf(bytes);
  if (name !== undefined && !(name === "zlib" && looksLikeText(bytes, false))) {
    const opened = inflate(name, bytes, maxBytes);
    if ("bytes" in opened) return { name, inner: opened.bytes };
    // Two octets make a zlib header, which other octets have by chance.
    return name === "zlib" && !opened.isTooLarge ? undefined : { name, inner: opened.problem };
  }
  if (bytes.length < MIN_BASE64_BYTES) return undefined;
  const inner = fromBase64(bytes);
  if (inner === undefined) return undefined;
  return compressionOf(inner) !== undefined || isSensible(inner) ? { name: "base64", inner } : undefined;
}
