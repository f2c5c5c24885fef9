import { readFileSync, readdirSync } from "node:fs";
import type { Direction, SocketType } from "../../src/shared/model.ts";
import { hex } from "./octets.ts";

const FOLDER = new URL("../vectors/", import.meta.url);

type Peer = { libzmq: string; socket: SocketType; identity?: string };
type Messages = { client: (string[] | null)[]; server: (string[] | null)[] };

/** One recorded link; see test/vectors/README.md. */
export type Vector = {
  name: string;
  client: Peer;
  server: Peer;
  mechanism: "NULL" | "PLAIN" | "CURVE";
  links: number;
  sent: Messages;
  received: Messages;
  chunks: [who: "client" | "server", hex: string][];
  /** Long-term keys of CURVE links, Z85. */
  keys?: Record<"client" | "server", { public: string; secret: string }>;
};

export function loadVectors(): Vector[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")) as Vector);
}

/** One recorded link by its file name without the ending. */
export function loadVector(name: string): Vector {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8")) as Vector;
}

/** A piece of one direction's stream. */
export type Piece = { direction: Direction; bytes: Uint8Array };

export function piecesOf(vector: Vector): Piece[] {
  return vector.chunks.map(([who, digits]) => ({ direction: who === "client" ? 0 : 1, bytes: hex(digits) }));
}
