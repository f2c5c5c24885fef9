const SLASH = 0x2f;
const DOT = 0x2e;
const COLON = 0x3a;
/** Topics are told apart by so many octets. */
export const MAX_TOPIC_BYTES = 256;
const MAX_LEVELS = 32;
/** Of a message of one frame, where topic and payload are in one: longer words are no topics. */
const MAX_WORD_BYTES = 64;

/** A topic's octets as a string of one character each, at most 256. */
export function topicKey(frame: Uint8Array): string {
  const { buffer, byteOffset, length } = frame;
  return Buffer.from(buffer, byteOffset, Math.min(length, MAX_TOPIC_BYTES)).toString("latin1");
}

/**
 * How many octets at the beginning of a publication's only frame are its topic: its first word where it has more, as in
 * `10001 21 50`, else none that could be told.
 */
export function wordLength(frame: Uint8Array): number {
  const end = Math.min(frame.length, MAX_WORD_BYTES + 1);
  for (let at = 0; at < end; at++) {
    const octet = frame[at]!;
    // White space, or where a JSON or XML value begins.
    if (octet === 0x20 || octet === 0x09 || octet === 0x0a || octet === 0x0d) return at;
    if (octet === 0x7b || octet === 0x5b || octet === 0x3c) return at;
    if (octet < 0x20 || octet >= 0x7f) return 0;
  }
  return frame.length <= MAX_WORD_BYTES ? frame.length : 0;
}

/**
 * Where the levels of a topic end, in order, the last of them with the topic: levels are parted by `/`, `.` or `:`, whichever
 * comes first, and belong to what is before. A topic that is not text has one level.
 */
export function levelEnds(key: string): number[] {
  if (!isText(key)) return [key.length];
  const separator = firstSeparator(key);
  if (separator < 0) return [key.length];
  const ends: number[] = [];
  for (let at = 1; at < key.length - 1 && ends.length < MAX_LEVELS - 1; at++) {
    const isEnd = key.charCodeAt(at) === separator && key.charCodeAt(at + 1) !== separator;
    if (isEnd) ends.push(at + 1);
  }
  ends.push(key.length);
  return ends;
}

function firstSeparator(key: string): number {
  // One that it begins with parts nothing, but says which one it is.
  for (let at = 0; at < key.length; at++) {
    const code = key.charCodeAt(at);
    if (code === SLASH || code === DOT || code === COLON) return code;
  }
  return -1;
}

/** As text where it is UTF-8, else hex behind `0x`. */
export function topicText(key: string): string {
  const octets = Buffer.from(key, "latin1");
  const text = octets.toString("utf8");
  return Buffer.from(text, "utf8").equals(octets) ? text : `0x${octets.toString("hex")}`;
}

/** What topicText() made, as a key again. */
export function keyOfText(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** The key that hex behind `0x` stands for; `null` where it is none. */
export function keyOfHex(text: string): string | null {
  return /^0x(?:[0-9a-f]{2})+$/.test(text) ? Buffer.from(text.slice(2), "hex").toString("latin1") : null;
}

function isText(key: string): boolean {
  let isAscii = true;
  for (let at = 0; at < key.length; at++) {
    const code = key.charCodeAt(at);
    if (code < 0x20 || code === 0x7f) return false;
    if (code > 0x7f) isAscii = false;
  }
  return isAscii || !topicText(key).startsWith("0x");
}
