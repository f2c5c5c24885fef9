import { pickleConfidence } from "../decode/pickle.ts";
import { readHandshakeEvent } from "./handshakeEvent.ts";
import { isBeyondLoopback, MAX_LINKS } from "./places.ts";
import { Recent } from "./recent.ts";
import type { MakeRule, Rule, RuleContext, SeenRow } from "./rule.ts";
import { hostOf } from "./words.ts";

/** How a pickle of protocol 2 or later begins. */
const PROTO = 0x80;
const LOWEST_PROTOCOL = 2;
const HIGHEST_PROTOCOL = 5;
/** Octets that are judged, and messages and frames that are looked into. */
const JUDGED_BYTES = 4096;
const MAX_MESSAGE_BYTES = 1024 * 1024;
const MAX_FRAMES = 8;
/** All of the first messages of a link are looked into, then one in so many. */
const FIRST_MESSAGES = 32;
const ONE_IN = 64;
/** Less sure is a guess. */
const SURE = 0.85;

/** A link with a leg that leaves this machine and is not encrypted. */
type Exposed = { readonly address: string; readonly leg: "client" | "server"; seen: number };

/** Python objects are pickled over a connection on which whoever is on the way can change them. */
export const pickleBeyondLoopback: MakeRule = (context) => new PickleBeyondLoopback(context);

class PickleBeyondLoopback implements Rule {
  readonly finds = ["pickle-beyond-loopback"] as const;
  readonly #context: RuleContext;
  readonly #links = new Recent<number, Exposed>(MAX_LINKS);

  constructor(context: RuleContext) {
    this.#context = context;
  }

  event(row: SeenRow): void {
    if (row.link === null) return;
    if (row.event === "link-closed") this.#links.delete(row.link.link);
    if (row.event === "handshake") this.#shaken(row);
  }

  message(row: SeenRow): void {
    if (this.#links.size === 0 || row.link === null) return;
    const exposed = this.#links.get(row.link.link);
    if (exposed === undefined || row.sizeBytes > MAX_MESSAGE_BYTES) return;
    const seen = exposed.seen++;
    if (seen >= FIRST_MESSAGES && seen % ONE_IN !== 0) return;
    for (let frame = 0; frame < Math.min(row.frames, MAX_FRAMES); frame++) {
      const octets = row.frame(frame);
      if (octets !== null && isPickle(octets)) {
        this.#tell(row, exposed);
        return;
      }
    }
  }

  #shaken(row: SeenRow): void {
    const told = readHandshakeEvent(row);
    if (told?.state !== "done") return;
    const { link, client, server } = row.link!;
    for (const [leg, address] of [
      ["client", client],
      ["server", server],
    ] as const) {
      const mechanism = told.mechanisms[leg];
      const isOpen = mechanism === "NULL" || mechanism === "PLAIN" || mechanism === null;
      if (isOpen && isBeyondLoopback(address)) this.#links.set(link, { address, leg, seen: 0 });
    }
  }

  #tell(row: SeenRow, { address, leg }: Exposed): void {
    const { n, tapName, timeNs } = row;
    const { link } = row.link!;
    const sender = row.direction === 0 ? "client" : "server";
    this.#context.found({
      id: "pickle-beyond-loopback",
      about: `${tapName} ${leg} ${hostOf(address)} ${sender}`,
      text: `Pickled Python data of the ${sender} crosses the network unencrypted, between the tap and the ${leg} at ${hostOf(address)}.`,
      advice:
        "Whoever unpickles it runs what anybody on the way, or any client, puts in its place. Send JSON or MessagePack, or " +
        "let in only known peers with CURVE.",
      tapName,
      link,
      evidence: [n],
      timeNs,
    });
  }
}

function isPickle(octets: Uint8Array): boolean {
  const protocol = octets[1] ?? 0;
  if (octets[0] !== PROTO || protocol < LOWEST_PROTOCOL || protocol > HIGHEST_PROTOCOL) return false;
  return pickleConfidence(octets.subarray(0, JUDGED_BYTES), octets.length > JUDGED_BYTES) >= SURE;
}
