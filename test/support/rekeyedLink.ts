import type { Boxes } from "../../src/proxy/wire/curve/boxes.ts";
import type { KeyPair } from "../../src/proxy/wire/curve/boxMemory.ts";
import {
  type Judgement,
  type LinkKeys,
  Rekeyer,
  type RekeyerSink,
  type RekeyProblem,
} from "../../src/proxy/wire/rekeyer.ts";
import type { Direction, Side } from "../../src/shared/model.ts";
import { pairOf } from "./curve.ts";
import { join } from "./octets.ts";
import { Peer, type PeerKind, type PeerOptions, USER } from "./peers.ts";

/** A rekeyer's sink with a memory. */
export class RekeyRecorder implements RekeyerSink {
  readonly sent: Record<Side, Uint8Array[]> = { client: [], server: [] };
  readonly shownParts: readonly [Uint8Array[], Uint8Array[]] = [[], []];
  readonly problems: RekeyProblem[] = [];
  readonly judged: Uint8Array[] = [];
  judgement: Judgement = "allow";
  progress = 0;

  shown(direction: Direction): Uint8Array {
    return join(...this.shownParts[direction]);
  }

  send(to: Side, bytes: Uint8Array): void {
    this.sent[to].push(bytes);
  }

  plain(direction: Direction, bytes: Uint8Array): void {
    this.shownParts[direction].push(bytes.slice());
  }

  pass(direction: Direction, bytes: Uint8Array): void {
    this.shownParts[direction].push(bytes.slice());
    this.sent[direction === 0 ? "server" : "client"].push(bytes.slice());
  }

  judge(client: Uint8Array): Judgement {
    this.judged.push(client);
    return this.judgement;
  }

  progressed(): void {
    this.progress += 1;
  }

  failed(problem: RekeyProblem): void {
    this.problems.push(problem);
  }
}

/** Pairs of everybody: the program's client and server, and what the tap shows to each. */
export function pairsOf(boxes: Boxes): Record<"client" | "server" | "tapClient" | "tapServer", KeyPair> {
  return {
    client: pairOf(boxes, 11),
    server: pairOf(boxes, 12),
    tapClient: pairOf(boxes, 13),
    tapServer: pairOf(boxes, 14),
  };
}

export function keysOf(boxes: Boxes, own: Partial<LinkKeys> = {}): LinkKeys {
  const pairs = pairsOf(boxes);
  return {
    legs: { client: null, server: null },
    serverPair: pairs.tapServer,
    serverKey: pairs.server.publicKey,
    pairFor: () => pairs.tapClient,
    plain: USER,
    maxFrameBytes: 1024 * 1024,
    ...own,
  };
}

export type Cut = (bytes: Uint8Array) => Iterable<Uint8Array>;

/** A rekeyer between two peers. Nothing moves until settle(). */
export function rekeyedLink(
  boxes: Boxes,
  kinds: Record<Side, PeerKind>,
  options: {
    keys?: Partial<LinkKeys>;
    client?: Partial<PeerOptions>;
    server?: Partial<PeerOptions>;
    securityClient?: Side;
    cut?: Cut;
  } = {},
) {
  const sink = new RekeyRecorder();
  const roles = { securityClient: options.securityClient ?? "client" };
  const rekeyer = new Rekeyer(boxes, keysOf(boxes, options.keys), roles, sink);
  const pairs = pairsOf(boxes);
  const peer = (side: Side): Peer =>
    new Peer({
      name: side,
      kind: kinds[side],
      boxes,
      pair: kinds[side] === "CURVE client" ? pairs.client : pairs.server,
      serverKey: pairs.tapServer.publicKey,
      ...options[side],
    });
  const peers: Record<Side, Peer> = { client: peer("client"), server: peer("server") };
  const cut = options.cut ?? ((bytes) => [bytes]);
  /** Moves octets until nobody has anything to say. */
  const settle = (): void => {
    for (let isMoving = true; isMoving;) {
      isMoving = false;
      for (const direction of [0, 1] as const) {
        const side = direction === 0 ? "client" : "server";
        for (const bytes of peers[side].outbox.splice(0)) {
          isMoving = true;
          for (const piece of cut(bytes)) rekeyer.push(direction, piece);
        }
        for (const bytes of sink.sent[side].splice(0)) {
          isMoving = true;
          for (const piece of cut(bytes)) peers[side].push(piece);
        }
      }
    }
  };
  return { rekeyer, sink, roles, ...peers, pairs, settle };
}
