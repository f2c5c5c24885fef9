import type { CallBody, CallOutcome, CallReply } from "../shared/calls.ts";
import { ownNameOf } from "../shared/dialects.ts";
import type { CallSocket } from "../shared/model.ts";
import type { OwnDialects } from "./ownDialects.ts";
import { badCall, fitted, onWire, told } from "./rpc/callWriting.ts";
import { callDialect, type CallPlan } from "./rpc/dialectCall.ts";

type Frames = CallBody & { readonly kind: "frames" };

/**
 * The frames of a call in a dialect of the user's, which its module writes; what is in no such dialect is left as it is.
 * Rejects with a UserError of code `bad-call` when the module cannot write it, or there is none of that name.
 */
export async function writeOwnCall(body: CallBody, own: OwnDialects | null): Promise<CallBody> {
  const name = ownNameIn(body);
  if (name === null || body.kind === "frames") return body;
  const encoded = (await own?.encode(name, body.call)) ?? null;
  if (encoded === null)
    throw badCall(`There is no dialect "${name}" in the setting zmqTap.dialects of a trusted workspace.`);
  if ("problem" in encoded) throw badCall(encoded.problem);
  const { socket = "REQ" } = body;
  return { kind: "frames", socket, frames: fitted(encoded.frames, "REQ", socket) };
}

/**
 * Makes a call, also in a dialect of the user's: its module writes the frames of each call anew, and reads what comes back. It
 * does not tell which message answers which call, so the first one is taken for the answer.
 */
export async function callInAny(plan: CallPlan, own: OwnDialects | null, signal: AbortSignal): Promise<CallOutcome> {
  const { body, onLate } = plan;
  const name = ownNameIn(body);
  if (name === null || body.kind === "frames" || own === null) return callDialect(plan, signal);
  const { socket, frames } = (await writeOwnCall(body, own)) as Frames;
  const read = <T extends CallReply>(reply: T): Promise<T> => readReply(reply, name, socket, own);
  const late =
    onLate === undefined ? {} : { onLate: (reply: Parameters<typeof onLate>[0]) => void read(reply).then(onLate) };
  const outcome = await callDialect({ ...plan, ...late, body: { kind: "frames", socket, frames } }, signal);
  const reply = outcome.reply === null ? null : await read(outcome.reply);
  const others = await Promise.all(outcome.others.map(read));
  const isError = reply !== null && (reply.problem !== null || reply.said?.kind === "error");
  return { ...outcome, kind: isError ? "error" : outcome.kind, dialect: body.dialect, reply, others };
}

function ownNameIn(body: CallBody): string | null {
  return body.kind === "dialect" ? ownNameOf(body.dialect) : null;
}

async function readReply<T extends CallReply>(
  reply: T,
  name: string,
  socket: CallSocket,
  own: OwnDialects,
): Promise<T> {
  const sender = socket === "REQ" ? "REP" : "ROUTER";
  const read = await own.read({ frames: onWire(socket, reply.frames), sender, receiver: socket }, name);
  if (read === null)
    return {
      ...reply,
      problem: `The dialect "${name}" does not read this as a message of its own, or it is above 64 KiB.`,
    };
  return { ...reply, said: told(read.said) };
}
