import { readCommandName, readErrorReason } from "../commands.ts";
import { COMMAND } from "../frames.ts";
import { readMetadata } from "../metadata.ts";
import type { Authenticate, Authentication, ProbeSocket, Standing } from "../probe.ts";
import { encodeFrame, encodeMetadata } from "../writer.ts";
import type { Boxes } from "./boxes.ts";
import type { KeyPair } from "./boxMemory.ts";
import { CurveClient } from "./curveClient.ts";
import { isProblem } from "./curveCommands.ts";

/** Tries whether a CURVE server of this public key lets a client with this pair in. */
export function curveAuthenticate(boxes: Boxes, serverKey: Uint8Array, pair: KeyPair): Authenticate {
  return { mechanism: "CURVE", open: (socket) => new CurveAuthentication(boxes, serverKey, pair, socket) };
}

class CurveAuthentication implements Authentication {
  standing: Standing = { isAccepted: null, refusal: null, socket: null };
  readonly #client: CurveClient;
  readonly #pair: KeyPair;
  readonly #socket: ProbeSocket;

  constructor(boxes: Boxes, serverKey: Uint8Array, pair: KeyPair, socket: ProbeSocket) {
    this.#client = new CurveClient(boxes, serverKey);
    this.#pair = pair;
    this.#socket = socket;
  }

  begin(): Uint8Array {
    const hello = this.#client.hello();
    return isProblem(hello) ? new Uint8Array(0) : encodeFrame(hello, COMMAND);
  }

  command(body: Uint8Array): Uint8Array | null {
    const { name, dataAt } = readCommandName(body);
    switch (name) {
      case "WELCOME":
        if (this.#client.welcome(body) !== null) return null;
        return encodeFrame(this.#client.initiate(this.#pair, encodeMetadata(this.#socket)), COMMAND);
      case "READY": {
        const ready = this.#client.ready(body);
        this.#client.dispose();
        if (isProblem(ready)) return null;
        this.standing = { isAccepted: true, refusal: null, socket: readMetadata(ready.metadata, 0).socket };
        return null;
      }
      case "ERROR":
        this.#client.dispose();
        this.standing = { ...this.standing, isAccepted: false, refusal: readErrorReason(body.subarray(dataAt)) };
        return null;
      default:
        return null;
    }
  }
}
