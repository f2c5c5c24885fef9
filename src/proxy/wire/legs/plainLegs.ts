import type { PlainUser } from "../../../shared/security.ts";
import { isSameOctets } from "../curve/boxArena.ts";
import { commandBody } from "../curve/curveCommands.ts";
import { concat, fromText } from "../octets.ts";
import { type Leg, NOTHING, PLAIN_TRAFFIC, type SendCommand, unexpected } from "./leg.ts";

const READY_NAME_BYTES = 6;
const INITIATE_NAME_BYTES = 9;
const REFUSED = fromText("\x03400");
/** What libzmq 4.3 takes for the name of ERROR in PLAIN: the length and E in one octet. */
const MISSPELT_ERROR = fromText("^RROR");

/** Towards a PLAIN server (RFC 24) the tap is the client that shows `user`. */
export function plainClientLeg(send: SendCommand, user: PlainUser): Leg {
  let hasBegun = false;
  let isWelcome = false;
  let metadata: Uint8Array | null = null;
  let hasSaid = false;
  let hasHeard = false;
  const initiate = (): void => {
    if (!isWelcome || metadata === null || hasSaid) return;
    hasSaid = true;
    send(commandBody("INITIATE", metadata));
  };
  return {
    mechanism: "PLAIN",
    ...PLAIN_TRAFFIC,
    get isOpen() {
      return hasHeard && hasSaid;
    },
    begin: () => {
      hasBegun = true;
      send(commandBody("HELLO", shortString(user.user), shortString(user.password)));
      return NOTHING;
    },
    welcome: () => undefined,
    receive: (name, body) => {
      if (name === "WELCOME" && hasBegun && !isWelcome) {
        isWelcome = true;
        initiate();
        return { kind: "welcomed" };
      }
      if (name !== "READY" || !hasSaid || hasHeard) return unexpected(name);
      hasHeard = true;
      return { kind: "metadata", metadata: body.slice(READY_NAME_BYTES), client: null };
    },
    give: (given) => {
      metadata = given;
      initiate();
    },
    refuse: (reason) => send(commandBody("ERROR", reason)),
  };
}

/**
 * Towards a PLAIN client the tap is the server, which lets in `user` only. `isNew`: the client greeted with ZMTP 3.1, so it
 * has a libzmq that misspells ERROR and knows no other spelling.
 */
export function plainServerLeg(send: SendCommand, user: PlainUser, isNew: boolean): Leg {
  let isMisspelling = isNew;
  const expected = concat([shortString(user.user), shortString(user.password)]);
  let step: "hello" | "welcome" | "initiate" | "ready" | "open" = "hello";
  let metadata: Uint8Array | null = null;
  const refuse = (reason: Uint8Array): void => {
    send(isMisspelling ? concat([MISSPELT_ERROR, reason]) : commandBody("ERROR", reason));
  };
  const ready = (): void => {
    if (step !== "ready" || metadata === null) return;
    step = "open";
    send(commandBody("READY", metadata));
  };
  return {
    mechanism: "PLAIN",
    ...PLAIN_TRAFFIC,
    get isOpen() {
      return step === "open";
    },
    begin: () => NOTHING,
    welcome: () => {
      step = "initiate";
      send(commandBody("WELCOME"));
    },
    receive: (name, body) => {
      if (step === "hello" && isPlainHello(name, body)) {
        step = "welcome";
        isMisspelling ||= name === "WELCOME";
        if (isSameOctets(body.subarray(name.length + 1), expected)) return { kind: "asked" };
        refuse(REFUSED);
        return {
          kind: "problem",
          check: "user",
          message: "The client's user name or password is not the one that the tap was given.",
        };
      }
      if (step !== "initiate" || name !== "INITIATE") return unexpected(name);
      step = "ready";
      const heard = body.slice(INITIATE_NAME_BYTES);
      ready();
      return { kind: "metadata", metadata: heard, client: null };
    },
    give: (given) => {
      metadata = given;
      ready();
    },
    refuse,
  };
}

/** Whether a PLAIN client begins with this command. libzmq 4.3.0 and 4.3.1 call it WELCOME (zeromq/libzmq#3500). */
export function isPlainHello(name: string, body: Uint8Array): boolean {
  // What a server calls so has no data.
  return name === "HELLO" || (name === "WELCOME" && body.length > name.length + 1);
}

function shortString(text: string): Uint8Array {
  const octets = fromText(text);
  return concat([new Uint8Array([octets.length]), octets]);
}
