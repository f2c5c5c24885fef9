import { createHash } from "node:crypto";
import type { DialectName, Said } from "../../shared/dialects.ts";

/** Values nested deeper than dialects read them. */
const MAX_DEPTH = 120;

/** The same text for calls that say the same: dialect, kind, method and arguments, but no ids. 44 characters. */
export function callKey(dialect: DialectName, { kind, method, args, kwargs, value }: Said): string {
  const hash = createHash("sha256");
  write(hash, [dialect, kind, method, args, kwargs, value], MAX_DEPTH);
  return hash.digest("base64");
}

type Sink = { update(text: string | Uint8Array): unknown };

/** Each value with its type and size in front, names of objects in order, so that no two values look the same. */
function write(sink: Sink, value: unknown, depth: number): void {
  if (depth === 0) sink.update("…");
  else if (value instanceof Uint8Array) {
    sink.update(`o${value.length}:`);
    sink.update(value);
  } else if (Array.isArray(value)) {
    sink.update(`a${value.length}:`);
    for (const one of value) write(sink, one, depth - 1);
  } else if (typeof value === "object" && value !== null) {
    const names = Object.keys(value).sort();
    sink.update(`{${names.length}:`);
    for (const name of names) {
      write(sink, name, depth - 1);
      write(sink, (value as Readonly<Record<string, unknown>>)[name], depth - 1);
    }
  } else if (typeof value === "string") sink.update(`s${value.length}:${value}`);
  else sink.update(`${typeof value} ${String(value)};`);
}
