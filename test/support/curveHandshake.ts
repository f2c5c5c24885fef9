import { CurveClient } from "../../src/proxy/wire/curve/curveClient.ts";
import { CurveServer } from "../../src/proxy/wire/curve/curveServer.ts";
import type { Boxes } from "../../src/proxy/wire/curve/boxes.ts";
import { counting, eight, type Nacl, nonceOf, pairOf, scriptedBoxes } from "./curve.ts";
import { join, octets } from "./octets.ts";

/**
 * Bodies of the four commands of a handshake (RFC 26) and of MESSAGE each way, made by libsodium alone. `order` writes
 * counters.
 */
export function knownCommands(nacl: Nacl, order = eight) {
  const pair = (octet: number) => {
    const secretKey = new Uint8Array(32).fill(octet);
    return { publicKey: nacl.publicKey(secretKey), secretKey };
  };
  const [client, clientShort, server, serverShort] = [pair(1), pair(2), pair(3), pair(4)];
  const cookie = counting(10, 96);
  const [welcomeNonce, vouchNonce] = [counting(120, 16), counting(140, 16)];
  const metadata = { client: octets("\x0bSocket-Type\0\0\0\x03REQ"), server: octets("\x0bSocket-Type\0\0\0\x03REP") };
  const shortBox = (name: string, counter: number, text: Uint8Array, to: Uint8Array, by: Uint8Array): Uint8Array =>
    join(order(counter), nacl.box(text, nonceOf(name, order(counter)), to, by));
  const longBox = (name: string, nonce: Uint8Array, text: Uint8Array, to: Uint8Array, by: Uint8Array): Uint8Array =>
    join(nonce, nacl.box(text, nonceOf(name, nonce), to, by));
  const vouch = longBox(
    "VOUCH---",
    vouchNonce,
    join(clientShort.publicKey, server.publicKey),
    serverShort.publicKey,
    client.secretKey,
  );
  return {
    client,
    server,
    metadata,
    /** What each side draws at random, in order. */
    draws: {
      client: [clientShort.secretKey, vouchNonce],
      server: [serverShort.secretKey, cookie, welcomeNonce],
    },
    hello: join(
      octets("\x05HELLO\x01\x00"),
      new Uint8Array(72),
      clientShort.publicKey,
      shortBox("CurveZMQHELLO---", 1, new Uint8Array(64), server.publicKey, clientShort.secretKey),
    ),
    welcome: join(
      octets("\x07WELCOME"),
      longBox("WELCOME-", welcomeNonce, join(serverShort.publicKey, cookie), clientShort.publicKey, server.secretKey),
    ),
    initiate: join(
      octets("\x08INITIATE"),
      cookie,
      shortBox(
        "CurveZMQINITIATE",
        2,
        join(client.publicKey, vouch, metadata.client),
        serverShort.publicKey,
        clientShort.secretKey,
      ),
    ),
    ready: join(
      octets("\x05READY"),
      shortBox("CurveZMQREADY---", 1, metadata.server, clientShort.publicKey, serverShort.secretKey),
    ),
    /** MESSAGE with this text in its box, the flag octet included. */
    fromClient: (counter: number, text: Uint8Array): Uint8Array =>
      join(
        octets("\x07MESSAGE"),
        shortBox("CurveZMQMESSAGEC", counter, text, serverShort.publicKey, clientShort.secretKey),
      ),
    fromServer: (counter: number, text: Uint8Array): Uint8Array =>
      join(
        octets("\x07MESSAGE"),
        shortBox("CurveZMQMESSAGES", counter, text, clientShort.publicKey, serverShort.secretKey),
      ),
  };
}

/** Both sides of the handshake that knownCommands() writes, before it begins. */
export async function knownSides(known: ReturnType<typeof knownCommands>) {
  const [clientBoxes, serverBoxes] = [
    await scriptedBoxes(...known.draws.client),
    await scriptedBoxes(...known.draws.server),
  ];
  return {
    client: new CurveClient(clientBoxes, known.server.publicKey),
    server: new CurveServer(serverBoxes, known.server),
    clientBoxes,
    serverBoxes,
  };
}

/** A handshake of our own two sides, done up to and without `until`. */
export function shakeHands(boxes: Boxes, until: "welcome" | "initiate" | "ready" | "done" = "done") {
  const [clientPair, serverPair] = [pairOf(boxes, 5), pairOf(boxes, 6)];
  const client = new CurveClient(boxes, serverPair.publicKey);
  const server = new CurveServer(boxes, serverPair);
  const said = { hello: client.hello() as Uint8Array, welcome: none, initiate: none, ready: none };
  server.hello(said.hello);
  said.welcome = server.welcome();
  const result = { client, server, clientPair, serverPair, said };
  if (until === "welcome") return result;
  client.welcome(said.welcome);
  said.initiate = client.initiate(clientPair, octets("metadata of the client"));
  if (until === "initiate") return result;
  server.initiate(said.initiate);
  said.ready = server.ready(octets("metadata of the server"));
  if (until === "ready") return result;
  client.ready(said.ready);
  return result;
}

const none: Uint8Array = new Uint8Array(0);
