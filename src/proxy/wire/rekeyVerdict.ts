import type { Retries, Side, Verdict } from "../../shared/model.ts";
import type { RekeyedEnd, RekeyProblem } from "./rekeyer.ts";
import { type EndFacts, judge, type LegFacts } from "./verdict.ts";
import { otherSide } from "./side.ts";

/** What is known of the handshakes of a re-keyed link, which has one on each leg. */
export type RekeyedFacts = {
  readonly state: "waiting" | "done" | "failed";
  readonly ends: Readonly<Record<Side, { readonly peer: RekeyedEnd; readonly tap: RekeyedEnd }>>;
  /** Versions of the peers, which see each other's. */
  readonly versions: Readonly<Record<Side, string | null>>;
  readonly sockets: Readonly<Record<Side, EndFacts["socket"]>>;
  /** Which peers have said what they are. */
  readonly hasSaid: Readonly<Record<Side, boolean>>;
  readonly problem: RekeyProblem | null;
  /** The tap has only passed on greetings, so that the peers have judged each other. */
  readonly isRelayed: boolean;
  readonly hasStalled: boolean;
  readonly closed: LegFacts["closed"];
};

/** Says what both handshakes of a re-keyed link came to, and on which leg. `null` while they are under way. */
export function judgeRekeyed(facts: RekeyedFacts): Verdict | null {
  if (facts.problem !== null) return ofProblem(facts.problem);
  // A link that is done has nothing to say about one of its legs.
  if (facts.state === "done") return withLeg(judge(legFacts(facts, "server")), null);
  if (facts.isRelayed) return judge(relayedFacts(facts));
  // Passed on, so that both legs have it: it is about the one on which it came.
  const refused = (["server", "client"] as const).find((leg) => facts.ends[leg].peer.error !== null);
  if (refused !== undefined) return judge(legFacts(facts, refused));
  const by = facts.closed?.by;
  if (by === "client" || by === "server") return judge(legFacts(facts, by));
  return judge(legFacts(facts, facts.hasSaid.server ? "client" : "server"));
}

function legFacts(facts: RekeyedFacts, leg: Side): LegFacts {
  const { state, versions, hasStalled, closed } = facts;
  const { peer, tap } = facts.ends[leg];
  const across = otherSide(leg);
  const ends = {
    [leg]: endFacts(peer, versions[leg], facts.sockets[leg], false),
    // The tap relays the other peer's version, and says what that is.
    [across]: endFacts(tap, versions[across], facts.sockets[across], true),
  } as Record<Side, EndFacts>;
  const version = lower(versions.client, versions.server);
  return { leg, state, version, client: ends.client, server: ends.server, fault: null, hasStalled, closed };
}

function relayedFacts({ ends, state, versions, sockets, hasStalled, closed }: RekeyedFacts): LegFacts {
  const [client, server] = (["client", "server"] as const).map((side) =>
    endFacts(ends[side].peer, versions[side], sockets[side], false),
  ) as [EndFacts, EndFacts];
  const version = lower(versions.client, versions.server);
  return { leg: null, state, version, client, server, fault: null, hasStalled, closed };
}

function endFacts(end: RekeyedEnd, version: string | null, socket: EndFacts["socket"], isTap: boolean): EndFacts {
  const { octets, mechanism, commands, error } = end;
  return { octets, version, mechanism, commands, socket, error, isTap };
}

function lower(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return null;
  return a < b ? a : b;
}

function withLeg(verdict: Verdict | null, leg: Side | null): Verdict | null {
  return verdict === null ? null : { ...verdict, leg };
}

/** Words for what the tap itself found wrong, on its own end of a leg. */
function ofProblem({ leg, check, message }: RekeyProblem): Verdict {
  const found = (id: string, retries: Retries, advice: string): Verdict => ({
    id,
    sentence: message,
    advice,
    isCertain: true,
    candidates: [],
    retries,
    leg,
    offersProbe: false,
  });
  switch (check) {
    case "hello-box":
      return found(
        "wrong-server-key",
        "yes",
        `Give the ${leg} the public key of the pair that the tap shows, or the tap the pair whose public key the ${leg} has.`,
      );
    case "vouch":
      return found("key-pair-mismatch", "yes", `Give the ${leg} a public and a secret key that belong together.`);
    case "both-clients":
      return {
        ...found("both-clients", "no", "Set ZMQ_CURVE_SERVER on one of them; it need not be the side that listens."),
        leg: null,
      };
    case "waiting":
      return found(
        "client-waiting",
        "yes",
        "Allow the client in the view Taps, or add its public key to the tap's list.",
      );
    case "denied":
      return found("refused", "no", "Allow its key, then let its program connect anew.");
    case "user":
      return found(
        "plain-refused",
        "no",
        "Give the client the user name and password that the tap has, or the tap those.",
      );
    case "mechanism":
    case "old-version":
    case "keys":
    case "server-key":
      return found("tap-keys-do-not-fit", "yes", "Choose other keys for the tap, or let its legs follow the programs.");
    case "roles":
      return found("roles-learned", "yes", "Nothing needs to be done.");
    case "not-zmtp":
      return found("not-zmtp", null, "Check the endpoint, and who connects to it.");
    case "timeout":
      return found("silence-in-handshake", "yes", "Look whether one of the programs hangs.");
    default:
      return found(
        "bad-handshake",
        "yes",
        `Look into the log of the ${leg}: it breaks the protocol, or its octets were changed.`,
      );
  }
}
