import type { Capture } from "./capture/capture.ts";
import { utf8Text } from "./decode/text.ts";
import { JsonPath } from "./filter/jsonPath.ts";
import { RowCursor } from "./rowCursor.ts";

const MAX_VALUES = 50;
/** Newest rows that are looked at, and how long at most. */
const MAX_ROWS = 20_000;
const MAX_MS = 20;
const MAX_VALUE_CHARS = 200;
/** Objects up to this size are read for their names. */
const MAX_NAMED_BYTES = 16_384;

/** Values of a field among the newest rows in memory that begin with `prefix`, the most frequent first. */
export function seenValues(capture: Capture, field: string, prefix: string): readonly string[] {
  const read = reader(field);
  if (read === null) return [];
  const cursor = new RowCursor(capture);
  const counts = new Map<string, number>();
  const endMs = performance.now() + MAX_MS;
  const wanted = prefix.toLowerCase();
  let left = MAX_ROWS;
  for (const segment of [...capture.store.segments].reverse()) {
    if (!segment.hasIndex || segment.slab === null || segment.isGone) continue;
    for (let index = segment.rowCount - 1; index >= 0 && left > 0; index--, left--) {
      cursor.moveTo(segment, index);
      const seen = read(cursor);
      for (const value of typeof seen === "string" ? [seen] : (seen ?? [])) {
        if (value === "" || value.length > MAX_VALUE_CHARS || !value.toLowerCase().startsWith(wanted)) continue;
        counts.set(value, (counts.get(value) ?? 0) + 1);
      }
      if ((left & 63) === 0 && performance.now() > endMs) left = 0;
    }
    if (left <= 0) break;
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, MAX_VALUES)
    .map(([value]) => value);
}

/** What a row has of a field: a value, several, or none. */
type Reader = (row: RowCursor) => string | readonly string[] | null;

const READERS: Readonly<Record<string, Reader>> = {
  tap: ({ tapName }) => tapName,
  conn: ({ link }) => (link === null ? null : String(link.link)),
  peer: ({ link, direction }) => (link === null || direction < 0 ? null : direction === 0 ? link.client : link.server),
  addr: ({ link }) => link?.client ?? null,
  identity: ({ link, direction }) => (link === null ? null : link.identity[direction === 1 ? "server" : "client"]),
  socket: ({ link, direction }) => (link === null ? null : link.sockets[direction === 1 ? "server" : "client"]),
  mech: ({ link }) => link?.mechanism ?? null,
  cmd: (row) => (row.kind === 3 ? row.event : null),
  topic: (row) => (row.kind === 0 ? text(row.topic()) : null),
  method: (row) => row.said()?.method ?? null,
  corr: (row) => row.said()?.id ?? null,
  dialect: (row) => row.said()?.dialect ?? null,
  finding: (row) => row.finding()?.ids ?? null,
  size: ({ sizeBytes }) => String(sizeBytes),
  frames: ({ frames }) => String(frames),
  comment: ({ note }) => note,
};

function reader(field: string): Reader | null {
  if (Object.hasOwn(READERS, field)) return READERS[field]!;
  if (!field.startsWith("json.")) return null;
  if (field.endsWith(".")) return nameReader(field.slice("json.".length, -1));
  const names = field.slice("json.".length).split(".");
  const path = new JsonPath(names);
  return (row) => jsonValue(row, path);
}

/** Octets as a filter would have them written; `null` for such as are no text. */
function text(octets: Uint8Array | null): string | null {
  return octets === null || octets.length > 4 * MAX_VALUE_CHARS ? null : (utf8Text(octets) ?? null);
}

function jsonValue(row: RowCursor, path: JsonPath): string | null {
  if (row.kind !== 0) return null;
  for (let index = 0; index < Math.min(row.frames, 8); index++) {
    const bytes = row.frame(index);
    if (bytes === null || bytes.length > 65_536) continue;
    if (!path.find(bytes) || path.kind === "object" || path.kind === "array") continue;
    const octets = path.kind === "string" ? path.unescaped() : bytes.subarray(path.from, path.to);
    if (octets !== null) return Buffer.from(octets).toString("utf8");
  }
  return null;
}

/** For `json.a.` the names of the members of `a`. */
function nameReader(path: string): Reader {
  const steps = path === "" ? [] : path.split(".");
  return (row) => memberNames(row, steps);
}

function memberNames(row: RowCursor, steps: readonly string[]): string[] {
  if (row.kind !== 0) return [];
  for (let index = 0; index < Math.min(row.frames, 8); index++) {
    const bytes = row.frame(index);
    if (bytes?.[0] !== 0x7b || bytes.length > MAX_NAMED_BYTES) continue;
    try {
      let value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
      for (const step of steps) value = (value as Record<string, unknown> | null)?.[step];
      if (typeof value === "object" && value !== null && !Array.isArray(value)) return Object.keys(value).slice(0, 100);
    } catch {
      // It is no JSON, or nothing of the kind is in it.
    }
  }
  return [];
}
