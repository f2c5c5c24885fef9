/** Reply codes of SOCKS5 (RFC 1928, section 6). */
export const SOCKS_REPLY = {
  succeeded: 0,
  failure: 1,
  notAllowed: 2,
  networkUnreachable: 3,
  hostUnreachable: 4,
  refused: 5,
  commandUnsupported: 7,
  addressUnsupported: 8,
} as const;
export type SocksReply = (typeof SOCKS_REPLY)[keyof typeof SOCKS_REPLY];

/** What a client has said. A fault is final: `reply` is the code to answer it with, `null` where nothing would be understood. */
export type SocksEvent =
  /** How it can prove who it is; only without is there a door. */
  | { readonly kind: "methods"; readonly offersNone: boolean }
  /** Asks to be connected. `host` is a name, or an address without brackets; `rest` came behind the request. */
  | { readonly kind: "connect"; readonly host: string; readonly port: number; readonly rest: Uint8Array }
  | { readonly kind: "fault"; readonly reply: SocksReply | null; readonly problem: string };

/** Answers to the methods a client can: none is needed, or none of them will do. */
export const NO_AUTHENTICATION = Uint8Array.of(5, 0);
export const NO_METHOD_FITS = Uint8Array.of(5, 0xff);

const VERSION = 5;
const CONNECT = 1;
const ADDRESS = { ipv4: 1, name: 3, ipv6: 4 };
const NOTHING = new Uint8Array(0);

/**
 * Reads what a SOCKS5 client says before its connection is made (RFC 1928): the methods it can, and one CONNECT. Knows no
 * socket and never throws. Holds less than 600 octets, since every length in it is one octet. What comes behind the
 * request, or behind a fault, is not read.
 */
export class SocksReader {
  #bytes: Uint8Array = NOTHING;
  #state: "methods" | "request" | "done" = "methods";

  /** What is complete with `chunk`, in order; the reader keeps nothing of it but copies. */
  push(chunk: Uint8Array): SocksEvent[] {
    if (this.#state === "done") return [];
    const bytes = new Uint8Array(this.#bytes.length + chunk.length);
    bytes.set(this.#bytes);
    bytes.set(chunk, this.#bytes.length);
    const events: SocksEvent[] = [];
    let rest: Uint8Array = bytes;
    while (!this.#isDone()) {
      const read: Read = this.#state === "methods" ? readMethods(rest) : readRequest(rest);
      if (read === null) break;
      events.push(read.event);
      rest = rest.subarray(read.size);
      this.#state = read.event.kind === "methods" ? "request" : "done";
    }
    this.#bytes = this.#isDone() ? NOTHING : rest.slice();
    return events;
  }

  #isDone(): boolean {
    return this.#state === "done";
  }
}

/** `null`: not all of it is there. */
type Read = { readonly event: SocksEvent; readonly size: number } | null;

function readMethods(bytes: Uint8Array): Read {
  const [version, count] = bytes;
  if (version === undefined) return null;
  if (version !== VERSION) return fault(null, otherProtocol(version));
  if (count === undefined || bytes.length < 2 + count) return null;
  const offersNone = bytes.subarray(2, 2 + count).includes(0);
  return { event: { kind: "methods", offersNone }, size: 2 + count };
}

function readRequest(bytes: Uint8Array): Read {
  const [version, command, , kind, first] = bytes;
  if (version === undefined) return null;
  if (version !== VERSION) return fault(SOCKS_REPLY.failure, "its request is none of SOCKS5");
  if (command === undefined) return null;
  if (command !== CONNECT)
    return fault(SOCKS_REPLY.commandUnsupported, `it asked for command ${command}, and only CONNECT (1) is known`);
  if (kind === undefined) return null;
  if (kind !== ADDRESS.ipv4 && kind !== ADDRESS.name && kind !== ADDRESS.ipv6)
    return fault(SOCKS_REPLY.addressUnsupported, `it asked for an address of the unknown kind ${kind}`);
  if (first === undefined) return null;
  const from = kind === ADDRESS.name ? 5 : 4;
  const to = kind === ADDRESS.name ? from + first : kind === ADDRESS.ipv4 ? from + 4 : from + 16;
  if (bytes.length < to + 2) return null;
  const address = bytes.subarray(from, to);
  const host = kind === ADDRESS.name ? nameOf(address) : kind === ADDRESS.ipv4 ? address.join(".") : ipv6Text(address);
  const port = (bytes[to]! << 8) | bytes[to + 1]!;
  if (host === null) return fault(SOCKS_REPLY.hostUnreachable, "it asked for a name that no host can have");
  if (port === 0) return fault(SOCKS_REPLY.refused, "it asked for port 0, where nothing can listen");
  return { event: { kind: "connect", host, port, rest: bytes.subarray(to + 2) }, size: to + 2 };
}

function fault(reply: SocksReply | null, problem: string): Read {
  return { event: { kind: "fault", reply, problem }, size: 0 };
}

function otherProtocol(first: number): string {
  if (first === 0xff || first === 1) return "it speaks ZeroMQ at once, without asking for a server by SOCKS5";
  if (first === 4) return "it speaks SOCKS4, and SOCKS5 is needed";
  if (first === 0x16) return "it speaks TLS";
  const isLetter = first >= 0x41 && first <= 0x5a;
  return isLetter ? "it speaks HTTP, or another protocol of text" : "it does not speak SOCKS5";
}

/** A host name in small letters as most write it; `null` for what cannot be one. */
function nameOf(octets: Uint8Array): string | null {
  const isPlain = octets.length > 0 && octets.every((octet) => octet > 0x20 && octet < 0x7f);
  return isPlain ? String.fromCharCode(...octets).toLowerCase() : null;
}

/** An IPv6 address as RFC 5952 writes it: the longest run of zeros is left out. */
function ipv6Text(octets: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, at) => ((octets[at * 2]! << 8) | octets[at * 2 + 1]!).toString(16));
  let longest = { from: 0, count: 1 };
  for (let from = 0; from < 8; from++) {
    let count = 0;
    while (groups[from + count] === "0") count++;
    if (count > longest.count) longest = { from, count };
  }
  if (longest.count === 1) return groups.join(":");
  const before = groups.slice(0, longest.from).join(":");
  return `${before}::${groups.slice(longest.from + longest.count).join(":")}`;
}

/** What a client is answered; with where our connection to its server comes from, as the four octets of IPv4. */
export function socksReply(code: SocksReply, address: Uint8Array = new Uint8Array(4), port = 0): Uint8Array {
  return Uint8Array.of(VERSION, code, 0, ADDRESS.ipv4, ...address, port >> 8, port & 0xff);
}
