import { writeField } from "../src/shared/filter/write.ts";
import type { FilterTarget } from "../src/shared/filterTarget.ts";
import type { Row } from "../src/shared/model.ts";
import { type ColumnId, senderType } from "./columns.ts";
import type { JsonNode } from "./jsonTree.ts";
import { isPublication } from "./messageWords.ts";

/** A cell where a filter makes no sense says so, since it would else take over what its row says. */
export const NO_TARGET: FilterTarget = { field: "", value: "", valueType: "string" };

const text = (field: string, value: string): FilterTarget => ({ field, value, valueType: "string" });
const number = (field: string, value: number): FilterTarget => ({ field, value: String(value), valueType: "number" });

/** What a cell of a row stands for in a filter; `null` where a filter on it makes no sense. */
export function cellTarget(row: Row, id: ColumnId): FilterTarget | null {
  switch (id) {
    case "n":
      return number("n", row.n);
    case "tap":
      return text("tap", row.tapName);
    case "peer":
      if (row.peer !== "") return text("peer", row.peer);
      return row.from === null ? null : text("dir", row.from === "client" ? "c2s" : "s2c");
    case "sockets": {
      const sender = senderType(row);
      return sender === null ? null : text("socket", sender);
    }
    case "topic":
      return topicTarget(row);
    case "frames":
      return row.kind === "event" ? null : number("frames", row.frames);
    case "size":
      return row.kind === "event" ? null : number("size", row.sizeBytes);
    case "latency":
      return row.exchange === "none" ? null : text("exchange", row.exchange);
    case "time":
    case "preview":
      return eventTarget(row);
  }
}

/** What stands for a row as a whole: its event, its topic, or else its link. */
export function rowTarget(row: Row): FilterTarget {
  return eventTarget(row) ?? topicTarget(row) ?? number("conn", row.link);
}

function topicTarget(row: Row): FilterTarget | null {
  // A topic that was cut would match nothing.
  const isWhole = row.topic !== "" && !row.topic.endsWith("…");
  const isSubscription = row.event === "subscribe" || row.event === "unsubscribe";
  return isWhole && (isSubscription || (row.kind === "message" && isPublication(row)))
    ? text("topic", row.topic)
    : null;
}

function eventTarget(row: Row): FilterTarget | null {
  return row.event === null ? null : text("event", row.event);
}

/** The field of a member of a decoded value, given that of the value around it. */
export function memberField(field: string, key: string, isArray: boolean): string {
  return writeField(field, [isArray ? Number(key) : key]);
}

/** What a part of a decoded value stands for; `null` for objects and arrays, which cannot be compared. */
export function valueTarget(field: string, node: JsonNode): FilterTarget | null {
  switch (node.kind) {
    case "string":
    case "number":
      return { field, value: node.text, valueType: node.kind };
    case "literal":
      return { field, value: node.text, valueType: node.text === "null" ? "null" : "boolean" };
    case "object":
    case "array":
      return null;
  }
}
