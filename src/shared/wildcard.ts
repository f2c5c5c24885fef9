/**
 * Whether a pattern, in which each `*` stands for any text, is the whole of a text. Takes time that grows with the length of
 * both only, whatever they are.
 */
export function fitsWildcard(pattern: string, text: string): boolean {
  const [first = "", ...others] = pattern.split("*");
  const last = others.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false;
  let from = first.length;
  for (const part of others) {
    const at = text.indexOf(part, from);
    if (at < 0 || at + part.length > text.length - last.length) return false;
    from = at + part.length;
  }
  return true;
}

/** The same where a `*` stands for no text with one of these characters in it. */
export function fitsWildcardWithin(pattern: string, text: string, borders: string): boolean {
  const [patterns, texts] = [between(pattern, borders), between(text, borders)];
  return patterns.length === texts.length && patterns.every((part, index) => fitsWildcard(part, texts[index]!));
}

/** What stands before, between and behind border characters, each border behind what it ends. */
function between(text: string, borders: string): readonly string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (!borders.includes(text.charAt(at))) continue;
    parts.push(text.slice(from, at + 1));
    from = at + 1;
  }
  return [...parts, text.slice(from)];
}
