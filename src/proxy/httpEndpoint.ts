import { connect } from "node:net";
import { type Endpoint, formatEndpoint, isProblem, parseEndpoint } from "../shared/endpoint.ts";
import type { TapSecurity } from "../shared/security.ts";
import { UserError } from "../shared/userError.ts";
import { badEndpoint } from "./faults.ts";
import type { HttpTarget } from "./http/request.ts";
import { formatAddress } from "./relay/addresses.ts";
import type { CallDestination } from "./rpc/dialectCall.ts";
import { type HttpConnection, HttpStream } from "./rpc/httpStream.ts";
import type { TapLink } from "./rpc/tapAttempt.ts";
import { serverUnreachable } from "./unreachable.ts";

export type HttpEndpoint = Endpoint & { readonly transport: "http" };

const CONNECT_MS = 10_000;

/** Where a call to an endpoint goes. Throws a UserError for keys that an HTTP server has no use for. */
export function endpointDestination(endpoint: Endpoint, security: TapSecurity | null): CallDestination {
  if (endpoint.transport !== "http") return { kind: "endpoint", endpoint: formatEndpoint(endpoint), security };
  const target = httpTarget(endpoint, security?.plain ?? null);
  if (security !== null && security.plain === null) {
    throw new UserError(
      "bad-keys",
      `CURVE keys are for ZeroMQ, and ${formatEndpoint(endpoint)} is an HTTP server. Leave them out, or give a user and password.`,
    );
  }
  return { kind: "http", open: () => openHttp(endpoint, target) };
}

/** The same for the text of an endpoint. Throws a UserError also for what is none. */
export function textDestination(text: string, security: TapSecurity | null): CallDestination {
  const endpoint = parseEndpoint(text, "server");
  if (isProblem(endpoint)) throw badEndpoint(text, "server", endpoint.problem);
  return endpointDestination(endpoint, security);
}

/** How requests name an HTTP server, and who they say that they are. */
export function httpTarget(endpoint: HttpEndpoint, plain: TapSecurity["plain"]): HttpTarget {
  const { host, port, path } = endpoint;
  const authorization =
    plain === null ? null : `Basic ${Buffer.from(`${plain.user}:${plain.password}`).toString("base64")}`;
  return { host: formatAddress(host, port), path, authorization };
}

/** A connection to an HTTP server, spoken to as to a REP. */
function openHttp(endpoint: HttpEndpoint, target: HttpTarget): TapLink {
  const http = httpStream(endpoint, target);
  return {
    stream: http.stream.near,
    link: http.link,
    rows: () => [null, null],
    explain: (error) => Promise.resolve(http.stream.problem ?? error),
  };
}

/** The same for whoever leads the conversation by itself. `link` rejects with why the server was not reached. */
export function httpStream(
  endpoint: HttpEndpoint,
  target: HttpTarget,
): { readonly stream: HttpStream; readonly link: Promise<number> } {
  const open = (): HttpConnection => connectTo(endpoint);
  const first = open();
  // Numbers are those of a tap's links, and there is none.
  return { stream: new HttpStream(first, open, target), link: first.link.then(() => 0) };
}

function connectTo(endpoint: HttpEndpoint): HttpConnection {
  const { host, port } = endpoint;
  const stream = connect({ host, port, noDelay: true, allowHalfOpen: true, timeout: CONNECT_MS });
  const link = new Promise<void>((resolve, reject) => {
    stream.once("connect", () => {
      stream.setTimeout(0);
      resolve();
    });
    stream.once("timeout", () => {
      reject(serverUnreachable(endpoint, Object.assign(new Error("no answer to the connect"), { code: "ETIMEDOUT" })));
      stream.destroy();
    });
    stream.once("error", (error) => reject(serverUnreachable(endpoint, error)));
    stream.once("close", () => reject(serverUnreachable(endpoint, new Error("the connection was closed"))));
  });
  // Whoever waits for it hears of it; nobody may.
  link.catch(() => undefined);
  return { stream, link };
}
