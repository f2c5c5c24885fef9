import { formatEndpoint, isProblem, parseEndpoint } from "./endpoint.ts";

/** An endpoint as a file writes it, and the server endpoint that it means. */
export type FoundEndpoint = { readonly written: string; readonly server: string };

/** Most endpoints taken from one text. */
export const MAX_FOUND_PER_TEXT = 50;

const CANDIDATE = /\b(?:tcp:\/\/[\w.*[\]:;%-]+|ipc:\/\/[\w./@~+-]+)/g;

/**
 * Endpoints a tap could be put in front of, in order of appearance and without doubles. What servers bind (`*`,
 * `0.0.0.0`, `[::]`) means this machine. Random ports and patterns (`tcp://*:*`, `tcp://host:{port}`) are passed over.
 */
export function findEndpoints(text: string): readonly FoundEndpoint[] {
  const found = new Map<string, FoundEndpoint>();
  for (const [candidate] of text.matchAll(CANDIDATE)) {
    const written = candidate.replace(/[.,;:]+$/, "");
    const parsed = parseEndpoint(written, "server");
    if (isProblem(parsed)) continue;
    const isAny = parsed.transport === "tcp" && ["*", "0.0.0.0", "::"].includes(parsed.host);
    const server = formatEndpoint(isAny ? { ...parsed, host: "127.0.0.1" } : parsed);
    if (!found.has(server)) found.set(server, { written, server });
    if (found.size >= MAX_FOUND_PER_TEXT) break;
  }
  return [...found.values()];
}
