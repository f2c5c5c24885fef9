import type { SocketType } from "../../shared/model.ts";
import { COMMAND, LONG, MORE, type Framing } from "./frames.ts";
import { GREETING_3_OCTETS } from "./greeting.ts";
import { concat, fromText } from "./octets.ts";

/** Greeting of a ZMTP 3.1 peer, 64 octets (RFC 37). `as-server` stays 0, as libzmq has it. */
export function encodeGreeting(mechanism: "NULL" | "PLAIN" | "CURVE"): Uint8Array {
  const greeting = new Uint8Array(GREETING_3_OCTETS);
  greeting[0] = 0xff;
  greeting[8] = 1;
  greeting[9] = 0x7f;
  greeting[10] = 3;
  greeting[11] = 1;
  greeting.set(fromText(mechanism), 12);
  return greeting;
}

/**
 * A message in the link's own framing, as it must be when it is put into that link. The frames are those of the wire:
 * what REQ and REP put in front is the caller's. At least one frame; nothing is kept of them.
 */
export function encodeMessage(frames: readonly Uint8Array[], framing: Framing = 3): Uint8Array {
  const parts: Uint8Array[] = [];
  frames.forEach((frame, index) => {
    const more = index + 1 < frames.length ? MORE : 0;
    parts.push(framing === 1 ? frameHeader1(frame.length, more) : encodeFrameHeader(frame.length, more), frame);
  });
  return concat(parts);
}

/** One frame of ZMTP 3.x; `flags` without LONG, which follows from the size. */
export function encodeFrame(body: Uint8Array, flags: number): Uint8Array {
  return concat([encodeFrameHeader(body.length, flags), body]);
}

/** A command frame of ZMTP 3.x. */
export function encodeCommand(name: string, data: Uint8Array): Uint8Array {
  return encodeFrame(concat([new Uint8Array([name.length]), fromText(name), data]), COMMAND);
}

/** READY of the NULL mechanism. Like libzmq it names an identity only for the types that may have one. */
export function encodeReady(socket: SocketType, identity: Uint8Array = new Uint8Array(0)): Uint8Array {
  return encodeCommand("READY", encodeMetadata(socket, identity));
}

/** Properties of READY and INITIATE. */
export function encodeMetadata(socket: SocketType, identity: Uint8Array = new Uint8Array(0)): Uint8Array {
  const properties = [encodeProperty("Socket-Type", fromText(socket))];
  if (socket === "REQ" || socket === "DEALER" || socket === "ROUTER")
    properties.push(encodeProperty("Identity", identity));
  return concat(properties);
}

/** A subscription or cancellation, in the encoding that peers of this version understand. */
export function encodeSubscription(
  topic: Uint8Array,
  isOn: boolean,
  version: "1.0" | "2.0" | "3.0" | "3.1",
): Uint8Array {
  if (version === "3.1") return encodeCommand(isOn ? "SUBSCRIBE" : "CANCEL", topic);
  const body = concat([new Uint8Array([isOn ? 1 : 0]), topic]);
  return encodeMessage([body], version === "1.0" ? 1 : 3);
}

/** A property of READY's and INITIATE's metadata. */
export function encodeProperty(name: string, value: Uint8Array): Uint8Array {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, value.length);
  return concat([new Uint8Array([name.length]), fromText(name), size, value]);
}

/** What stands before the body of a frame of ZMTP 3.x; `flags` as for encodeFrame(). */
export function encodeFrameHeader(sizeBytes: number, flags: number): Uint8Array {
  if (sizeBytes <= 0xff) return new Uint8Array([flags, sizeBytes]);
  const header = longHeader(9, sizeBytes);
  header[0] = flags | LONG;
  return header;
}

function frameHeader1(sizeBytes: number, flags: number): Uint8Array {
  if (sizeBytes + 1 < 0xff) return new Uint8Array([sizeBytes + 1, flags]);
  const header = longHeader(10, sizeBytes + 1);
  header[0] = 0xff;
  header[9] = flags;
  return header;
}

/** A header whose eight octets from 1 on are a length. */
function longHeader(headerBytes: number, length: number): Uint8Array {
  const header = new Uint8Array(headerBytes);
  const view = new DataView(header.buffer);
  view.setUint32(1, Math.floor(length / 0x100000000));
  view.setUint32(5, length % 0x100000000);
  return header;
}
