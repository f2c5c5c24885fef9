import type { Row } from "./model.ts";

export function isPublication({ from, sockets }: Pick<Row, "from" | "sockets">): boolean {
  const sender = from === null ? null : sockets[from];
  return sender === "PUB" || sender === "XPUB";
}

/** Names one frame position of one kind of message, which decoders are guessed and chosen for. */
export function channelKey(row: Pick<Row, "tapName" | "from" | "sockets" | "topic">, frame: number): string {
  return `${row.tapName}|${row.from ?? ""}|${isPublication(row) ? row.topic : ""}|${frame}`;
}
