import type { CopyFormat, DecoderName } from "../shared/model.ts";
import { UserError } from "../shared/userError.ts";
import type { Capture, RawRow } from "./capture/capture.ts";
import { guess } from "./decode/guess.ts";
import { toHex } from "./decode/jsonText.ts";
import { decode } from "./decode/registry.ts";
import { utf8Text } from "./decode/text.ts";
import { eventDetail } from "./eventDetail.ts";
import { partlyKept, rowGone } from "./faults.ts";
import { javascriptBuffer, pythonBytes } from "./literals.ts";
import { rowEventWords } from "./rowWords.ts";

/** More is of no use on a clipboard. */
const MAX_COPY_BYTES = 16 * 1024 * 1024;
const MAX_FRAMES = 100_000;
/** Decoders whose values are the frame in other words. */
const LOSSLESS: readonly DecoderName[] = ["json", "msgpack", "cbor"];

/**
 * Row `n` for the clipboard, as it is; what makes a call again is made by copyCode. Python is a list of bytes for pyzmq's send_multipart, JavaScript an array of Buffers; both
 * give back the same octets when evaluated. Rejects rows that are gone, partly kept or too large with a UserError.
 */
export function copyAs(capture: Capture, n: number, format: CopyFormat): string {
  const raw = capture.row(n);
  if (raw === undefined) throw rowGone(n);
  if (raw.kind === "event") return copyEvent(capture, raw, format);
  return formats[format](wholeFrames(capture, raw));
}

const formats: Record<CopyFormat, (frames: readonly Uint8Array[]) => string> = {
  text: (frames) => frames.map((frame) => utf8Text(frame) ?? `0x${toHex(frame)}`).join("\n"),
  json: (frames) => `[\n${frames.map((frame) => `  ${jsonFrame(frame)}`).join(",\n")}\n]`,
  hex: (frames) => frames.map((frame) => toHex(frame)).join("\n"),
  base64: (frames) => frames.map((frame) => Buffer.from(frame).toString("base64")).join("\n"),
  python: (frames) => `[${frames.map(pythonBytes).join(", ")}]`,
  javascript: (frames) => `[${frames.map(javascriptBuffer).join(", ")}]`,
  command: () => {
    throw new UserError(
      "no-call",
      "Only what a connecting program sends can be copied as a command line. Choose a request.",
    );
  },
};

/** Decoded where that loses nothing, else `{"$base64":"…"}`. */
function jsonFrame(frame: Uint8Array): string {
  const found = guess(frame);
  // XML is decoded to what is read most easily, which is not what was sent.
  const decoder = found === "xml" ? "text" : found;
  const decoded = decode(decoder, frame, { maxChars: MAX_COPY_BYTES });
  if (decoder === "text" && decoded.kind === "text") return JSON.stringify(decoded.text);
  if (LOSSLESS.includes(decoder) && decoded.kind === "tree" && !decoded.truncated) return decoded.json;
  return JSON.stringify({ $base64: Buffer.from(frame).toString("base64") });
}

function copyEvent(capture: Capture, raw: RawRow, format: CopyFormat): string {
  if (format === "text") return rowEventWords(capture, raw).preview;
  if (format !== "json" && format !== "command" && raw.command !== null)
    return formats[format]([capture.commandBytes(raw.n, MAX_COPY_BYTES)]);
  return JSON.stringify({ event: raw.event, detail: eventDetail(capture, raw) }, null, 2);
}

function wholeFrames(capture: Capture, raw: RawRow): Uint8Array[] {
  if (raw.sizeBytes > MAX_COPY_BYTES || raw.frames > MAX_FRAMES) {
    throw new UserError(
      "too-large",
      `Message ${raw.n} has ${raw.sizeBytes} octets in ${raw.frames} frames, which is too much for the clipboard. Open it in the inspector instead.`,
    );
  }
  const { frames, more } = capture.framePrefixes(raw.n, MAX_FRAMES, MAX_COPY_BYTES);
  if (more > 0 || frames.some((frame) => frame.keptBytes < frame.sizeBytes)) {
    throw partlyKept(raw.n, "copied whole");
  }
  return frames.map((frame) => frame.prefix);
}
