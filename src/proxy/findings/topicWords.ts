const MAX_CHARS = 40;
const ESCAPES: Readonly<Record<string, string>> = { "\0": "\\0", "\t": "\\t", "\n": "\\n", "\r": "\\r", '"': '\\"' };

/** A topic for a sentence: in quotes with what cannot be seen written out, as hex behind `0x` where it is no text; cut short. */
export function topicWords(topic: Uint8Array): string {
  if (topic.length === 0) return "everything";
  const bytes = Buffer.from(topic.buffer, topic.byteOffset, topic.byteLength);
  const text = bytes.toString("utf8");
  const isText = Buffer.from(text, "utf8").equals(bytes) && !/[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/.test(text);
  if (!isText) return cut(`0x${bytes.subarray(0, MAX_CHARS).toString("hex")}`);
  return `"${cut(text.replace(/[\0\t\n\r"]/g, (char) => ESCAPES[char]!))}"`;
}

function cut(text: string): string {
  return text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS - 1)}…` : text;
}
