import { t } from "../src/shared/l10n.ts";

/** A JSON value that keeps what `JSON.parse` loses: numbers as written and repeated keys. */
export type JsonNode =
  | { readonly kind: "object"; readonly entries: readonly JsonEntry[] }
  | { readonly kind: "array"; readonly entries: readonly JsonEntry[] }
  | { readonly kind: "string" | "number" | "literal"; readonly text: string };

/** A member of an object, or an element of an array (`key` is then its index). */
export type JsonEntry = { readonly key: string; readonly value: JsonNode };

const MAX_DEPTH = 500;
const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LITERAL = /true|false|null/y;

/** Reads JSON text, or `null` where it is none or nested deeper than 500. Never throws. */
export function parseJsonTree(text: string): JsonNode | null {
  let at = 0;
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return null;
    at = pattern.lastIndex;
    return match[0];
  };
  const skip = (symbol: string): boolean => {
    take(SPACE);
    if (text[at] !== symbol) return false;
    at++;
    take(SPACE);
    return true;
  };
  const entries = (close: string, depth: number, key: (index: number) => string | null): JsonEntry[] | null => {
    const found: JsonEntry[] = [];
    if (skip(close)) return found;
    for (;;) {
      const name = key(found.length);
      if (name === null) return null;
      const member = value(depth + 1);
      if (member === null) return null;
      found.push({ key: name, value: member });
      if (skip(close)) return found;
      if (!skip(",")) return null;
    }
  };
  const value = (depth: number): JsonNode | null => {
    if (depth > MAX_DEPTH) return null;
    take(SPACE);
    if (skip("{")) {
      const found = entries("}", depth, () => {
        const name = take(STRING);
        return name === null || !skip(":") ? null : unquote(name);
      });
      return found === null ? null : { kind: "object", entries: found };
    }
    if (skip("[")) {
      const found = entries("]", depth, String);
      return found === null ? null : { kind: "array", entries: found };
    }
    const string = take(STRING);
    if (string !== null) return { kind: "string", text: unquote(string) };
    const number = take(NUMBER);
    if (number !== null) return { kind: "number", text: number };
    const literal = take(LITERAL);
    return literal === null ? null : { kind: "literal", text: literal };
  };
  const root = value(0);
  take(SPACE);
  return at === text.length ? root : null;
}

function unquote(quoted: string): string {
  return JSON.parse(quoted) as string;
}

/** One line for a value that is folded: `{3 keys}`, `[12 items]`, or the value itself. */
export function summarize(node: JsonNode): string {
  switch (node.kind) {
    case "object":
      return `{${t(node.entries.length === 1 ? "{0} key" : "{0} keys", node.entries.length)}}`;
    case "array":
      return `[${t(node.entries.length === 1 ? "{0} item" : "{0} items", node.entries.length)}]`;
    case "string":
      return JSON.stringify(node.text);
    case "number":
    case "literal":
      return node.text;
  }
}
