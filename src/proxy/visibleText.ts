const PICTURES = 0x2400;
const DELETE = 0x7f;
/** C1 controls, and marks that change line or reading direction: text from a wire must not rearrange a log. */
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** Text with control characters made visible, in one line of at most `maxChars` characters. */
export function visibleText(text: string, maxChars: number): string {
  const head = text.length > maxChars ? `${cut(text, maxChars - 1)}…` : text;
  const visible = head.replace(HIDDEN, picture);
  return visible.length > maxChars ? `${cut(visible, maxChars - 1)}…` : visible;
}

function picture(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(PICTURES + code);
  if (code === DELETE) return "␡";
  return `\\u${code.toString(16).padStart(4, "0")}`;
}

function cut(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? length - 1 : length);
}
