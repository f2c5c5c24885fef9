import type { Boxes } from "../curve/boxes.ts";
import type { KeyPair } from "../curve/boxMemory.ts";
import { CurveClient } from "../curve/curveClient.ts";
import { commandBody, type CurveProblem, isProblem } from "../curve/curveCommands.ts";
import { CurveServer } from "../curve/curveServer.ts";
import { type Leg, type LegSignal, NOTHING, type SendCommand, unexpected } from "./leg.ts";

/** Towards a CURVE client (RFC 25) the tap is the server of `pair`. */
export function curveServerLeg(send: SendCommand, boxes: Boxes, pair: KeyPair): Leg {
  const server = new CurveServer(boxes, pair);
  let metadata: Uint8Array | null = null;
  let isAdmitted = false;
  let hasSaid = false;
  const ready = (): void => {
    if (!isAdmitted || metadata === null || hasSaid) return;
    hasSaid = true;
    send(server.ready(metadata));
  };
  return {
    mechanism: "CURVE",
    get isOpen() {
      return hasSaid;
    },
    get opens() {
      return server.opens;
    },
    get seals() {
      return server.seals;
    },
    get isHostOrder() {
      return server.isHostOrder;
    },
    begin: () => NOTHING,
    welcome: () => send(server.welcome()),
    receive: (name, body) => {
      if (name === "HELLO") {
        const problem = server.hello(body);
        return problem === null ? { kind: "asked" } : toSignal(problem);
      }
      if (name !== "INITIATE") return unexpected(name);
      const initiated = server.initiate(body);
      if (isProblem(initiated)) return toSignal(initiated);
      const { metadata: heard, client, isVouchedElsewhere } = initiated;
      // libzmq takes no offence at this either.
      const odd = isVouchedElsewhere ? { note: "vouch for another server key" } : {};
      return { kind: "metadata", metadata: heard, client, ...odd };
    },
    give: (given) => {
      metadata = given;
      ready();
    },
    admit: () => {
      isAdmitted = true;
      ready();
    },
    refuse: (reason) => send(commandBody("ERROR", reason)),
    dispose: () => server.dispose(),
  };
}

/**
 * Towards a CURVE server the tap is a client that knows `serverKey` and shows the pair which `pairFor` names for the client
 * on the other leg.
 */
export function curveClientLeg(
  send: SendCommand,
  boxes: Boxes,
  serverKey: Uint8Array,
  pairFor: (client: Uint8Array | null) => KeyPair,
): Leg {
  const client = new CurveClient(boxes, serverKey);
  let given: { metadata: Uint8Array; client: Uint8Array | null } | null = null;
  let isWelcome = false;
  let hasSaid = false;
  let isOpen = false;
  const initiate = (): void => {
    if (!isWelcome || given === null || hasSaid) return;
    hasSaid = true;
    send(client.initiate(pairFor(given.client), given.metadata));
  };
  return {
    mechanism: "CURVE",
    get isOpen() {
      return isOpen;
    },
    get opens() {
      return client.opens;
    },
    get seals() {
      return client.seals;
    },
    get isHostOrder() {
      return client.isHostOrder;
    },
    begin: () => {
      const hello = client.hello();
      if (isProblem(hello)) return toSignal(hello);
      send(hello);
      return NOTHING;
    },
    welcome: () => undefined,
    receive: (name, body) => {
      if (name === "WELCOME") {
        const problem = client.welcome(body);
        if (problem !== null) return toSignal(problem);
        isWelcome = true;
        initiate();
        return { kind: "welcomed" };
      }
      if (name === "HELLO") {
        return {
          kind: "problem",
          check: "both-clients",
          message: "Both sides are CURVE clients: each sent HELLO, and neither can answer it.",
        };
      }
      if (name !== "READY") return unexpected(name);
      const ready = client.ready(body);
      if (isProblem(ready)) return toSignal(ready);
      isOpen = true;
      return { kind: "metadata", metadata: ready.metadata, client: null };
    },
    give: (metadata, key) => {
      given = { metadata, client: key };
      initiate();
    },
    admit: () => undefined,
    refuse: (reason) => send(commandBody("ERROR", reason)),
    dispose: () => client.dispose(),
  };
}

function toSignal({ check, message }: CurveProblem): LegSignal {
  return { kind: "problem", check, message };
}
