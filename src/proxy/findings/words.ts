import type { SubjectLink } from "../filter/subject.ts";

const MAX_IDENTITY = 40;

/** Names an end of a link in a finding: `REQ at 127.0.0.1:40001`, with its identity in brackets where it has one. */
export function peerWords(link: SubjectLink, side: "client" | "server"): string {
  const { sockets, client, server, identity } = link;
  const address = side === "client" ? client : server;
  if (isHttp(link)) return `HTTP ${side} at ${address}`;
  const id = identity[side];
  const named = id === "" ? "" : ` (${id.length > MAX_IDENTITY ? `${id.slice(0, MAX_IDENTITY)}…` : id})`;
  return `${sockets[side] ?? "peer"} at ${address}${named}`;
}

/** Whether a link is one of HTTP, whose requests and replies stand as those of a REQ and a REP; libzmq has no part in it. */
export function isHttp({ mechanism }: SubjectLink): boolean {
  return mechanism === "HTTP";
}

/** An address without its port, which clients choose anew for each connection; `ipc` for peers that have none. */
export function hostOf(address: string): string {
  return address.replace(/( #|:)\d+$/, "");
}

/** `1 request`, `3 requests`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
