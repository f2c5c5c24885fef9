import {
  encodeCommand,
  encodeFrame,
  encodeGreeting,
  encodeMessage,
  encodeMetadata,
  encodeSubscription,
} from "../src/proxy/wire/writer.ts";
import { type Direction, SOCKET_TYPES, type SocketType } from "../src/shared/model.ts";
import { hex, join, octets } from "../test/support/octets.ts";
import type { Piece } from "../test/support/vectors.ts";
import type { Draw } from "./draw.ts";

const COMMANDS = [
  "PING",
  "PONG",
  "SUBSCRIBE",
  "CANCEL",
  "JOIN",
  "LEAVE",
  "ERROR",
  "READY",
  "HELLO",
  "MESSAGE",
  "X",
  "",
];
const NOTHING = new Uint8Array(0);
const VERSIONS = ["1.0", "2.0", "3.0", "3.1"] as const;
type Version = (typeof VERSIONS)[number];

/** What both sides of a link say, in order: nearly always sound up to some point, in every version and mechanism. */
export function conversation(draw: Draw): Piece[] {
  const client = newSide(draw, 0);
  const server = newSide(draw, 1);
  const mechanism = draw.pick(["NULL", "PLAIN", "CURVE"] as const);
  const said: Piece[] = [];
  const say = (direction: Direction, ...parts: readonly Uint8Array[]): void => {
    said.push({ direction, bytes: damaged(draw, join(...parts)) });
  };
  say(0, greeting(client, mechanism));
  say(1, greeting(server, mechanism));
  if (client.version.startsWith("3") && server.version.startsWith("3")) {
    for (const [direction, command] of handshake(draw, mechanism, client.socket, server.socket))
      say(direction, command);
  }
  for (let left = draw.below(24); left > 0; left--) {
    const direction = draw.pick([0, 1] as const);
    say(direction, traffic(draw, direction === 0 ? client : server, mechanism));
  }
  return said;
}

type Side = { readonly version: Version; readonly socket: SocketType };

function newSide(draw: Draw, which: Direction): Side {
  const usual: readonly SocketType[] =
    which === 0 ? ["REQ", "SUB", "DEALER", "PUSH"] : ["REP", "PUB", "ROUTER", "PULL"];
  return { version: draw.pick(["3.1", "3.1", ...VERSIONS]), socket: draw.pick(draw.rarely(4) ? SOCKET_TYPES : usual) };
}

function greeting({ version, socket }: Side, mechanism: "NULL" | "PLAIN" | "CURVE"): Uint8Array {
  if (version === "1.0") return hex("0100");
  const number = Math.max(0, SOCKET_TYPES.indexOf(socket));
  if (version === "2.0") return join(hex("ff00000000000000017f01"), Uint8Array.of(number), hex("0000"));
  const octets3 = encodeGreeting(mechanism);
  octets3[11] = version === "3.0" ? 0 : 1;
  return octets3;
}

function handshake(
  draw: Draw,
  mechanism: "NULL" | "PLAIN" | "CURVE",
  client: SocketType,
  server: SocketType,
): [Direction, Uint8Array][] {
  const about = (socket: SocketType): Uint8Array =>
    join(encodeMetadata(socket, draw.some(4)), draw.rarely(4) ? octets("\x06X-Name\0\0\0\x02me") : NOTHING);
  const error = encodeCommand("ERROR", octets("\x08Invalid."));
  if (mechanism === "NULL") {
    return [
      [1, draw.rarely(8) ? error : encodeCommand("READY", about(server))],
      [0, encodeCommand("READY", about(client))],
    ];
  }
  const isPlain = mechanism === "PLAIN";
  return [
    [0, encodeCommand("HELLO", isPlain ? octets("\x05admin\x06secret") : new Uint8Array(194).fill(1))],
    [1, draw.rarely(8) ? error : encodeCommand("WELCOME", isPlain ? NOTHING : new Uint8Array(160).fill(2))],
    [0, encodeCommand("INITIATE", isPlain ? about(client) : new Uint8Array(240).fill(3))],
    [1, draw.rarely(8) ? error : encodeCommand("READY", isPlain ? about(server) : new Uint8Array(50).fill(4))],
  ];
}

function traffic(draw: Draw, { version, socket }: Side, mechanism: string): Uint8Array {
  if (mechanism === "CURVE" && version.startsWith("3")) {
    return encodeFrame(join(octets("\x07MESSAGE"), draw.some(60)), draw.rarely(6) ? draw.below(256) : 0);
  }
  const framing = version === "1.0" ? 1 : 3;
  switch (draw.below(6)) {
    case 0:
      return encodeCommand(draw.pick(COMMANDS), draw.some(20));
    case 1:
      return encodeSubscription(draw.some(12), draw.flag(), version);
    case 2:
      // Several in one chunk, and a frame that is longer than one octet can say.
      return join(encodeMessage([draw.some(8)], framing), encodeMessage([new Uint8Array(draw.below(600))], framing));
    case 3:
      return draw.some(40);
    case 4: {
      const id = draw.octets(4);
      const frames =
        socket === "REQ" || socket === "REP" ? [...(draw.rarely(3) ? [id] : []), NOTHING, draw.some(8)] : [id];
      return encodeMessage(frames, framing);
    }
    default:
      return encodeMessage([...draw.list(3, () => draw.some(8)), draw.some(16)], framing);
  }
}

function damaged(draw: Draw, bytes: Uint8Array): Uint8Array {
  if (!draw.rarely(24) || bytes.length === 0) return bytes;
  const changed = bytes.slice();
  const at = draw.below(bytes.length);
  if (draw.flag()) return changed.subarray(0, at);
  changed[at] = draw.below(256);
  return changed;
}
