import { concat, fromText } from "../octets.ts";

/** Which check of a handshake failed, and what that means in one sentence. */
export type CurveProblem = {
  readonly check:
    | "order"
    | "length"
    | "version"
    | "hello-box"
    | "welcome-box"
    | "cookie"
    | "nonce"
    | "initiate-box"
    | "vouch"
    | "ready-box"
    | "server-key";
  readonly message: string;
};

/** A command's body: its name behind one length octet, then its parts. */
export function commandBody(name: string, ...parts: readonly Uint8Array[]): Uint8Array {
  return concat([new Uint8Array([name.length]), fromText(name), ...parts]);
}

/** The ERROR command's body for a status such as `400` (RFC 23). */
export function errorBody(status: string): Uint8Array {
  return commandBody("ERROR", new Uint8Array([status.length]), fromText(status));
}

export function outOfOrder(name: string): CurveProblem {
  return { check: "order", message: `${name} came at a point of the handshake where it may not stand.` };
}

export function badLength(name: string, length: number): CurveProblem {
  return { check: "length", message: `${name} has ${length} octets, which it cannot have.` };
}

export function isProblem(answer: object | null): answer is CurveProblem {
  return answer !== null && "check" in answer;
}
