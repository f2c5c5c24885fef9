import type { CallFrame } from "./viewProtocol.ts";
import { t } from "./l10n.ts";

/** How the text of one section of an edited message becomes bytes. */
const EDIT_FORMATS = ["text", "json", "hex", "base64"] as const;
type EditFormat = (typeof EDIT_FORMATS)[number];

/** A text that cannot be read, with the line to look at, counted from 1. */
type TextProblem = { readonly kind: "problem"; readonly line: number; readonly problem: string };

export type ParsedFrames = { readonly kind: "frames"; readonly frames: readonly Uint8Array[] } | TextProblem;

/** What a frame as typed comes to: bytes, a value that MessagePack still has to pack, or why it is neither. */
export type EncodedFrame =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "problem"; readonly problem: string };

const MARKER = /^--- frame(?: (\d+))?(?: *: *([A-Za-z0-9]+))? *$/;
const MARKER_START = "--- frame";
const HEX_BYTES_PER_LINE = 32;
const BASE64_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/**
 * Writes frames as text for an editor: a heading of `# ` lines, then one section per frame that starts with
 * `--- frame 0: text` (or hex). parseFrames() gives the same bytes back. Frames that an editor would change (line ends,
 * control characters, invalid UTF-8) are written as hex.
 */
export function formatFrames(heading: readonly string[], frames: readonly Uint8Array[]): string {
  const lines = heading.map((line) => `# ${line}`);
  for (const [index, bytes] of frames.entries()) {
    const text = editableText(bytes);
    lines.push(`${MARKER_START} ${index}: ${text === undefined ? "hex" : "text"}`);
    if (text !== undefined) lines.push(...(text === "" ? [] : text.split("\n")));
    else for (let at = 0; at < bytes.length; at += HEX_BYTES_PER_LINE) lines.push(toHex(bytes, at));
  }
  return `${lines.join("\n")}\n`;
}

/** Reads what formatFrames() wrote and a person changed. Never throws. */
export function parseFrames(text: string): ParsedFrames {
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  if (lines.at(-1) === "") lines.pop();
  const frames: Uint8Array[] = [];
  let at = 0;
  for (; at < lines.length && !isMarker(lines[at]!); at++) {
    const line = lines[at]!;
    if (line.trim() !== "" && !line.startsWith("#")) {
      return problem(at, t('Text before the first frame. Start it with a line such as "{0} 0: text".', MARKER_START));
    }
  }
  while (at < lines.length) {
    const markerAt = at;
    const format = readFormat(lines[at]!);
    if (format === undefined) {
      return problem(at, t('Not a frame\'s first line. Write "{0} 0: text", json, hex or base64.', MARKER_START));
    }
    const from = ++at;
    while (at < lines.length && !isMarker(lines[at]!)) at++;
    const encoded = encodeSection(format, lines.slice(from, at), from);
    if (encoded.kind === "problem") return { ...encoded, line: encoded.line === 0 ? markerAt + 1 : encoded.line };
    frames.push(encoded.bytes);
  }
  if (frames.length === 0)
    return problem(0, t('There is no frame. Add a line "{0} 0: text" and its text below.', MARKER_START));
  return { kind: "frames", frames };
}

/** A frame of the Call tab as bytes. JSON is sent as it was typed once it parses; hex ignores white space. */
export function encodeCallFrame({ format, text }: CallFrame): EncodedFrame {
  switch (format) {
    case "text":
      return { kind: "bytes", bytes: new TextEncoder().encode(text) };
    case "json":
    case "msgpack": {
      const parsed = parseJson(text);
      if ("problem" in parsed) return { kind: "problem", problem: parsed.problem };
      if (format === "msgpack") return { kind: "value", value: parsed.value };
      return { kind: "bytes", bytes: new TextEncoder().encode(text) };
    }
    case "hex": {
      const bytes = fromHex(text);
      return typeof bytes === "string" ? { kind: "problem", problem: bytes } : { kind: "bytes", bytes };
    }
  }
}

/** A captured frame as somebody would type it: text where that is safe, else hex. */
export function toCallFrame(bytes: Uint8Array): CallFrame {
  const text = editableText(bytes);
  return text === undefined ? { format: "hex", text: toHex(bytes, 0, bytes.length) } : { format: "text", text };
}

function isMarker(line: string): boolean {
  return line.startsWith(MARKER_START);
}

function readFormat(line: string): EditFormat | undefined {
  const match = MARKER.exec(line);
  if (match === null) return undefined;
  const format = (match[2] ?? "text").toLowerCase();
  return EDIT_FORMATS.find((known) => known === format);
}

type Section = { readonly kind: "bytes"; readonly bytes: Uint8Array } | TextProblem;

function encodeSection(format: EditFormat, lines: readonly string[], from: number): Section {
  const text = lines.join("\n");
  switch (format) {
    case "text":
      return { kind: "bytes", bytes: new TextEncoder().encode(text) };
    case "json": {
      const parsed = parseJson(text);
      if ("problem" in parsed) return { kind: "problem", line: 0, problem: parsed.problem };
      return { kind: "bytes", bytes: new TextEncoder().encode(text) };
    }
    case "hex":
    case "base64": {
      const read = format === "hex" ? fromHex : fromBase64;
      const bytes = read(text);
      if (typeof bytes !== "string") return { kind: "bytes", bytes };
      const badLine = format === "hex" ? lines.findIndex((line) => /[^0-9a-fA-F\s]/.test(line)) : -1;
      return { kind: "problem", line: badLine === -1 ? 0 : from + badLine + 1, problem: bytes };
    }
  }
}

function problem(index: number, what: string): TextProblem {
  return { kind: "problem", line: index + 1, problem: what };
}

function parseJson(text: string): { value: unknown } | { problem: string } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { problem: t("The JSON cannot be read: {0}.", why) };
  }
}

/** The bytes as text if an editor keeps them as they are: it unifies line ends and may mark odd characters. */
function editableText(bytes: Uint8Array): string | undefined {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined; // Not UTF-8: the caller shows hex, which is the answer and no failure.
  }
  if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff]/.test(text)) return undefined;
  if (text.split("\n").some(isMarker)) return undefined;
  return text;
}

function toHex(bytes: Uint8Array, from: number, count = HEX_BYTES_PER_LINE): string {
  return Array.from(bytes.subarray(from, from + count), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** The bytes, or a sentence that says why there are none. */
export function fromHex(text: string): Uint8Array | string {
  const digits = text.replace(/\s+/g, "");
  const bad = /[^0-9a-fA-F]/.exec(digits);
  if (bad !== null) return t('"{0}" is no hex digit. Write bytes as pairs of 0-9 and a-f.', bad[0]);
  if (digits.length % 2 === 1) return t("There is an odd number of hex digits. Each byte has two.");
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

function fromBase64(text: string): Uint8Array | string {
  const digits = text.replace(/\s+/g, "").replace(/={1,2}$/, "");
  if (digits.length % 4 === 1) return t("The base64 text is cut short.");
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4));
  let bits = 0;
  let bitCount = 0;
  let at = 0;
  for (const digit of digits) {
    const value = BASE64_ALPHABET.indexOf(digit);
    if (value === -1) return t('"{0}" is no base64 digit.', digit);
    bits = ((bits << 6) | value) & 0xffff;
    bitCount += 6;
    if (bitCount >= 8) {
      bitCount -= 8;
      bytes[at++] = (bits >> bitCount) & 0xff;
    }
  }
  return bytes;
}
