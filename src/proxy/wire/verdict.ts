import type { Retries, Side, SocketPair, SocketType, Verdict } from "../../shared/model.ts";
import { otherSide } from "./side.ts";
import { partnersOf } from "./socketPairs.ts";

/** What one end of a leg has done in its handshake. */
export type EndFacts = {
  /** Octets it sent, counted to the end of its greeting. */
  readonly octets: number;
  /** Version and mechanism of its greeting, as far as that came. */
  readonly version: string | null;
  readonly mechanism: string | null;
  /** Names of the handshake commands it sent, in order, the first few. */
  readonly commands: readonly string[];
  readonly socket: SocketType | null;
  /** What its ERROR says; `null` when it sent none. */
  readonly error: string | null;
  /** On a re-keyed link one end of each leg is the tap. */
  readonly isTap: boolean;
};

/** All that is known of the handshake of one leg: a whole relayed link, or one side of a re-keyed one. */
export type LegFacts = {
  readonly leg: Side | null;
  readonly state: "waiting" | "done" | "failed";
  /** The version that both use; `null` until the greetings say. */
  readonly version: string | null;
  /** Who connects, and who listens. */
  readonly client: EndFacts;
  readonly server: EndFacts;
  /** Octets that are no ZMTP: who sent them, and why, as a sentence. `alien`: they never were. */
  readonly fault: { readonly from: Side; readonly message: string; readonly isAlien: boolean } | null;
  /** Nothing came for so long that it was told. */
  readonly hasStalled: boolean;
  /** Who closed first; `null` while open. */
  readonly closed: { readonly by: Side | "tap" } | null;
};

/** A link that others of its tap are compared with once its handshake is done. */
export type LinkPlace = {
  readonly link: number;
  /** Address of its server, since a tap may be pointed at another one. */
  readonly server: string;
  readonly sockets: SocketPair;
  /** Identity of the client; hex, empty for none. */
  readonly identityHex: string;
  /** The same as users read it. */
  readonly identity: string;
};

/**
 * Says what the facts of a handshake amount to, and no more: several failures leave the same octets, and are then told as
 * the few that they may be. `null` while a handshake is under way.
 */
export function judge(facts: LegFacts): Verdict | null {
  const court = new Court(facts);
  if (facts.fault !== null) return court.unreadable(facts.fault);
  const refuser = facts.client.error !== null ? "client" : facts.server.error !== null ? "server" : null;
  if (refuser !== null) return court.refused(refuser);
  if (facts.state === "done") return court.connected();
  const { client, server } = facts;
  const isOld = facts.version === "1.0" || facts.version === "2.0";
  if (
    !isOld &&
    client.socket !== null &&
    server.socket !== null &&
    !partnersOf(client.socket).includes(server.socket)
  ) {
    return court.incompatible(client.socket, server.socket);
  }
  if (sent(client, "HELLO") && sent(server, "HELLO")) return court.bothClients();
  if (facts.closed === null) return facts.hasStalled ? court.silence() : null;
  if (facts.closed.by === "tap") return court.cut();
  return court.closed(facts.closed.by);
}

/**
 * What only two links of a tap tell together: an identity that is live twice on one ROUTER, and a PAIR that has its peer.
 * `others` are the open links of the tap whose handshakes are done.
 */
export function judgeBeside(own: LinkPlace, others: Iterable<LinkPlace>): Verdict | null {
  // Thousands of clients that come at once are not looked through one by one for nothing.
  const isNamed = own.sockets.server === "ROUTER" && own.identityHex !== "";
  if (!isNamed && own.sockets.server !== "PAIR") return null;
  for (const other of others) {
    if (other.link === own.link || other.server !== own.server) continue;
    if (own.sockets.server === "PAIR" && other.sockets.server === "PAIR") {
      return certain(
        "pair-taken",
        "no",
        `The server's PAIR socket has its peer already (link ${other.link}), so nothing will ever come back here.`,
        "A PAIR talks to one peer at a time. Close the other client, or use DEALER and ROUTER for several.",
      );
    }
    if (!isNamed || own.identityHex !== other.identityHex) continue;
    return certain(
      "identity-in-use",
      "no",
      `The ROUTER has a peer with the identity ${own.identity} already (link ${other.link}): it ignores this one, or closes the older one where ZMQ_ROUTER_HANDOVER is set.`,
      "Give every client an identity (ZMQ_ROUTING_ID) of its own.",
    );
  }
  return null;
}

function certain(id: string, retries: Retries, sentence: string, advice: string): Verdict {
  return { id, sentence, advice, isCertain: true, candidates: [], retries, leg: null, offersProbe: false };
}

function wrongKeyAdvice(leg: Side | null, by: Side, other: Side): string {
  if (leg === "client") {
    return "Give the client the public key of the pair that the tap shows, or the tap the pair whose public key the client has.";
  }
  if (leg === "server") return "Give the tap the server's public key as the server has it now.";
  return (
    `Give the ${other} the public key that belongs to the ${by}'s secret key (ZMQ_CURVE_SERVERKEY), and see that the ${by} ` +
    "sets ZMQ_CURVE_SERVER: now and then two CURVE clients look the same."
  );
}

function sent(end: EndFacts, command: string): boolean {
  return end.commands.includes(command);
}

/** One case: its facts, and a way to word each outcome of it. */
class Court {
  readonly #facts: LegFacts;

  constructor(facts: LegFacts) {
    this.#facts = facts;
  }

  unreadable({ from, message, isAlien }: NonNullable<LegFacts["fault"]>): Verdict {
    if (!isAlien) {
      return this.#certain("bad-handshake", null, message, `Look into the log of the ${from}: it breaks the protocol.`);
    }
    const advice =
      from === "server"
        ? "Check the server's endpoint. libzmq may take the server for ZMTP 1.0: what the client sends is then lost."
        : "Check who connects to this endpoint.";
    return this.#certain("not-zmtp", null, message, advice);
  }

  refused(by: Side): Verdict {
    const end = this.#facts[by];
    const reason = end.error === "" ? "no reason given" : end.error!;
    const status = /^\d{3}$/.test(reason) ? `status ${reason}` : reason;
    if (end.isTap) {
      return this.#certain(
        "refused",
        "no",
        `ZMQ Tap refused the ${otherSide(by)} (${status}), since it was denied.`,
        "Allow its key, then let its program connect anew.",
      );
    }
    const mechanism = this.#mechanism;
    const address = "The address that the server sees is the tap's.";
    if (mechanism === "PLAIN") {
      return this.#certain(
        "plain-refused",
        "no",
        `The ${by} refused the user (${status}): user name, password or address is not allowed.`,
        `Correct the user name or password of the client. ${address}`,
      );
    }
    if (end.error === "500") {
      return this.#certain(
        "refused",
        mechanism === "NULL" ? "by-chance" : "no",
        `The ${by}'s authenticator failed (status 500), so it let nobody in.`,
        `Look into the log of the ${by}: its ZAP handler answered with an internal error.`,
      );
    }
    const what = mechanism === "NULL" ? "its address" : "its key or its address";
    const add = mechanism === "NULL" ? "" : `Add the client's public key to the keys that the ${by} allows. `;
    return this.#certain(
      "refused",
      mechanism === "NULL" ? "by-chance" : "no",
      `The ${by}'s authenticator refused the ${otherSide(by)} (${status}): ${what} is not allowed.`,
      `${add}ZAP does not say what it minds. ${address}`,
    );
  }

  connected(): Verdict {
    const { version, client, server } = this.#facts;
    if (version !== "1.0" && version !== "2.0") {
      return this.#certain("connected", null, `Connected with ZMTP ${version ?? "3"} and ${this.#mechanism}.`, "");
    }
    const older = [client.version === version ? "client" : "", server.version === version ? "server" : ""];
    const who = older.filter((name) => name !== "").join(" and the ");
    return this.#certain(
      "older-zmtp",
      null,
      `Connected with ZMTP ${version}, which has no security, since the ${who || "peer"} has a libzmq before ${version === "1.0" ? "3.2" : "4.0"}.`,
      "Nothing needs to be done; libzmq 4 at both ends would allow PLAIN and CURVE.",
    );
  }

  incompatible(client: SocketType, server: SocketType): Verdict {
    return this.#certain(
      "incompatible-sockets",
      this.#afterCloseBy("client", "no", "by-chance"),
      `The socket types do not fit: a ${client} cannot talk to a ${server}.`,
      `A ${client} talks to ${partnersOf(client).join(" or ") || "no ZMTP peer"}. Change one of the two programs.`,
    );
  }

  bothClients(): Verdict {
    const mechanism = this.#mechanism;
    const option = mechanism === "PLAIN" ? "ZMQ_PLAIN_SERVER" : "ZMQ_CURVE_SERVER";
    return this.#certain(
      "both-clients",
      "no",
      `Both sides are ${mechanism} clients: each sent HELLO and waits for the other.`,
      `Set ${option} on one of them; it need not be the side that listens.`,
    );
  }

  cut(): Verdict {
    return this.#certain("ended-by-tap", "yes", "ZMQ Tap ended the link before its handshake was done.", "");
  }

  /** Still open, and nothing has come for a while; or it has ended without anything more. */
  silence(): Verdict {
    const { client, server } = this.#facts;
    if (client.octets === 0) {
      return this.#oneOf("silent-client", null, "The client has connected and says nothing", [
        "it is no ZeroMQ program",
        "it hangs",
      ]);
    }
    if (server.octets === 0) {
      return this.#oneOf("silent-server", "after-30s", "The server accepts the connection and says nothing", [
        "it speaks another protocol and waits for a request, as HTTP servers do",
        "it hangs",
      ]);
    }
    const mechanism = this.#mechanism;
    const last = this.#lastCommand();
    if (last === null) {
      const hanging = client.mechanism === null ? "client" : server.mechanism === null ? "server" : null;
      return this.#oneOf("silence-after-greetings", "after-30s", "Nothing follows the greetings", [
        ...(hanging === null && mechanism !== "NULL" ? [`both sides are ${mechanism} servers`] : []),
        hanging === null ? "one of the programs hangs" : `the ${hanging} hangs`,
      ]);
    }
    const other = otherSide(last.by);
    // CURVE asks its authenticator after INITIATE, PLAIN after HELLO, NULL before READY.
    const asks = last.name === "HELLO" ? mechanism === "PLAIN" : last.name === "INITIATE" || last.name === "READY";
    return this.#oneOf("silence-in-handshake", "after-30s", `Nothing follows the ${last.by}'s ${last.name}`, [
      ...(asks ? [`the ${other}'s authenticator puts the ${last.by} off (ZAP status 300)`] : []),
      ...(asks ? [`the ${other}'s authenticator does not answer, or there is none`] : []),
      `the ${other} hangs`,
    ]);
  }

  closed(by: Side): Verdict {
    const { client, server, hasStalled } = this.#facts;
    // What stood still and then ended was given up by a timer.
    if (hasStalled) return this.silence();
    const speaker = by === "client" ? server : client;
    if (by === "server" && server.octets === 0) {
      return this.#oneOf("closed-at-once", "yes", "The server accepts the connection and closes it at once", [
        "it speaks TLS or another protocol",
        "a port forwarder with no server behind it",
        "it filters by address, and the one it sees is the tap's",
      ]);
    }
    if (client.octets === 0 || server.octets === 0) return this.#left(by);
    if (client.commands.length === 0 && server.commands.length === 0) return this.#closedAfterGreetings(by);
    if (sent(speaker, "INITIATE")) return this.#closedAfterInitiate(by);
    if (sent(speaker, "READY")) return this.#closedAfterReady(by);
    if (sent(speaker, "HELLO") && this.#facts[by].commands.length === 0) return this.#closedAfterHello(by);
    if (this.#facts[by].commands.length > 0 && speaker.commands.length === 0) return this.#left(by);
    return this.#oneOf("closed-in-handshake", "yes", `The ${by} closed the connection in the middle of the handshake`, [
      "its program ended",
      "a command was damaged, or came out of order",
    ]);
  }

  #left(by: Side): Verdict {
    return this.#certain(
      "left-early",
      null,
      `The ${by} closed the connection before the handshake was done.`,
      "Nothing needs to be done when its program ended then, or only looked whether the port is open.",
    );
  }

  #closedAfterGreetings(by: Side): Verdict {
    const { client, server, version } = this.#facts;
    if (client.mechanism !== null && server.mechanism !== null && client.mechanism !== server.mechanism) {
      return this.#certain(
        "mechanisms-differ",
        "by-chance",
        `The mechanisms differ: the client wants ${client.mechanism}, the server ${server.mechanism}.`,
        "Give both the same security: the same mechanism, with its keys or password.",
      );
    }
    const isOld = version === "1.0" || version === "2.0";
    const known = client.mechanism ?? server.mechanism;
    const ends = `the ${by}'s program ended`;
    const speaker = client.mechanism === null ? "server" : "client";
    const told = known === null ? "" : ` (the ${this.#facts[speaker].isTap ? "tap" : speaker} wants ${known})`;
    const isSame = client.mechanism !== null && server.mechanism !== null;
    return this.#oneOf("closed-after-greetings", "by-chance", `The ${by} closed the connection after the greetings`, [
      ...(isOld ? [`it asks for security, which ZMTP ${version} does not have`] : []),
      ...(isOld || version === null ? ["its authenticator lets in no ZMTP 1.0 or 2.0"] : []),
      ...(isOld || isSame ? [] : [`the mechanisms differ${told}`]),
      ends,
    ]);
  }

  #closedAfterHello(by: Side): Verdict {
    const { leg } = this.#facts;
    const other = otherSide(by);
    const mechanism = this.#mechanism;
    const fact = `The ${by} closed the connection after the ${other}'s HELLO`;
    const who = this.#facts[other].isTap ? "tap" : other;
    if (by === "client" && leg !== "server") {
      // Of two clients the one that connects is mostly the first to see the other's HELLO, and closes without its own.
      return this.#oneOf("closed-after-hello", "no", fact, [
        `both sides are ${mechanism} clients`,
        mechanism === "PLAIN" ? "it did not accept user name and password" : `the ${who} has the wrong server key`,
      ]);
    }
    if (mechanism === "PLAIN") {
      return this.#oneOf("closed-after-hello", "yes", fact, [
        "it did not accept user name and password",
        "its authenticator puts the client off (ZAP status 300)",
      ]);
    }
    return this.#certain(
      "wrong-server-key",
      "yes",
      `The ${who} has the wrong server key: its HELLO could not be opened.`,
      wrongKeyAdvice(leg, by, other),
    );
  }

  #closedAfterInitiate(by: Side): Verdict {
    const other = otherSide(by);
    const isPlain = this.#mechanism === "PLAIN";
    // On a re-keyed link the tap has made or checked the pair itself.
    const isPairChecked = this.#facts.leg !== null;
    return this.#oneOf("closed-after-initiate", "yes", `The ${by} closed the connection after INITIATE`, [
      this.#misfit(other),
      ...(isPlain || isPairChecked ? [] : [`the ${other}'s public and secret key do not belong together`]),
      isPlain ? "its program ended" : "its authenticator puts the other off (ZAP status 300)",
    ]);
  }

  #closedAfterReady(by: Side): Verdict {
    const other = otherSide(by);
    return this.#oneOf(
      "closed-after-ready",
      this.#afterCloseBy("client", "no", "yes"),
      `The ${by} closed the connection after the ${other}'s READY`,
      [
        this.#misfit(other),
        by === "server" ? "its authenticator puts the client off (ZAP status 300)" : "its program ended",
      ],
    );
  }

  /** How a misfit of socket types is named when one end told its own. */
  #misfit(told: Side): string {
    const { socket } = this.#facts[told];
    return socket === null ? "the socket types do not fit" : `the socket types do not fit (the ${told} is a ${socket})`;
  }

  #afterCloseBy(side: Side, then: Retries, otherwise: Retries): Retries {
    return this.#facts.closed?.by === side ? then : otherwise;
  }

  get #mechanism(): string {
    return this.#facts.client.mechanism ?? this.#facts.server.mechanism ?? "NULL";
  }

  /** The command that came last: of as many from each side, it is the one of the side that did not begin. */
  #lastCommand(): { by: Side; name: string } | null {
    const { client, server } = this.#facts;
    const more = client.commands.length - server.commands.length;
    const by = more > 0 || (more === 0 && sent(server, "HELLO")) ? "client" : "server";
    const name = this.#facts[by].commands.at(-1);
    return name === undefined ? null : { by, name };
  }

  #certain(id: string, retries: Retries, sentence: string, advice: string): Verdict {
    return { ...certain(id, retries, sentence, advice), leg: this.#facts.leg };
  }

  #oneOf(id: string, retries: Retries, fact: string, candidates: readonly string[]): Verdict {
    const offersProbe = id !== "silent-client" && !this.#facts.server.isTap;
    return {
      id,
      sentence: `${fact}: ${candidates.join(", or ")}.`,
      advice: offersProbe ? "Probe Endpoint asks the server itself." : "",
      isCertain: false,
      candidates,
      retries,
      leg: this.#facts.leg,
      offersProbe,
    };
  }
}
