import type { Capture } from "./capture/capture.ts";
import { guess } from "./decode/guess.ts";
import { toHex } from "./decode/jsonText.ts";
import { decode } from "./decode/registry.ts";
import { rowGone } from "./faults.ts";
import { rowWords } from "./rowWords.ts";

/** Longest text that is compared. */
const MAX_CHARS = 1024 * 1024;
const MAX_FRAME_BYTES = 256 * 1024;
const MAX_FRAMES = 200;
const HEX_PER_LINE = 16;

/**
 * Row `n` as text for comparing: each frame decoded, keys of objects in order, one value a line, so that only what differs
 * in meaning differs. Throws a UserError when the row is gone.
 */
export function normalisedMessage(capture: Capture, n: number): string {
  const raw = capture.row(n);
  if (raw === undefined) throw rowGone(n);
  if (raw.kind === "event") {
    const { topic, preview } = rowWords(capture, raw);
    return `${raw.event ?? ""}\n${topic}\n${preview}\n${sortedJson(raw.detail ?? {})}\n`;
  }
  const { frames, more } = capture.frames(n, MAX_FRAMES);
  return framesText(
    frames.map(({ sizeBytes }) => sizeBytes),
    (index) => capture.readFrame(n, index, 0, MAX_FRAME_BYTES),
    more,
  );
}

/** Frames that are in no capture, as normalisedMessage() shows those of a row. */
export function normalisedFrames(frames: readonly Uint8Array[]): string {
  const shown = frames.slice(0, MAX_FRAMES);
  return framesText(
    shown.map(({ length }) => length),
    (index) => shown[index]!.subarray(0, MAX_FRAME_BYTES),
    frames.length - shown.length,
  );
}

function framesText(sizes: readonly number[], read: (index: number) => Uint8Array, more: number): string {
  const parts: string[] = [];
  let chars = 0;
  for (const [index, sizeBytes] of sizes.entries()) {
    const text = frameText(read(index), sizeBytes);
    parts.push(`--- frame ${index} ---\n${text}\n`);
    chars += text.length;
    if (chars > MAX_CHARS) {
      parts.push("… the rest is left out\n");
      break;
    }
  }
  if (more > 0) parts.push(`… ${more} more frames\n`);
  return parts.join("").slice(0, MAX_CHARS + 1000);
}

function frameText(bytes: Uint8Array, sizeBytes: number): string {
  if (sizeBytes === 0) return "(empty)";
  const isCut = bytes.length < sizeBytes;
  const found = guess(bytes, isCut);
  const isXml = found === "xml" && !isCut && decode("xml", bytes, { maxChars: 1 }).kind === "text";
  const decoder = found === "xml" && !isXml ? "text" : found;
  const decoded = isCut && decoder !== "text" ? null : decode(decoder, bytes, { maxChars: MAX_CHARS });
  const cut = isCut ? `\n… ${sizeBytes - bytes.length} more octets` : "";
  if (decoded?.kind === "text" && (decoder === "text" || decoder === "xml")) return decoded.text + cut;
  if (decoded?.kind === "tree" && !decoded.truncated) return sortedJson(JSON.parse(decoded.json));
  return hexLines(bytes) + cut;
}

/** Indented JSON whose objects have their keys in order. */
function sortedJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, each: unknown) =>
      typeof each === "object" && each !== null && !Array.isArray(each)
        ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
        : each,
    2,
  );
}

function hexLines(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += HEX_PER_LINE) {
    lines.push(
      toHex(bytes.subarray(at, at + HEX_PER_LINE))
        .replace(/../g, "$& ")
        .trimEnd(),
    );
  }
  return lines.join("\n");
}
