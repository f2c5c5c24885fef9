import { setTimeout as wait } from "node:timers/promises";
import { Reply, Request } from "zeromq";
import { FREE_LOOPBACK_PORT, type Part, rethrowUnlessClosed, type ServerPart } from "./part.ts";

const SLOW_MS = 1500;
const PAUSE_MS = 900;

/** Above the slow method's time, so that only a lost server or tap makes a call time out. */
const ANSWER_TIMEOUT_MS = 5000;

type CalculatorRequest = { api_method: string; arguments: Record<string, unknown> };
type Answer = { result: unknown } | { error: string };

/** What the client asks, in turn; `divide` is not there, so that an error can be seen too. */
const CALLS: readonly CalculatorRequest[] = [
  { api_method: "add", arguments: { a: 2, b: 3 } },
  { api_method: "echo", arguments: { text: "grüße" } },
  { api_method: "add", arguments: { a: 0.5, b: -8 } },
  { api_method: "slow_add", arguments: { a: 20, b: 22 } },
  { api_method: "divide", arguments: { a: 1, b: 0 } },
];

/** Answers `{"api_method":"add","arguments":{"a":2,"b":3}}` with `{"result":5}`; `slow_add` takes its time. */
export async function startCalculator(): Promise<ServerPart> {
  const socket = new Reply({ linger: 0 });
  await socket.bind(FREE_LOOPBACK_PORT);
  const endpoint = socket.lastEndpoint ?? "";
  const closed = new AbortController();
  serve(socket, closed.signal).catch(rethrowUnlessClosed(closed.signal));
  return {
    endpoint,
    close: () => {
      closed.abort();
      socket.close();
    },
  };
}

async function serve(socket: Reply, closed: AbortSignal): Promise<void> {
  for await (const frames of socket) {
    const answer = await answerTo(frames[0]?.toString() ?? "", closed);
    await socket.send(JSON.stringify(answer));
  }
}

async function answerTo(text: string, closed: AbortSignal): Promise<Answer> {
  const request = parseRequest(text);
  if (request === undefined) return { error: "a request is an object with api_method and arguments" };
  const { a, b } = request.arguments;
  switch (request.api_method) {
    case "slow_add":
      await wait(SLOW_MS, undefined, { signal: closed });
      return add(a, b);
    case "add":
      return add(a, b);
    case "echo":
      return { result: request.arguments };
    default:
      return { error: `unknown api_method ${request.api_method}` };
  }
}

const add = (a: unknown, b: unknown): Answer =>
  typeof a === "number" && typeof b === "number" ? { result: a + b } : { error: "a and b must be numbers" };

function parseRequest(text: string): CalculatorRequest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { api_method: method, arguments: named } = value as Record<string, unknown>;
  if (typeof method !== "string") return undefined;
  return { api_method: method, arguments: typeof named === "object" && named !== null ? { ...named } : {} };
}

/** Calls one method after the other, with a fresh REQ whenever an answer stays out, since a REQ cannot ask twice. */
export function startCalculatorClient(endpoint: string): Part {
  const closed = new AbortController();
  let socket: Request | undefined;
  const connect = (): Request => {
    const fresh = new Request({ linger: 0, receiveTimeout: ANSWER_TIMEOUT_MS });
    fresh.connect(endpoint);
    return fresh;
  };
  const run = async (): Promise<void> => {
    for (let turn = 0; ; turn++) {
      socket ??= connect();
      await socket.send(JSON.stringify(CALLS[turn % CALLS.length]));
      try {
        await socket.receive();
      } catch (error) {
        if (closed.signal.aborted || !isTimeout(error)) throw error;
        socket.close();
        socket = undefined;
      }
      await wait(PAUSE_MS, undefined, { signal: closed.signal });
    }
  };
  run().catch(rethrowUnlessClosed(closed.signal));
  return {
    close: () => {
      closed.abort();
      socket?.close();
    },
  };
}

const isTimeout = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "EAGAIN";
