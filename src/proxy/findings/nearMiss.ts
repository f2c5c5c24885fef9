/** How a subscription differs from a topic that it does not match, though it nearly does. */
export type NearMiss = "nul" | "space" | "quotes" | "case" | "utf-16" | "byte-order" | "spelling";

type Change = (text: string) => string;

const withoutNul: Change = (text) => text.replace(/^\0+|\0+$/g, "");
const withoutBlanks: Change = (text) => text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
const withoutQuotes: Change = (text) => text.replace(/^["']|["']$/g, "");
const inLowerCase: Change = (text) => text.toLowerCase();

const CHANGES: readonly (readonly [NearMiss, Change])[] = [
  ["nul", withoutNul],
  ["space", withoutBlanks],
  ["quotes", withoutQuotes],
  ["case", inLowerCase],
  ["utf-16", narrow],
  ["spelling", (text) => inLowerCase(withoutQuotes(withoutBlanks(withoutNul(narrow(text)))))],
];

/** Numbers in binary of these lengths have a byte order. */
const NUMBER_LENGTHS = [2, 4, 8];

/**
 * What keeps `subscription` from matching `topic`, if it is a slip that can be named; `null` where it matches, or where the
 * two have nothing to do with each other. For octets of at most a few hundred.
 */
export function nearMiss(subscription: Uint8Array, topic: Uint8Array): NearMiss | null {
  const wanted = latin1(subscription);
  const seen = latin1(topic);
  if (wanted === "" || seen.startsWith(wanted)) return null;
  // A C string that should have been empty.
  if (wanted === "\0") return isText(seen) ? "nul" : null;
  for (const [kind, change] of CHANGES) {
    const changed = change(wanted);
    if (isText(changed) && begins(change(seen), changed)) return kind;
  }
  return isOtherByteOrder(wanted, seen) ? "byte-order" : null;
}

/** Whether `topic` is `prefix`, or goes on behind it with something new: `10001 ` is no slip of `100011`. */
function begins(topic: string, prefix: string): boolean {
  if (!topic.startsWith(prefix)) return false;
  const next = topic[prefix.length];
  return next === undefined || (isText(next) && !(isWord(prefix.at(-1)!) && isWord(next)));
}

/** Topics in binary have no slips of the pen. */
function isText(text: string): boolean {
  return text !== "" && !/[\x00-\x1f\x7f]/.test(text);
}

function isWord(char: string): boolean {
  return /[\p{L}\p{N}_]/u.test(char);
}

/** Text of 16-bit characters below 256, of either byte order, as 8-bit characters; other text as it is. */
function narrow(text: string): string {
  if (text.length < 2 || text.length % 2 !== 0) return text;
  for (const zeroAt of [1, 0]) {
    let chars = "";
    for (let at = 0; at < text.length; at += 2) {
      if (text[at + zeroAt] !== "\0" || text[at + 1 - zeroAt] === "\0") break;
      chars += text[at + 1 - zeroAt]!;
    }
    if (chars.length === text.length / 2) return chars;
  }
  return text;
}

function isOtherByteOrder(wanted: string, seen: string): boolean {
  // Words may well be spelt backwards, numbers in binary have octets that are no letters.
  if (!NUMBER_LENGTHS.includes(wanted.length) || !/[^\x20-\x7e]/.test(wanted)) return false;
  return seen.startsWith(latin1(Buffer.from(wanted, "latin1").reverse()));
}

function latin1(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString("latin1");
}

/** Names that programs give the member of a JSON object which says what a message is about. */
const TOPIC_NAMES = ["topic", "channel", "subject", "event", "type", "name", "stream", "key"];

/**
 * Whether a JSON text has `subscription` as its topic: it is that string, or an object with such a member. Only its first
 * octets need be given. What looks like it inside a nested value counts, too.
 */
export function isInJson(subscription: Uint8Array, json: Uint8Array): boolean {
  const text = latin1(json).trimStart();
  const wanted = `"${latin1(subscription)}"`;
  if (text.startsWith('"')) return text.startsWith(wanted);
  if (!text.startsWith("{") && !text.startsWith("[")) return false;
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    const before = /"(\w{1,20})"\s{0,8}:\s{0,8}$/.exec(text.slice(Math.max(0, at - 48), at));
    if (before !== null && TOPIC_NAMES.includes(before[1]!.toLowerCase())) return true;
    // The first item of a list, as in ["topic", …].
    if (/^\[\s{0,8}$/.test(text.slice(0, at))) return true;
  }
  return false;
}
