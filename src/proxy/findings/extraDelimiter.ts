import { MAX_LINKS } from "./places.ts";
import { Recent } from "./recent.ts";
import type { MakeRule, Rule, RuleContext, SeenRow } from "./rule.ts";

/** Frames in which the first delimiter is looked for: an envelope may hold the id of ZMQ_REQ_CORRELATE, or addresses. */
const MAX_ENVELOPE = 4;
/** So many messages with two delimiters, and so many without on the way back, show that one side only has them. */
const ENOUGH = 3;

/** What one direction of a link has sent. */
type Half = { twice: number; once: number; firstN: number; isTold: boolean };

/**
 * A program puts an empty frame of its own behind the delimiter that a REQ or REP writes, or takes off. Where both directions
 * have two, the programs have agreed on it.
 */
export const extraDelimiter: MakeRule = (context) => new ExtraDelimiter(context);

class ExtraDelimiter implements Rule {
  readonly finds = ["extra-delimiter"] as const;
  readonly #context: RuleContext;
  /** Links on which a message with two delimiters was seen. */
  readonly #links = new Recent<number, readonly [Half, Half]>(MAX_LINKS);

  constructor(context: RuleContext) {
    this.#context = context;
  }

  message(row: SeenRow): void {
    const { link, frames, direction } = row;
    if (link === null || frames < 2) return;
    const { client, server } = link.sockets;
    if (client !== "REQ" && client !== "REP" && server !== "REQ" && server !== "REP") return;
    const isTwice = frames > 2 && hasTwoDelimiters(row);
    const halves =
      this.#links.get(link.link) ?? (isTwice ? this.#links.set(link.link, [newHalf(), newHalf()]) : undefined);
    if (halves === undefined) return;
    const [own, back] = direction === 0 ? halves : [halves[1], halves[0]];
    if (isTwice) {
      if (own.twice++ === 0) own.firstN = row.n;
      if (own.isTold) this.#tell(row, direction, [row.n], 1);
      if (back.isTold) this.#withdraw(row, back, 1 - direction);
    } else own.once++;
    if (isOneSided(own, back)) this.#begin(row, own, direction);
    if (isOneSided(back, own)) this.#begin(row, back, 1 - direction);
  }

  event(row: SeenRow): void {
    if (row.event === "link-closed" && row.link !== null) this.#links.delete(row.link.link);
  }

  #begin(row: SeenRow, half: Half, direction: number): void {
    if (half.isTold) return;
    half.isTold = true;
    this.#tell(row, direction, [half.firstN], half.twice);
  }

  #withdraw(row: SeenRow, half: Half, direction: number): void {
    half.isTold = false;
    this.#context.withdrawn("extra-delimiter", aboutOf(row, direction));
  }

  #tell(row: SeenRow, direction: number, evidence: readonly number[], times: number): void {
    const { tapName, timeNs } = row;
    const { link, sockets } = row.link!;
    const side = sideOf(direction);
    const socket = sockets[side] ?? "peer";
    this.#context.found({
      id: "extra-delimiter",
      about: aboutOf(row, direction),
      text: `Messages of the ${side} (${socket}) have a second empty frame behind their delimiter, and those that come back have none.`,
      advice:
        socket === "REQ" || socket === "REP"
          ? `A ${socket} writes the empty delimiter itself: send only the frames behind it, unless the other program wants an empty one.`
          : "One empty frame stands before the message: leave out the second, unless the other program wants it.",
      tapName,
      link,
      evidence,
      timeNs,
      times,
    });
  }
}

function newHalf(): Half {
  return { twice: 0, once: 0, firstN: 0, isTold: false };
}

function isOneSided(own: Half, back: Half): boolean {
  return own.twice >= ENOUGH && back.once >= ENOUGH && back.twice === 0;
}

function sideOf(direction: number): "client" | "server" {
  return direction === 0 ? "client" : "server";
}

function aboutOf(row: SeenRow, direction: number): string {
  return `link ${row.link!.link} ${sideOf(direction)}`;
}

/** Whether the first empty frame is followed by another one, and that by more. */
function hasTwoDelimiters(row: SeenRow): boolean {
  for (let frame = 0; frame < Math.min(MAX_ENVELOPE, row.frames - 2); frame++) {
    const octets = row.frame(frame);
    if (octets === null) return false;
    if (octets.length === 0) return row.frame(frame + 1)?.length === 0;
  }
  return false;
}
