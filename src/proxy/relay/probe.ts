import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { type Endpoint, formatEndpoint } from "../../shared/endpoint.ts";
import type { ProbeResult } from "../../shared/model.ts";
import {
  type Authenticate,
  encodeClientHello,
  HTTP_REQUEST,
  nameAnswer,
  type ProbeAnswer,
  type ProbeSocket,
  ZmtpProbe,
} from "../wire/probe.ts";
import { connectOptions } from "./addresses.ts";

const CONNECT_MS = 5_000;
/** How long a server may take for each step. */
const STEP_MS = 2_000;
/** More than this of an answer to something other than ZMTP is not read. */
const MAX_ANSWER_BYTES = 4_096;

const NOTHING_KNOWN = {
  name: "",
  problem: "",
  version: null,
  mechanism: null,
  socket: null,
  access: "not-tried",
  refusal: null,
} as const;

/**
 * Finds out what listens on an endpoint: ZeroMQ first, then TLS, then HTTP, each on a connection of its own, with a time
 * limit for each step. It never becomes the server's peer, but libzmq 4.2.0 to 4.3.2 hands messages to any connection: only
 * the user may ask for it. Never rejects for want of a server.
 */
export async function probe(
  endpoint: Endpoint,
  authenticate: Authenticate | null,
  stepMs = STEP_MS,
): Promise<ProbeResult> {
  const shown = formatEndpoint(endpoint);
  const zmtp = new ZmtpProbe();
  let hasClosed = true;
  try {
    hasClosed = await askZmtp(endpoint, zmtp, stepMs);
  } catch (error) {
    // A reset that is as quick as the connect is told as its failure.
    if ((error as NodeJS.ErrnoException).code !== "ECONNRESET")
      return { ...NOTHING_KNOWN, endpoint: shown, kind: "nothing", problem: connectProblem(error) };
  }
  const answer = zmtp.answer();
  if (answer.isZmtp) return { ...(await zmtpResult(endpoint, answer, authenticate, stepMs)), endpoint: shown };
  if (answer.alien !== null) return { ...NOTHING_KNOWN, endpoint: shown, kind: "other", name: answer.alien };
  for (const request of [encodeClientHello(randomBytes(32)), Buffer.from(HTTP_REQUEST)]) {
    const named = nameAnswer(await askOther(endpoint, request, stepMs));
    if (named !== null) return { ...NOTHING_KNOWN, endpoint: shown, ...named };
  }
  return { ...NOTHING_KNOWN, endpoint: shown, kind: hasClosed ? "closed" : "silent" };
}

async function zmtpResult(
  endpoint: Endpoint,
  answer: ProbeAnswer,
  authenticate: Authenticate | null,
  stepMs: number,
): Promise<Omit<ProbeResult, "endpoint">> {
  const { version, mechanism } = answer;
  const common = { ...NOTHING_KNOWN, kind: "zmtp", version, mechanism } as const;
  let { standing } = answer;
  if (authenticate?.mechanism !== mechanism) {
    const access = standing.isAccepted === false ? "refused" : "not-tried";
    return { ...common, socket: standing.socket, access, refusal: standing.refusal };
  }
  // A server shows its socket type only to one that fits it: REQ first, then SUB.
  for (const socket of ["REQ", "SUB"] satisfies ProbeSocket[]) {
    try {
      const zmtp = new ZmtpProbe(authenticate, socket);
      await askZmtp(endpoint, zmtp, stepMs);
      const now = zmtp.answer().standing;
      // What one connection proved stays proved.
      standing = { ...now, isAccepted: now.isAccepted ?? standing.isAccepted };
    } catch {
      break; // Gone meanwhile: what is known is told.
    }
    if (standing.socket !== null || standing.refusal !== null) break;
  }
  const access = standing.isAccepted === null ? "unknown" : standing.isAccepted ? "accepted" : "refused";
  return { ...common, socket: standing.socket, access, refusal: standing.refusal };
}

/** One ZMTP connection to its end; resolves with whether the server closed it. Rejects when there is no connection. */
async function askZmtp(endpoint: Endpoint, zmtp: ZmtpProbe, stepMs: number): Promise<boolean> {
  let stage = zmtp.stage;
  return converse(await open(endpoint), zmtp.start(), stepMs, (socket, chunk, renew) => {
    for (const bytes of zmtp.push(chunk)) socket.write(bytes);
    if (zmtp.stage !== stage) renew();
    stage = zmtp.stage;
    return stage === "over";
  });
}

/** The first octets that come back for a request of another protocol; none when there is no connection. */
async function askOther(endpoint: Endpoint, request: Uint8Array, stepMs: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    await converse(await open(endpoint), request, stepMs, (_socket, chunk) => {
      chunks.push(chunk);
      bytes += chunk.length;
      return bytes >= MAX_ANSWER_BYTES;
    });
  } catch {
    // The server lets in one connection at a time, or is gone: nothing has come.
  }
  return Buffer.concat(chunks);
}

/**
 * Sends `first`, then shows what comes to `take` until it has enough, the server closes, or `stepMs` is over since the last
 * `renew`. Resolves with whether the server closed.
 */
function converse(
  socket: Socket,
  first: Uint8Array,
  stepMs: number,
  take: (socket: Socket, chunk: Uint8Array, renew: () => void) => boolean,
): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (hasClosed: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(hasClosed);
    };
    const timer = setTimeout(() => end(false), stepMs);
    socket.on("data", (chunk: Uint8Array) => {
      if (take(socket, chunk, () => timer.refresh())) end(false);
    });
    socket.once("end", () => end(true));
    socket.once("error", () => end(true));
    socket.once("close", () => end(true));
    socket.write(first);
  });
}

async function open(endpoint: Endpoint): Promise<Socket> {
  const options = await connectOptions(endpoint);
  return new Promise((resolve, reject) => {
    const socket = connect(options);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(
      () => fail(Object.assign(new Error("no answer to the connect"), { code: "ETIMEDOUT" })),
      CONNECT_MS,
    );
    socket.once("error", fail);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.off("error", fail);
      resolve(socket);
    });
  });
}

function connectProblem(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case "ECONNREFUSED":
      return "nothing listens there (connection refused)";
    case "ENOENT":
      return "there is no such socket file";
    case "EACCES":
    case "EPERM":
      return "this user may not connect there";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "its host has no address";
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return "the network gave no answer";
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
