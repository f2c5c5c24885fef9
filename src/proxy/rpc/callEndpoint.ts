import type { CallResult, CallSocket } from "../../shared/model.ts";
import { UserError } from "../../shared/userError.ts";
import { zeromqMissing } from "../faults.ts";

export type EndpointCall = {
  /** As libzmq writes it. */
  readonly endpoint: string;
  readonly socket: CallSocket;
  /** Frames as an application sends them: a REQ adds its own delimiter. */
  readonly frames: readonly Uint8Array[];
  readonly timeoutMs: number;
};

/**
 * Sends to any endpoint with a zeromq socket made for this one call and thrown away after it, so that a timed-out REQ is
 * never used again. Rejects with a UserError when the library or the endpoint cannot be used.
 */
export async function callEndpoint(call: EndpointCall, signal: AbortSignal): Promise<CallResult> {
  const zmq = await import("zeromq").catch((error: unknown) => {
    throw zeromqMissing(error);
  });
  const frames = call.frames.map((frame) => Buffer.from(frame));
  const options = { linger: 0, sendTimeout: call.timeoutMs, immediate: true };
  switch (call.socket) {
    case "REQ":
    case "DEALER": {
      const socket = new (call.socket === "REQ" ? zmq.Request : zmq.Dealer)(options);
      return use(socket, call, signal, async () => {
        const sentAt = performance.now();
        await socket.send(frames);
        const answer = await socket.receive();
        return { kind: "answer", frames: answer, latencyMs: performance.now() - sentAt, request: null, reply: null };
      });
    }
    case "PUSH": {
      const socket = new zmq.Push({ ...options, linger: call.timeoutMs });
      return use(socket, call, signal, async () => {
        await socket.send(frames);
        return { kind: "sent", request: null };
      });
    }
    case "PUB": {
      // An XPUB, since it hears of subscriptions: what a PUB sends before the first one is lost.
      const socket = new zmq.XPublisher({ linger: call.timeoutMs, sendTimeout: call.timeoutMs });
      return use(socket, call, signal, async () => {
        const topic = frames[0] ?? Buffer.alloc(0);
        for (;;) {
          const [subscription] = await socket.receive();
          if (subscription?.[0] === 1 && topic.subarray(0, subscription.length - 1).equals(subscription.subarray(1)))
            break;
        }
        await socket.send(frames);
        return { kind: "sent", request: null };
      });
    }
  }
}

type Closable = { connect(endpoint: string): void; close(): void };

async function use(
  socket: Closable,
  call: EndpointCall,
  signal: AbortSignal,
  run: () => Promise<CallResult>,
): Promise<CallResult> {
  let stopped: CallResult | undefined;
  const stop = (result: CallResult): void => {
    stopped ??= result;
    socket.close();
  };
  const onAbort = (): void => stop({ kind: "cancelled" });
  const timer = setTimeout(() => stop({ kind: "timeout", afterMs: call.timeoutMs }), call.timeoutMs);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    if (stopped === undefined) socket.connect(call.endpoint);
    return await run();
  } catch (error) {
    if (stopped !== undefined) return stopped;
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return { kind: "timeout", afterMs: call.timeoutMs };
    const why = error instanceof Error ? error.message : String(error);
    throw new UserError("call-failed", `The call to ${call.endpoint} failed: ${why}. Check the endpoint.`, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    socket.close();
  }
}
