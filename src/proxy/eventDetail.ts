import type { Capture, RawRow } from "./capture/capture.ts";
import { readCommandBody } from "./wire/commands.ts";

/** Longest topic or heartbeat context that is told in full. */
const MAX_COMMAND_BYTES = 65_536;

/** What an event row says, as plain JSON-able data: the detail it was reported with, or what the command's octets say. */
export function eventDetail(capture: Capture, row: RawRow): Readonly<Record<string, unknown>> {
  if (row.command === null) return row.detail ?? {};
  const from = row.direction === 0 ? "client" : "server";
  const { bytes, isCommand } = capture.commandBody(row.n, MAX_COMMAND_BYTES);
  if (!isCommand) return { from, ...topicDetail(bytes.subarray(1)) };
  const command = readCommandBody(bytes);
  switch (command.kind) {
    case "ping":
      return { from, ttlMs: command.ttlMs, context: base64(command.context) };
    case "pong":
      return { from, context: base64(command.context) };
    case "subscribe":
    case "unsubscribe":
      return { from, ...topicDetail(command.topic) };
    case "error-command":
      return { from, reason: command.reason };
    case "command":
      return { from, name: command.name };
  }
}

function topicDetail(topic: Uint8Array): { topic: string; text: string } {
  return { topic: base64(topic), text: Buffer.from(topic).toString("utf8") };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
