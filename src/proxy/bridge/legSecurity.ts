import { encodeZ85 } from "../../shared/keys/z85.ts";
import type { PlainUser, TapSecurity } from "../../shared/security.ts";
import { UserError } from "../../shared/userError.ts";
import type { Context, ZeroMq } from "../zeromq.ts";

/** Where libzmq asks who may connect (RFC 27). Every context has its own. */
const ZAP_ENDPOINT = "inproc://zeromq.zap.01";
const KEY_OCTETS = 32;

/** What a socket has to be told to speak a leg's mechanism. */
export type LegOptions =
  | { readonly curveServer: true; readonly curveSecretKey: string; readonly zapDomain: string }
  | { readonly curveServerKey: string; readonly curvePublicKey: string; readonly curveSecretKey: string }
  | { readonly plainServer: true; readonly zapDomain: string }
  | { readonly plainUsername: string; readonly plainPassword: string }
  | Record<string, never>;

/** Who may connect to a leg that binds. */
export type LegRule = {
  /** Public keys, `null` for any; or the one PLAIN user. */
  readonly curve?: readonly string[] | null;
  readonly plain?: PlainUser;
};

/** What a leg speaks, as a socket and a ZapHandler are told it. `domain` is where its socket says to ask who may connect. */
export function legSecurity(
  zmq: ZeroMq,
  name: "in" | "out",
  attach: "bind" | "connect",
  security: TapSecurity | null,
  domain: string,
): { readonly options: LegOptions; readonly rule: LegRule | null } {
  if (security === null) return { options: {}, rule: null };
  const { serverPair, serverKey, clientPair, allow, plain } = security;
  if (attach === "connect") {
    const theirs = serverKey ?? serverPair?.publicKey ?? null;
    if (theirs !== null) {
      const { publicKey, secretKey } = clientPair ?? zmq.curveKeyPair();
      return {
        options: { curveServerKey: theirs, curvePublicKey: publicKey, curveSecretKey: secretKey },
        rule: null,
      };
    }
    if (clientPair !== null || allow !== null)
      throw badLeg(name, "connects with CURVE", "the public key of the server it connects to");
    return plain === null
      ? { options: {}, rule: null }
      : { options: { plainUsername: plain.user, plainPassword: plain.password }, rule: null };
  }
  if (serverPair !== null) {
    return {
      options: { curveServer: true, curveSecretKey: serverPair.secretKey, zapDomain: domain },
      rule: { curve: allow },
    };
  }
  if (serverKey !== null || clientPair !== null || allow !== null)
    throw badLeg(name, "binds with CURVE", "a key pair to show to the clients that connect");
  return plain === null
    ? { options: {}, rule: null }
    : { options: { plainServer: true, zapDomain: domain }, rule: { plain } };
}

function badLeg(name: "in" | "out", does: string, needs: string): UserError {
  return new UserError("bad-bridge-security", `The "${name}" side of the bridge ${does}, and needs ${needs}. Give it.`);
}

/** Answers libzmq's questions who may connect, for all sockets of a context, by the domain in which they ask. */
export class ZapHandler {
  readonly #socket: InstanceType<ZeroMq["Router"]>;
  /** By domain. */
  readonly #rules = new Map<string, LegRule>();

  private constructor(socket: InstanceType<ZeroMq["Router"]>) {
    this.#socket = socket;
  }

  static async open(zmq: ZeroMq, context: Context): Promise<ZapHandler> {
    const socket = new zmq.Router({ context, linger: 0 });
    await socket.bind(ZAP_ENDPOINT);
    const handler = new ZapHandler(socket);
    handler.#run().catch((error: unknown) => {
      if (!socket.closed) throw error;
    });
    return handler;
  }

  /** What counts in a domain from now on; must be told before a socket binds. Without a rule nobody may connect. */
  setRule(domain: string, rule: LegRule | null): void {
    if (rule === null) this.#rules.delete(domain);
    else this.#rules.set(domain, rule);
  }

  close(): void {
    this.#socket.close();
  }

  async #run(): Promise<void> {
    for await (const frames of this.#socket) {
      const [peer, delimiter, version, id, domain = "", , , mechanism = "", ...credentials] = frames;
      if (peer === undefined || delimiter?.length !== 0 || version === undefined || id === undefined) continue;
      const rule = this.#rules.get(String(domain));
      const isAllowed = rule !== undefined && this.#allows(rule, String(mechanism), credentials);
      const said = isAllowed ? ["200", "OK"] : ["400", "No access"];
      await this.#socket.send([peer, delimiter, version, id, ...said, "", ""]).catch(() => undefined);
    }
  }

  #allows({ curve, plain }: LegRule, mechanism: string, [first, second]: readonly Buffer[]): boolean {
    if (mechanism === "CURVE" && curve !== undefined)
      return curve === null || (first?.length === KEY_OCTETS && curve.includes(encodeZ85(first)));
    return mechanism === "PLAIN" && plain !== undefined && says(first, plain.user) && says(second, plain.password);
  }
}

function says(octets: Buffer | undefined, text: string): boolean {
  return octets?.equals(Buffer.from(text)) === true;
}
