import { isLoopbackHost } from "../../shared/endpoint.ts";
import type { SubjectLink } from "../filter/subject.ts";
import { hostOf } from "./words.ts";

/** Links that a rule remembers at once; of more it forgets those that came first. */
export const MAX_LINKS = 4096;
/** Servers behind taps, and what else there are few of. */
export const MAX_SERVERS = 256;

/** Names the server of a link: a tap may be pointed at another one. */
export function serverOf({ tapName, server, link }: SubjectLink): string {
  // Peers of ipc have the link's number for an address.
  const ownNumber = ` #${link}`;
  return `${tapName} ${server.endsWith(ownNumber) ? server.slice(0, -ownNumber.length) : server}`;
}

/** Whether an endpoint's host stands for all addresses of a machine. */
export function isAnyHost(host: string): boolean {
  return host === "*" || host === "0.0.0.0" || host === "::";
}

/**
 * Whether the address of a link's peer is one beyond this machine's loopback. What has no IP address, such as a peer of ipc,
 * is not; an address of this machine's own network card is.
 */
export function isBeyondLoopback(address: string): boolean {
  const host = hostOf(address).replace(/^\[(.*)\]$/, "$1");
  const isAddress = /^\d{1,3}(\.\d{1,3}){3}$/.test(host) || (host.includes(":") && /^[0-9a-f:.]+(%.+)?$/i.test(host));
  return isAddress && !isLoopbackHost(host) && !isAnyHost(host);
}
