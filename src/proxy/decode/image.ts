import type { Decoded } from "../../shared/model.ts";
import { toBase64 } from "./base64.ts";
import { viewOf } from "./scalarReader.ts";

type Format = Extract<Decoded, { kind: "image" }>["format"];
type Size = { readonly width: number; readonly height: number };

const MAX_IMAGE_BYTES = 2 * 1024 * 1024;
/** What a view may be made to keep in memory, at four octets a pixel. */
const MAX_PIXELS = 50_000_000;
const MIME: Readonly<Record<Format, string>> = {
  PNG: "image/png",
  JPEG: "image/jpeg",
  GIF: "image/gif",
  WebP: "image/webp",
};

/** The image format that octets begin as. */
export function imageFormat(bytes: Uint8Array): Format | undefined {
  if (bytes.length < 12) return undefined;
  switch (bytes[0]) {
    case 0x89:
      return hasAscii(bytes, 1, "PNG\r\n\x1a\n") ? "PNG" : undefined;
    case 0xff:
      return bytes[1] === 0xd8 && bytes[2] === 0xff ? "JPEG" : undefined;
    case 0x47:
      return hasAscii(bytes, 0, "GIF87a") || hasAscii(bytes, 0, "GIF89a") ? "GIF" : undefined;
    case 0x52:
      return hasAscii(bytes, 0, "RIFF") && hasAscii(bytes, 8, "WEBP") ? "WebP" : undefined;
    default:
      return undefined;
  }
}

/** `PNG image, 640 × 480`, without the size where the beginning does not say it; undefined for what is no image. */
export function imageWords(bytes: Uint8Array): string | undefined {
  const format = imageFormat(bytes);
  if (format === undefined) return undefined;
  const size = imageSize(format, bytes);
  return size === undefined ? `${format} image` : `${format} image, ${size.width} × ${size.height}`;
}

/** A PNG, JPEG, GIF or WebP file whole, for a browser to draw. Nothing but its header is read here. */
export function decodeImage(bytes: Uint8Array): Decoded {
  const format = imageFormat(bytes);
  if (format === undefined) return { kind: "none", reason: "This is no PNG, JPEG, GIF or WebP image." };
  const size = imageSize(format, bytes);
  if (size === undefined)
    return { kind: "none", reason: `This begins as a ${format} image, but its header is cut off or damaged.` };
  const { width, height } = size;
  if (width * height > MAX_PIXELS) {
    return { kind: "none", reason: `A ${format} image of ${width} × ${height} pixels is too large to be shown.` };
  }
  if (bytes.length > MAX_IMAGE_BYTES) {
    const reason = `A ${format} image of ${width} × ${height} pixels and ${bytes.length} octets; above ${MAX_IMAGE_BYTES} octets it is not shown.`;
    return { kind: "none", reason };
  }
  return { kind: "image", format, mime: MIME[format], base64: toBase64(bytes), width, height };
}

function imageSize(format: Format, bytes: Uint8Array): Size | undefined {
  const size = readers[format](bytes, viewOf(bytes));
  return size !== undefined && size.width > 0 && size.height > 0 ? size : undefined;
}

const readers: Readonly<Record<Format, (bytes: Uint8Array, view: DataView) => Size | undefined>> = {
  PNG: (bytes, view) =>
    bytes.length >= 24 && hasAscii(bytes, 12, "IHDR")
      ? { width: view.getUint32(16), height: view.getUint32(20) }
      : undefined,
  JPEG: jpegSize,
  GIF: (_bytes, view) => ({ width: view.getUint16(6, true), height: view.getUint16(8, true) }),
  WebP: webpSize,
};

/** Walks the segments to the frame header, whichever of SOF0 to SOF15 it is. */
function jpegSize(bytes: Uint8Array, view: DataView): Size | undefined {
  for (let at = 2; at + 9 <= bytes.length;) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    const length = view.getUint16(at + 2);
    // Scan data follows no length, and the frame header comes before it.
    if (marker === 0xda || length < 2) return undefined;
    at += 2 + length;
  }
  return undefined;
}

/** The three forms of a WebP file: lossy, lossless, and with extra chunks. */
function webpSize(bytes: Uint8Array, view: DataView): Size | undefined {
  if (bytes.length < 30) return undefined;
  if (hasAscii(bytes, 12, "VP8X")) {
    const three = (at: number): number => view.getUint16(at, true) + bytes[at + 2]! * 65536;
    return { width: three(24) + 1, height: three(27) + 1 };
  }
  if (hasAscii(bytes, 12, "VP8L")) {
    const bits = view.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (hasAscii(bytes, 12, "VP8 ")) {
    return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  }
  return undefined;
}

function hasAscii(bytes: Uint8Array, at: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) if (bytes[at + index] !== text.charCodeAt(index)) return false;
  return true;
}
