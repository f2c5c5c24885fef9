import type { Said } from "../../shared/dialects.ts";
import type { StandIn, StandInState } from "../../shared/standIn.ts";
import { UserError } from "../../shared/userError.ts";
import type { DialectTools } from "../dialects/dialect.ts";
import { loadZeroMq } from "../zeromq.ts";
import { readSaid } from "./answerBook.ts";
import { type Answered, type Answerer, dialectOf } from "./answerer.ts";
import { asCall } from "./wireEnvelope.ts";

/** Answers of a ROUTER that may wait for their delay; then no further call is taken. */
const MAX_WAITING = 1_000;
/** The log's tap keeps what came; the socket itself takes no larger message. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
const MAX_LAST_CHARS = 80;
const DELIMITER = new Uint8Array(0);
const OK = Buffer.from("OK");

/** Told of each call that was answered, and of each signal. */
export type StandInNotices = {
  readonly onAnswered: (answered: Answered) => void;
  readonly onSignal: (text: string) => void;
};

/** A stand-in's socket at work. */
export type StandInSocket = {
  /** Where it is bound; empty while it connects. */
  readonly endpoint: string;
  readonly state: StandInState;
  /** Only of one that connects, before anything comes. */
  connect(endpoint: string): void;
  stop(): void;
};

type Counters = { -readonly [K in keyof StandInState]: StandInState[K] };

/**
 * Opens the socket on a free loopback port, without security: a tap stands in front of it. `answerer` is that of a stand-in
 * that answers, else `null`. Rejects with a UserError when the library cannot be used or there is no port.
 */
export async function openStandIn(
  standIn: StandIn,
  answerer: Answerer | null,
  known: Pick<StandInState, "known" | "leftOut">,
  tools: DialectTools,
  { onAnswered, onSignal }: StandInNotices,
): Promise<StandInSocket> {
  const zmq = await loadZeroMq(standIn.kind === "answers" ? "Answering calls" : "Listening for signals");
  const options = { linger: 0, maxMessageSize: MAX_MESSAGE_BYTES };
  const state: Counters = {
    answered: 0,
    byDefault: 0,
    unanswered: 0,
    signals: 0,
    last: "",
    problem: null,
    ...known,
  };
  const answered = (what: Answered): void => {
    state[what.how]++;
    state.last = what.method;
    onAnswered(what);
  };
  const tookSignal = (frames: readonly Uint8Array[]): void => {
    state.signals++;
    state.last = signalText(frames, tools);
    onSignal(state.last);
  };
  if (standIn.kind === "answers") {
    const socket = standIn.socket === "REP" ? new zmq.Reply(options) : new zmq.Router({ ...options, mandatory: false });
    const run =
      socket instanceof zmq.Reply
        ? () => answerInTurn(socket, answerer!, standIn.delayMs, answered)
        : () => answerAll(socket, answerer!, standIn.delayMs, answered);
    return start(socket, false, state, run);
  }
  if (standIn.socket === "REP") {
    const socket = new zmq.Reply(options);
    return start(socket, false, state, async () => {
      for await (const frames of socket) {
        tookSignal(frames);
        await socket.send(OK);
      }
    });
  }
  const socket = standIn.socket === "SUB" ? new zmq.Subscriber(options) : new zmq.Pull(options);
  if (socket instanceof zmq.Subscriber) socket.subscribe(...(standIn.topics.length === 0 ? [""] : standIn.topics));
  return start(socket, standIn.connects, state, async () => {
    for await (const frames of socket) tookSignal(frames);
  });
}

type Socket = {
  readonly lastEndpoint: string | null;
  readonly closed: boolean;
  bind(endpoint: string): Promise<void>;
  connect(endpoint: string): void;
  close(): void;
};

async function start(
  socket: Socket,
  connects: boolean,
  state: Counters,
  run: () => Promise<void>,
): Promise<StandInSocket> {
  if (!connects) {
    await socket.bind("tcp://127.0.0.1:*").catch((error: unknown) => {
      socket.close();
      const why = error instanceof Error ? error.message : String(error);
      throw new UserError("stand-in-failed", `No loopback port can be had: ${why}. Close programs that use many.`, {
        cause: error,
      });
    });
  }
  void run().catch((error: unknown) => {
    if (socket.closed) return;
    state.problem = `It stopped: ${error instanceof Error ? error.message : String(error)}. Start it again.`;
    socket.close();
  });
  return {
    endpoint: connects ? "" : (socket.lastEndpoint ?? ""),
    state,
    connect: (endpoint) => socket.connect(endpoint),
    stop: () => socket.close(),
  };
}

type Receiving = AsyncIterable<Buffer[]>;

/** A REP has one call at a time, and owes each a reply. */
async function answerInTurn(
  socket: Receiving & { send(frames: Uint8Array[]): Promise<void> },
  answerer: Answerer,
  delayMs: number,
  answered: (what: Answered) => void,
): Promise<void> {
  for await (const frames of socket) {
    const reply = answerer.reply([DELIMITER, ...frames], true)!;
    if (delayMs > 0) await pause(delayMs);
    // The REP puts the envelope back itself.
    await socket.send(reply.frames.slice(1));
    answered(reply);
  }
}

/** A ROUTER takes calls while others wait for their delay, and answers in order. */
async function answerAll(
  socket: Receiving & { send(frames: Uint8Array[]): Promise<void>; readonly closed: boolean },
  answerer: Answerer,
  delayMs: number,
  answered: (what: Answered) => void,
): Promise<void> {
  let waiting = 0;
  let wentOn = (): void => undefined;
  let sending = Promise.resolve();
  for await (const [caller, ...frames] of socket) {
    if (caller === undefined || frames.length === 0) continue;
    const reply = answerer.reply(frames, false);
    if (reply === null) continue;
    const due = delayMs > 0 ? pause(delayMs) : null;
    waiting++;
    sending = sending
      .then(async () => {
        if (due !== null) await due;
        await socket.send([caller, ...reply.frames]);
        answered(reply);
      })
      .catch((error: unknown) => {
        // A caller that has gone gets nothing, and the next one its answer.
        if (!socket.closed && !isGone(error)) throw error;
      })
      .finally(() => {
        waiting--;
        wentOn();
      });
    if (waiting >= MAX_WAITING) await new Promise<void>((resolve) => (wentOn = resolve));
  }
  await sending;
}

function isGone(error: unknown): boolean {
  return ["EHOSTUNREACH", "EAGAIN"].includes(String((error as NodeJS.ErrnoException).code));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A signal in a few words: its method and what it brings, or its first frame. */
function signalText(payload: readonly Uint8Array[], tools: DialectTools): string {
  const message = asCall(payload);
  const dialect = dialectOf(message);
  const said = dialect.name === "raw" ? null : readSaid(dialect, message, null, tools);
  const text = said === null ? frameText(payload[0]) : saidText(said);
  return text.replace(/\s+/g, " ").slice(0, MAX_LAST_CHARS);
}

function saidText({ method, args, kwargs, value }: Said): string {
  const brought = value ?? [args, kwargs].find((one) => one !== null && Object.keys(one).length > 0) ?? null;
  if (brought === null) return method;
  const json = JSON.stringify(brought, (_name, one: unknown) =>
    typeof one === "bigint" ? String(one) : one instanceof Uint8Array ? `${one.length} octets` : one,
  );
  return `${method} ${json}`;
}

function frameText(frame: Uint8Array = DELIMITER): string {
  return Buffer.from(frame.subarray(0, 4 * MAX_LAST_CHARS)).toString("utf8");
}
