// As a whole, since an import of a name that an older Node lacks would end the program at its start.
import zlib from "node:zlib";

export const COMPRESSIONS = ["zlib", "gzip", "zstd"] as const;
export type Compression = (typeof COMPRESSIONS)[number];

/** The octets, or why there are none, in a sentence. */
export type Inflated = { readonly bytes: Uint8Array } | { readonly problem: string; readonly isTooLarge: boolean };

const TITLES: Readonly<Record<Compression, string>> = { zlib: "zlib", gzip: "gzip", zstd: "Zstandard" };

/** Opens compressed octets, which must be whole. Never more than `maxBytes` come out, however little went in. */
export function inflate(compression: Compression, bytes: Uint8Array, maxBytes: number): Inflated {
  const options = { maxOutputLength: maxBytes };
  try {
    switch (compression) {
      case "zlib":
        return { bytes: zlib.inflateSync(bytes, options) };
      case "gzip":
        return { bytes: zlib.gunzipSync(bytes, options) };
      case "zstd":
        return { bytes: zlib.zstdDecompressSync(bytes, options) };
    }
  } catch (error) {
    const title = TITLES[compression];
    if (error instanceof TypeError) {
      return { isTooLarge: false, problem: `${title} is not opened here: that takes Node.js 22.15 or later.` };
    }
    const isTooMuch = (error as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE";
    return {
      isTooLarge: isTooMuch,
      problem: isTooMuch
        ? `It would become more than ${maxBytes} octets, so it is not opened: it may have been made to fill memory.`
        : `This is not ${title}, or it is cut off.`,
    };
  }
}

/** The compression that octets begin as, judged by their first four. */
export function compressionOf(bytes: Uint8Array): Compression | undefined {
  const [first = 0, second = 0, third = 0, fourth = 0] = bytes;
  if (first === 0x1f && second === 0x8b && third === 8) return "gzip";
  if (first === 0x28 && second === 0xb5 && third === 0x2f && fourth === 0xfd) return "zstd";
  // RFC 1950: method 8, a window of at most 32 KiB, no preset dictionary, and a check of both octets.
  const isZlib = (first & 0x0f) === 8 && first >>> 4 <= 7 && (second & 0x20) === 0 && (first * 256 + second) % 31 === 0;
  return isZlib && bytes.length > 2 ? "zlib" : undefined;
}
