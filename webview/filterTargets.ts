import { isPublication } from "../src/shared/channelKey.ts";
import { writeField } from "../src/shared/filter/write.ts";
import type { Row } from "../src/shared/model.ts";
import { type ColumnId, senderType } from "./columns.ts";
import type { JsonNode } from "./jsonTree.ts";

/**
 * What "Filter by This" compares, as the context of a menu carries it: a field of the filter language, and the value: of a
 * cell its text, of a decoded value itself.
 */
export type FilterTarget = { readonly field: string; readonly value: string | number | boolean | null };

/** A cell where a filter makes no sense says so, since it would else take over what its row says. */
export const NO_TARGET: FilterTarget = { field: "", value: "" };

const cell = (field: string, value: string | number): FilterTarget => ({ field, value: String(value) });

/** What a cell of a row stands for in a filter; `null` where a filter on it makes no sense. */
export function cellTarget(row: Row, id: ColumnId): FilterTarget | null {
  switch (id) {
    case "n":
      return cell("n", row.n);
    case "tap":
      return cell("tap", row.tapName);
    case "peer":
      if (row.peer !== "") return cell("peer", row.peer);
      return row.from === null ? null : cell("dir", row.from === "client" ? "c2s" : "s2c");
    case "sockets": {
      const sender = senderType(row);
      return sender === null ? null : cell("socket", sender);
    }
    case "topic":
      return topicTarget(row);
    case "frames":
      return row.kind === "event" ? null : cell("frames", row.frames);
    case "size":
      return row.kind === "event" ? null : cell("size", row.sizeBytes);
    case "method":
      return row.method === "" || row.method.endsWith("…") ? null : cell("method", row.method);
    case "status":
      return row.status === "none" ? null : cell("status", row.status);
    case "latency":
      return row.exchange === "none" ? null : cell("exchange", row.exchange);
    case "time":
    case "preview":
      return eventTarget(row);
  }
}

/** What stands for a row as a whole: its event, its topic, or else its link. */
export function rowTarget(row: Row): FilterTarget {
  return eventTarget(row) ?? topicTarget(row) ?? cell("conn", row.link);
}

function topicTarget(row: Row): FilterTarget | null {
  // A topic that was cut would match nothing.
  const isWhole = row.topic !== "" && !row.topic.endsWith("…");
  const isSubscription = row.event === "subscribe" || row.event === "unsubscribe";
  return isWhole && (isSubscription || (row.kind === "message" && isPublication(row)))
    ? cell("topic", row.topic)
    : null;
}

function eventTarget(row: Row): FilterTarget | null {
  return row.event === null ? null : cell("event", row.event);
}

/** The field of a member of a decoded value, given that of the value around it. */
export function memberField(field: string, key: string, isArray: boolean): string {
  return writeField(field, [isArray ? Number(key) : key]);
}

/** What a part of a decoded value stands for; `null` for objects and arrays, which cannot be compared. */
export function valueTarget(field: string, node: JsonNode): FilterTarget | null {
  switch (node.kind) {
    case "string":
      return { field, value: node.text };
    case "number": {
      const value = Number(node.text);
      // JSON, in which the context is written, has no infinity.
      return { field, value: Number.isFinite(value) ? value : node.text };
    }
    case "literal":
      return { field, value: node.text === "null" ? null : node.text === "true" };
    case "object":
    case "array":
      return null;
  }
}
