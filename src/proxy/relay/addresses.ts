import { lookup } from "node:dns/promises";
import { networkInterfaces } from "node:os";
import type { NetConnectOpts } from "node:net";
import { type Endpoint, isLoopbackHost } from "../../shared/endpoint.ts";
import { abstractSocketUnsupported, ipcOnWindows, ipcPathTooLong, noSuchAddress } from "../faults.ts";

/** Octets of `sun_path` less the NUL, as the systems define it. */
const IPC_PATH_LIMIT = process.platform === "darwin" ? 103 : 107;

/** Node's name of an ipc endpoint: its path, or NUL and the abstract name. Throws a UserError where it cannot be used. */
export function ipcAddress(endpoint: Endpoint & { transport: "ipc" }): string {
  if (process.platform === "win32") throw ipcOnWindows();
  const bytes = Buffer.byteLength(endpoint.path);
  if (bytes > IPC_PATH_LIMIT) throw ipcPathTooLong(endpoint.path, bytes, IPC_PATH_LIMIT);
  if (!endpoint.abstract) return endpoint.path;
  if (process.platform !== "linux" || Number(process.versions.node.split(".")[0]) < 24) {
    throw abstractSocketUnsupported(endpoint.path);
  }
  return `\0${endpoint.path}`;
}

/**
 * What to give to net.connect for a server. Names resolve to IPv4 first, as in libzmq; `*` is this machine.
 * Rejects with the system's error when a name is unknown.
 */
export async function connectOptions(endpoint: Endpoint): Promise<NetConnectOpts> {
  if (endpoint.transport === "ipc") return { path: ipcAddress(endpoint), allowHalfOpen: true };
  const host = await resolve(endpoint.host === "*" ? "127.0.0.1" : endpoint.host);
  const source = endpoint.source;
  return {
    host,
    port: endpoint.port,
    allowHalfOpen: true,
    noDelay: true,
    ...(source === null ? {} : { localAddress: interfaceAddress(source.host) ?? (await resolve(source.host)) }),
    ...(source === null || source.port === 0 ? {} : { localPort: source.port }),
  };
}

async function resolve(host: string): Promise<string> {
  try {
    return (await lookup(host, { family: 4 })).address;
  } catch {
    // A name or literal without an IPv4 address may have an IPv6 one; its own error is the one to report.
    return (await lookup(host, { family: 6 })).address;
  }
}

/** Host to listen on: `*` is 0.0.0.0 as in libzmq, an interface name its first IPv4 address. Rejects with a UserError. */
export async function listenHost(host: string, shown: string): Promise<string> {
  if (host === "*") return "0.0.0.0";
  const ofInterface = interfaceAddress(host);
  if (ofInterface !== undefined) return ofInterface;
  try {
    return await resolve(host);
  } catch (error) {
    throw noSuchAddress(shown, error);
  }
}

function interfaceAddress(name: string): string | undefined {
  const addresses = networkInterfaces()[name];
  return (addresses?.find((address) => address.family === "IPv4") ?? addresses?.[0])?.address;
}

/** Whether a client that connects to `server` can end up at a socket listening on `host` and `port` of this machine. */
export function reaches(server: Endpoint, listening: Endpoint): boolean {
  if (server.transport === "ipc" || listening.transport === "ipc") {
    return (
      server.transport === "ipc" &&
      listening.transport === "ipc" &&
      server.path === listening.path &&
      server.abstract === listening.abstract &&
      server.path !== ""
    );
  }
  if (server.port !== listening.port || listening.port === 0) return false;
  if (server.host === listening.host) return true;
  const anyAddress = ["*", "0.0.0.0", "::"].includes(listening.host);
  if (anyAddress) return isThisMachine(server.host);
  const loopbackNames = ["localhost", "*", "127.0.0.1"];
  return loopbackNames.includes(server.host) && loopbackNames.includes(listening.host);
}

function isThisMachine(host: string): boolean {
  if (isLoopbackHost(host) || host === "0.0.0.0") return true;
  return Object.entries(networkInterfaces()).some(
    ([name, addresses]) => name === host || addresses?.some(({ address }) => address === host),
  );
}

/** `host:port` as users write it, IPv4 in IPv6 shown as IPv4. */
export function formatAddress(address: string | undefined, port: number | undefined): string {
  if (address === undefined || port === undefined) return "unknown";
  const plain = address.replace(/^::ffff:(?=\d+\.)/, "");
  return plain.includes(":") ? `[${plain}]:${port}` : `${plain}:${port}`;
}
