import { setTimeout as wait } from "node:timers/promises";
import { Reply, Request } from "zeromq";
import { FREE_LOOPBACK_PORT, type Part, rethrowUnlessClosed, type ServerPart } from "./part.ts";

const SLOW_MS = 1500;
const PAUSE_MS = 900;

/** Above the slow method's time, so that only a lost server or tap makes a call time out. */
const ANSWER_TIMEOUT_MS = 5000;

type Call = { readonly id: number | string | null; readonly method: string; readonly params: readonly unknown[] };
type Outcome = { readonly result: unknown } | { readonly error: { readonly code: number; readonly message: string } };

/** What the client asks, in turn; `divide` is not there, so that an error can be seen too. */
const CALLS: readonly (readonly [string, ...unknown[]])[] = [
  ["add", 2, 3],
  ["echo", "grüße"],
  ["add", 0.5, -8],
  ["slow_add", 20, 22],
  ["divide", 1, 0],
];

/** Error codes of JSON-RPC 2.0. */
const BAD_REQUEST = -32600;
const NO_METHOD = -32601;
const BAD_PARAMS = -32602;

/** Answers JSON-RPC 2.0: `{"method":"add","params":[2,3]}` with `{"result":5}`; `slow_add` takes its time. */
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
    const call = parseCall(frames[0]?.toString() ?? "");
    const outcome =
      call === undefined ? failure(BAD_REQUEST, "Not a call of JSON-RPC 2.0") : await outcomeOf(call, closed);
    await socket.send(JSON.stringify({ jsonrpc: "2.0", id: call?.id ?? null, ...outcome }));
  }
}

async function outcomeOf({ method, params }: Call, closed: AbortSignal): Promise<Outcome> {
  const [a, b] = params;
  switch (method) {
    case "slow_add":
      await wait(SLOW_MS, undefined, { signal: closed });
      return add(a, b);
    case "add":
      return add(a, b);
    case "echo":
      return { result: a ?? null };
    default:
      return failure(NO_METHOD, `There is no method ${method}`);
  }
}

const add = (a: unknown, b: unknown): Outcome =>
  typeof a === "number" && typeof b === "number" ? { result: a + b } : failure(BAD_PARAMS, "add takes two numbers");

const failure = (code: number, message: string): Outcome => ({ error: { code, message } });

function parseCall(text: string): Call | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { id, method, params } = value as Record<string, unknown>;
  if (typeof method !== "string") return undefined;
  const known = typeof id === "number" || typeof id === "string" ? id : null;
  return { id: known, method, params: Array.isArray(params) ? (params as unknown[]) : [] };
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
      const [method, ...params] = CALLS[turn % CALLS.length]!;
      await socket.send(JSON.stringify({ jsonrpc: "2.0", id: turn + 1, method, params }));
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
