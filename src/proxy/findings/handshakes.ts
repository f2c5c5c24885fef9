import { FINDINGS, type FindingId } from "../../shared/findingKinds.ts";
import type { Severity } from "../../shared/findings.ts";
import type { SocketType } from "../../shared/model.ts";
import { partnersOf } from "../wire/socketPairs.ts";
import { type HandshakeEvent, readHandshakeEvent, type ToldVerdict } from "./handshakeEvent.ts";
import { MAX_LINKS, MAX_SERVERS, serverOf } from "./places.ts";
import { Recent } from "./recent.ts";
import type { Found, MakeRule, Rule, RuleContext, SeenRow } from "./rule.ts";

/** Who has not tried for so long has given up: libzmq's handshake timer takes 30 s, and what is folded is told each minute. */
const GIVEN_UP_NS = 95e9;
/** So many attempts that may each have been a program that ended are none. */
const MANY_ATTEMPTS = 3;

/** Verdicts that need nothing to be done. */
const HARMLESS: ReadonlySet<string> = new Set(["ended-by-tap", "left-early", "roles-learned"]);

/** One cause leaves one of these by chance: it is one finding, in the words of the surest. */
const CAUSES: Readonly<Record<string, string>> = {
  "mechanisms-differ": "mechanisms",
  "closed-after-greetings": "mechanisms",
  "silence-after-greetings": "mechanisms",
  "wrong-server-key": "server key",
  "closed-after-hello": "server key",
  "both-clients": "server key",
  "closed-after-initiate": "credentials",
  "key-pair-mismatch": "credentials",
  "silence-in-handshake": "credentials",
  refused: "credentials",
  "plain-refused": "credentials",
  "silent-server": "silence",
  "closed-at-once": "silence",
};

/** Connections of one client host that do not come about, for one cause. */
type Failure = {
  readonly id: FindingId;
  readonly about: string;
  readonly tapName: string;
  readonly host: string;
  /** What the client is, where it said so. */
  socket: SocketType | null;
  text: string;
  advice: string;
  isCertain: boolean;
  /** The last link that failed or stands still. */
  link: number;
  isWaiting: boolean;
  attempts: number;
  lastNs: number;
};

/** A place that only one peer can have, and who tried to take it as well. */
type Place = {
  readonly key: string;
  readonly id: FindingId;
  /** The link that has it, and its handshake's row. */
  readonly link: number;
  readonly n: number;
  readonly others: Set<number>;
  /** Empty until somebody has tried. */
  about: string;
};

/** One finding for each cause of a handshake that fails, or that was done for nothing. */
export const handshakes: MakeRule = (context) => new Handshakes(context);

class Handshakes implements Rule {
  readonly finds = [
    "handshake-failed",
    "incompatible-sockets",
    "duplicate-identity",
    "pair-taken",
    "not-zeromq",
  ] as const;
  readonly #context: RuleContext;
  readonly #failures = new Recent<string, Failure>(MAX_SERVERS);
  readonly #places = new Recent<string, Place>(MAX_LINKS);
  /** The places that links have, or have tried to take. */
  readonly #placeOf = new Recent<number, Place>(MAX_LINKS);
  /** Which side spoke another protocol, by link. */
  readonly #aliens = new Recent<number, string>(MAX_SERVERS);

  constructor(context: RuleContext) {
    this.#context = context;
  }

  event(row: SeenRow): void {
    if (row.event === "handshake") {
      const told = readHandshakeEvent(row);
      if (told !== null && row.origin === 0) this.#handshake(row, told);
    } else if (row.event === "link-closed" && row.link !== null) this.#closed(row.link.link);
    else if (row.event === "fault" && row.link !== null) this.#fault(row, row.link.link);
  }

  tick(nowNs: number): void {
    for (const [key, failure] of this.#failures) {
      if (failure.isWaiting || nowNs - failure.lastNs < GIVEN_UP_NS) continue;
      this.#context.ended(failure.id, failure.about);
      this.#failures.delete(key);
    }
  }

  /** What happened meanwhile is not known: who stood still may not do so any more. */
  skipped(): void {
    for (const failure of this.#failures.values()) failure.isWaiting = false;
    this.#places.clear();
    this.#placeOf.clear();
  }

  #fault(row: SeenRow, link: number): void {
    const detail = row.detail();
    if (detail?.["code"] === "not-zmtp" && typeof detail["from"] === "string") this.#aliens.set(link, detail["from"]);
  }

  #handshake(row: SeenRow, told: HandshakeEvent): void {
    if (told.state !== "done") {
      if (told.verdict !== null && !HARMLESS.has(told.verdict.id)) this.#failed(row, told, told.verdict);
      return;
    }
    this.#gotThrough(row, told);
    const { client, server } = told.sockets;
    if (client !== null && server !== null && !partnersOf(client).includes(server)) {
      const talksTo = partnersOf(client).join(" or ") || "no ZMTP peer";
      this.#context.found({
        ...this.#common(row, "incompatible-sockets", `${row.tapName} client ${told.host}`),
        text: `A ${client} is connected to a ${server}, and these two cannot talk to each other.`,
        advice: `A ${client} talks to ${talksTo}. Change one of the two programs.`,
      });
    }
    if (row.link !== null) this.#take(row, told);
  }

  /** A ROUTER knows one peer of each identity, and a PAIR one peer at all. */
  #take(row: SeenRow, { sockets, verdict }: HandshakeEvent): void {
    const { link } = row;
    const isPair = sockets.server === "PAIR";
    const identity = link!.identity.client;
    if (!isPair && (sockets.server !== "ROUTER" || identity === "")) return;
    const key = `${serverOf(link!)} ${isPair ? "PAIR" : identity}`;
    const id = isPair ? "pair-taken" : "duplicate-identity";
    const holder = this.#places.get(key);
    if (verdict?.id !== (isPair ? "pair-taken" : "identity-in-use")) {
      const place: Place = { key, id, link: link!.link, n: row.n, others: new Set(), about: "" };
      this.#placeOf.set(link!.link, this.#places.set(key, place));
      return;
    }
    const about = isPair ? `${row.tapName} PAIR` : `${row.tapName} identity ${identity}`;
    if (holder !== undefined) {
      holder.about = about;
      if (holder.others.size < MAX_SERVERS) holder.others.add(link!.link);
      this.#placeOf.set(link!.link, holder);
    }
    this.#context.found({
      ...this.#common(row, id, about),
      text: verdict.sentence,
      advice: verdict.advice,
      evidence: holder === undefined ? [row.n] : [holder.n, row.n],
      isOpen: holder !== undefined,
    });
  }

  #closed(link: number): void {
    const place = this.#placeOf.get(link);
    if (place === undefined) return;
    this.#placeOf.delete(link);
    place.others.delete(link);
    const isFree = place.link === link;
    if (isFree) this.#places.delete(place.key);
    // Who had the place is gone, or the last one that had tried to take it.
    if (place.about !== "" && (isFree || place.others.size === 0)) this.#context.ended(place.id, place.about);
  }

  #failed(row: SeenRow, told: HandshakeEvent, verdict: ToldVerdict): void {
    const { host, count, state, firstLink } = told;
    // Types that do not fit are found out at once: who stands still behind READY has another reason.
    if (verdict.id === "silence-in-handshake") this.#doFit(`${row.tapName} client ${host}`);
    const id = this.#idOf(verdict, firstLink);
    const cause = id === "handshake-failed" ? ` ${CAUSES[verdict.id] ?? verdict.id} ${verdict.leg}`.trimEnd() : "";
    const about = `${row.tapName} client ${host}${cause}`;
    const key = `${id} ${about}`;
    const known = this.#failures.get(key);
    const link = row.link?.link ?? 0;
    // It stood still before, and has ended now.
    const isSame = known !== undefined && link !== 0 && known.link === link;
    const failure =
      known ??
      this.#failures.set(key, {
        id,
        about,
        tapName: row.tapName,
        host,
        socket: null,
        text: "",
        advice: "",
        isCertain: false,
        link,
        isWaiting: false,
        attempts: 0,
        lastNs: 0,
      });
    const before = failure.attempts;
    failure.attempts = count > 0 ? Math.max(count, before) : before + (isSame ? 0 : 1);
    failure.socket = told.sockets.client ?? failure.socket;
    failure.link = link;
    failure.isWaiting = state === "waiting";
    failure.lastNs = row.timeNs;
    if (verdict.isCertain || !failure.isCertain) {
      failure.text = verdict.sentence;
      failure.advice = verdict.advice === "" ? "Look into the logs of both programs." : verdict.advice;
      failure.isCertain = verdict.isCertain;
    }
    this.#context.found({
      ...this.#common(row, id, about),
      text: failure.text,
      advice: failure.advice,
      severity: severityOf(failure, verdict),
      isOpen: true,
      times: failure.attempts - before,
    });
  }

  /** It was not for its socket that a client was turned away, unless that is certain. */
  #doFit(about: string): void {
    const key = `incompatible-sockets ${about}`;
    if (this.#failures.get(key)?.isCertain !== false) return;
    this.#failures.delete(key);
    this.#context.withdrawn("incompatible-sockets", about);
  }

  #idOf({ id, candidates, leg, sentence }: ToldVerdict, link: number): FindingId {
    if (id === "incompatible-sockets") return id;
    // One of the two has said what it is, and the other left without saying so.
    if (id === "closed-after-ready" && candidates[0]?.startsWith("the socket types do not fit (") === true) {
      return "incompatible-sockets";
    }
    if (id !== "not-zmtp") return "handshake-failed";
    const alien = leg === "" ? (this.#aliens.get(link) ?? sentence.split(" ")[1]) : leg;
    return alien === "server" ? "not-zeromq" : "handshake-failed";
  }

  #gotThrough(row: SeenRow, { host, sockets }: HandshakeEvent): void {
    for (const [key, failure] of this.#failures) {
      if (failure.tapName !== row.tapName || failure.host !== host) continue;
      const isAnother = failure.socket !== null && sockets.client !== null && failure.socket !== sockets.client;
      if (isAnother) continue;
      // What stood still has gone on: it was slow, and no more.
      if (failure.isWaiting && failure.link === row.link?.link && failure.attempts === 1) {
        this.#context.withdrawn(failure.id, failure.about);
      } else this.#context.ended(failure.id, failure.about);
      this.#failures.delete(key);
    }
  }

  #common(row: SeenRow, id: FindingId, about: string): Omit<Found, "text" | "advice"> {
    const { tapName, timeNs, n } = row;
    return { id, about, tapName, link: row.link?.link ?? null, evidence: [n], timeNs };
  }
}

/** That nothing comes about is sure where somebody was refused, or did not come through again and again. */
function severityOf({ id, attempts, isCertain }: Failure, { id: verdict, candidates }: ToldVerdict): Severity {
  if (isCertain) return FINDINGS[id].severity;
  if (id === "incompatible-sockets") return "warning";
  const mayHaveEnded =
    verdict === "silent-client" || candidates.some((candidate) => candidate.endsWith("program ended"));
  return mayHaveEnded && attempts < MANY_ATTEMPTS ? "warning" : FINDINGS[id].severity;
}
