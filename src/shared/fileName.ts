/** Longest name, in characters; file systems take 255 octets of UTF-8. */
const MAX_CHARS = 60;
/** What no file may be called on Windows, with any ending. */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?$/i;

/**
 * A text as the name of a file in whatever folder it is put into: no separators, control characters or signs that a system
 * gives a meaning, no leading or trailing dot or space, nothing reserved. `otherwise` where nothing is left of it.
 */
export function safeFileName(text: string, otherwise: string): string {
  const name = text
    .replace(/[/\\:*?"<>|\p{C}\u2028\u2029]+/gu, "_")
    .slice(0, MAX_CHARS)
    .replace(/^[. ]+|[. ]+$/gu, "")
    .replace(/[\ud800-\udbff]$/u, "");
  if (/^_*$/.test(name)) return otherwise;
  return RESERVED.test(name) ? `_${name}` : name;
}
