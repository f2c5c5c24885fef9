import type { CallBody, CallReply, ToldSaid } from "../../shared/calls.ts";
import type { DialectName, Said } from "../../shared/dialects.ts";
import type { CallSocket } from "../../shared/model.ts";
import { UserError } from "../../shared/userError.ts";
import { writeJson } from "../decode/jsonText.ts";
import type { Dialect, DialectKey } from "../dialects/dialect.ts";
import { dialectNamed } from "../dialects/registry.ts";
import { dialectTools } from "../dialectTools.ts";

/** What of a reply's value is written as JSON, in characters. */
const MAX_JSON_CHARS = 1024 * 1024;
const NO_FRAME = new Uint8Array(0);

/** A message that came back, as the dialect reads it. */
type ReadReply = Pick<CallReply, "said" | "problem">;

/** A call as frames, and how to read what comes back. */
export type WrittenCall = {
  readonly dialect: DialectName | null;
  readonly socket: CallSocket;
  /** As a program hands them to its socket: a REQ adds its own delimiter. */
  readonly frames: readonly Uint8Array[];
  readonly wantsReply: boolean;
  /** The id that a reply on a DEALER repeats; `null` where there is none. */
  readonly id: string | null;
  /** Reads a message as the caller's program gets it. */
  readonly read: (frames: readonly Uint8Array[]) => ReadReply;
};

/**
 * Makes frames of what is to be sent, signed with a secret field of the call, else with `tapKey`. Throws a UserError of code
 * `bad-call` when its dialect cannot write it.
 */
export function writeCall(body: CallBody, tapKey: DialectKey = null): WrittenCall {
  if (body.kind === "frames") {
    const { socket, frames } = body;
    const read = (): ReadReply => ({ said: null, problem: null });
    return { dialect: null, socket, frames, wantsReply: hasReply(socket), id: null, read };
  }
  const dialect = dialectNamed(body.dialect);
  if (dialect === undefined) throw badCall(`There is no dialect "${body.dialect}".`);
  if (!dialect.canCall) throw badCall(`${dialect.title} only tells things, so nobody can be called with it.`);
  const key = keyOf(dialect, body.call.fields) ?? tapKey;
  const encoded = dialect.encode(body.call, key, dialectTools);
  if ("problem" in encoded) throw badCall(encoded.problem);
  const socket = body.socket ?? dialect.socket;
  const frames = dialect.name === "raw" ? encoded.frames : fitted(encoded.frames, dialect.socket, socket);
  return {
    dialect: dialect.name,
    socket,
    frames,
    wantsReply: hasReply(socket),
    id: idOf(dialect, socket, frames, key),
    read: (received) => readReply(dialect, socket, received, key),
  };
}

function hasReply(socket: CallSocket): boolean {
  return socket === "REQ" || socket === "DEALER";
}

/** Frames as they are on the wire. */
export function onWire(socket: CallSocket, frames: readonly Uint8Array[]): readonly Uint8Array[] {
  return socket === "REQ" ? [NO_FRAME, ...frames] : frames;
}

/** What the dialect signs with, of its fields; `null` for none. */
function keyOf(dialect: Dialect, fields: Readonly<Record<string, unknown>>): DialectKey {
  const secret = dialect.fields.find(({ kind }) => kind === "secret");
  const value = secret === undefined ? undefined : fields[secret.name];
  return typeof value === "string" && value !== "" ? new TextEncoder().encode(value) : null;
}

/** A DEALER that speaks to what expects a REQ sends the delimiter itself; a REQ in a DEALER's place must not send it twice. */
export function fitted(frames: readonly Uint8Array[], usual: CallSocket, socket: CallSocket): readonly Uint8Array[] {
  if (usual === "REQ" && socket === "DEALER") return [NO_FRAME, ...frames];
  if (usual === "DEALER" && socket === "REQ" && frames[0]?.length === 0) return frames.slice(1);
  return frames;
}

function idOf(dialect: Dialect, socket: CallSocket, frames: readonly Uint8Array[], key: DialectKey): string | null {
  if (socket !== "DEALER") return null;
  const read = dialect.decode({ frames, sender: socket, receiver: "ROUTER" }, key, dialectTools);
  return "said" in read ? read.said.id : null;
}

function readReply(dialect: Dialect, socket: CallSocket, received: readonly Uint8Array[], key: DialectKey): ReadReply {
  const frames = onWire(socket, received);
  const sender = socket === "REQ" ? "REP" : "ROUTER";
  const read = dialect.decode({ frames, sender, receiver: socket }, key, dialectTools);
  if ("problem" in read) return { said: null, problem: read.problem };
  return { said: told(read.said), problem: null };
}

/** Without values that only this process can hold. */
export function told({ args, kwargs, value, ...said }: Said): ToldSaid {
  const brought = value === undefined && (args !== null || kwargs !== null) ? { args, kwargs } : value;
  if (brought === undefined) return { ...said, json: null, truncated: false };
  return { ...said, ...writeJson(brought, MAX_JSON_CHARS) };
}

export function badCall(problem: string): UserError {
  return new UserError("bad-call", `The call cannot be sent: ${problem.slice(0, 1).toLowerCase()}${problem.slice(1)}`);
}
