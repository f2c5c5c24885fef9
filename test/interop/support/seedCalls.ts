import type { Dialect } from "../../../src/proxy/dialects/dialect.ts";
import type { DialectCall, Said } from "../../../src/shared/dialects.ts";
import { framesOf, messageOf, saidBy } from "../../support/dialects.ts";
import type { Message, PeerOptions } from "../peers/peer.ts";
import type { ZeromqJsPeer } from "../peers/zeromqJs.ts";

/** The frames of a call as zeromq.js takes them. */
export function bufferedCall(dialect: Dialect, call: Partial<DialectCall>): Message {
  return framesOf(dialect, call).map((frame) => Buffer.from(frame));
}

/** What a server answers to calls that the dialect writes and a REQ of zeromq.js sends, one after the other. */
export async function askWith(
  peer: ZeromqJsPeer,
  dialect: Dialect,
  endpoint: string,
  calls: readonly Partial<DialectCall>[],
  options: PeerOptions = {},
): Promise<Said[]> {
  const socket = await peer.open("REQ", options);
  await socket.connect(endpoint);
  const replies: Said[] = [];
  for (const call of calls) {
    await socket.send(bufferedCall(dialect, call));
    const [frames] = await socket.receive();
    replies.push(saidBy(dialect, messageOf(frames!, "REP", "REQ")));
  }
  await socket.close();
  return replies;
}
