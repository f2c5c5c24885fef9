import type { Capture, FramePrefix, RawRow } from "./capture/capture.ts";
import type { SocketPair } from "../shared/model.ts";
import { decodeCbor } from "./decode/cbor.ts";
import { guess } from "./decode/guess.ts";
import { imageWords } from "./decode/image.ts";
import { toHex } from "./decode/jsonText.ts";
import { decodeMsgpack } from "./decode/msgpack.ts";
import { npyWords } from "./decode/numpy.ts";
import { utf8Text } from "./decode/text.ts";
import { frameRoles, sendsTopics } from "./envelope.ts";
import { eventDetail } from "./eventDetail.ts";
import { type EventWords, eventWords } from "./eventWords.ts";
import { visibleText } from "./visibleText.ts";

const TOPIC_CHARS = 80;
const PREVIEW_CHARS = 200;
/** Frames and octets that are enough for any preview. */
const FRAMES_LOOKED_AT = 24;
const PREFIX_BYTES = 640;
const HEX_BYTES = 32;
/** MessagePack and CBOR up to this size are decoded for their preview. */
const MAX_TREE_BYTES = 16_384;
const NO_SOCKETS: SocketPair = { client: null, server: null };

/** Topic and preview of a row as the log shows them: at most 80 and 200 characters. */
export function rowWords(capture: Capture, raw: RawRow): EventWords {
  const sockets = raw.link?.sockets ?? NO_SOCKETS;
  const words = raw.kind === "event" ? rowEventWords(capture, raw) : messageWords(capture, raw, sockets);
  return { topic: visibleText(words.topic, TOPIC_CHARS), preview: visibleText(words.preview, PREVIEW_CHARS) };
}

/** An event row in whole words. */
export function rowEventWords(capture: Capture, raw: RawRow): EventWords {
  if (raw.event === null) return { topic: "", preview: "" };
  return eventWords(raw.event, eventDetail(capture, raw), raw.link?.sockets ?? NO_SOCKETS);
}

function messageWords(capture: Capture, raw: RawRow, sockets: SocketPair): EventWords {
  if (raw.kind === "encrypted") return { topic: "", preview: `encrypted frame, ${raw.sizeBytes} B` };
  const { frames, more } = capture.framePrefixes(raw.n, FRAMES_LOOKED_AT, PREFIX_BYTES);
  if (frames.length === 0) return { topic: "", preview: "its beginning is no longer kept" };
  const isHttp = raw.link?.mechanism === "HTTP";
  const whole = (frame: number, sizeBytes: number): Uint8Array => capture.readFrame(raw.n, frame, 0, sizeBytes);
  return framesWords({ frames, more, isFromServer: raw.direction !== 0, sockets, isHttp, whole });
}

/** Topic and preview of a message that no capture holds, as the log would show them. `frames` are all of it. */
export function unkeptWords(frames: readonly Uint8Array[], isFromServer: boolean, sockets: SocketPair): EventWords {
  const looked = frames.slice(0, FRAMES_LOOKED_AT).map((frame) => ({
    sizeBytes: frame.length,
    keptBytes: frame.length,
    prefix: frame.subarray(0, PREFIX_BYTES),
  }));
  const more = frames.length - looked.length;
  const whole = (frame: number): Uint8Array => frames[frame]!;
  const words = framesWords({ frames: looked, more, isFromServer, sockets, isHttp: false, whole });
  return { topic: visibleText(words.topic, TOPIC_CHARS), preview: visibleText(words.preview, PREVIEW_CHARS) };
}

type LookedAt = {
  readonly frames: readonly FramePrefix[];
  /** Frames behind these. */
  readonly more: number;
  readonly isFromServer: boolean;
  readonly sockets: SocketPair;
  readonly isHttp: boolean;
  /** All octets of a frame. */
  readonly whole: (frame: number, sizeBytes: number) => Uint8Array;
};

function framesWords({ frames, more, isFromServer, sockets, isHttp, whole }: LookedAt): EventWords {
  const [sender, receiver] = isFromServer ? [sockets.server, sockets.client] : [sockets.client, sockets.server];
  const roles = frameRoles(
    frames.map((frame) => frame.sizeBytes),
    sender,
    receiver,
  );
  const topicFrame = sendsTopics(sender) ? 0 : roles.indexOf("payload");
  let topic: string | undefined;
  const preview: string[] = [];
  let chars = 0;
  for (const [index, frame] of frames.entries()) {
    const isShown = roles[index] === "payload" && chars <= PREVIEW_CHARS;
    if (!isShown && index !== topicFrame) continue;
    const told = frameWords(frame, () => whole(index, frame.sizeBytes));
    const words = isHttp ? httpWords(told, index === topicFrame, frame) : told;
    if (index === topicFrame) topic = words;
    if (!isShown) continue;
    preview.push(words);
    chars += words.length + 3;
  }
  if (more > 0 && chars <= PREVIEW_CHARS) preview.push(`${more} more frames`);
  return { topic: topic ?? "", preview: preview.join(" | ") };
}

/** Of the head of a request or response only what it is about: `POST /RPC2`, `404 Not Found`. Bodies are often compressed. */
function httpWords(told: string, isHead: boolean, { prefix, sizeBytes }: FramePrefix): string {
  if (!isHead) return prefix[0] === 0x1f && prefix[1] === 0x8b ? `gzip, ${sizeBytes} B` : told;
  const [line = ""] = told.split(/\r?\n/, 1);
  return line.replace(/^HTTP\/1\.\d | HTTP\/1\.\d$/, "");
}

/** A frame in one line, from its first octets. */
function frameWords({ sizeBytes, keptBytes, prefix }: FramePrefix, whole: () => Uint8Array): string {
  if (sizeBytes === 0) return "(empty)";
  if (prefix.length === 0) return `(${sizeBytes} B, not kept)`;
  const isPrefix = prefix.length < sizeBytes;
  switch (guess(prefix, isPrefix)) {
    case "json":
    case "xml":
      return (utf8Text(prefix, isPrefix) ?? "").replace(/\s+/g, " ").trim();
    case "text":
      return utf8Text(prefix, isPrefix) ?? "";
    case "msgpack":
      return treeWords(decodeMsgpack, "MessagePack", wholeOr(prefix), sizeBytes);
    case "cbor":
      return treeWords(decodeCbor, "CBOR", wholeOr(prefix), sizeBytes);
    case "image":
      return `${imageWords(prefix) ?? "image"}, ${sizeBytes} B`;
    case "numpy":
      return `NumPy ${npyWords(prefix) ?? "array"}, ${sizeBytes} B`;
    case "pickle":
      return `Python pickle, ${sizeBytes} B`;
    default:
      return hexWords(prefix, sizeBytes);
  }

  function wholeOr(beginning: Uint8Array): Uint8Array {
    const isReadable = sizeBytes <= MAX_TREE_BYTES && keptBytes === sizeBytes;
    return isReadable ? whole() : beginning;
  }
}

function treeWords(decode: typeof decodeCbor, title: string, bytes: Uint8Array, sizeBytes: number): string {
  if (bytes.length < sizeBytes) return `${title}, ${sizeBytes} B`;
  const decoded = decode(bytes, 2 * PREVIEW_CHARS);
  return decoded.kind === "tree" ? decoded.json : hexWords(bytes, sizeBytes);
}

function hexWords(bytes: Uint8Array, sizeBytes: number): string {
  const shown = Math.min(bytes.length, HEX_BYTES);
  return `0x${toHex(bytes, shown)}${shown < sizeBytes ? `… (${sizeBytes} B)` : ""}`;
}
