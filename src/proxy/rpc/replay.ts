import type { Direction, Row, SocketPair, SocketType } from "../../shared/model.ts";
import { UserError } from "../../shared/userError.ts";
import { otherSide } from "../wire/side.ts";

/** A live link of the recorded message's tap, as far as a replay must know it. */
export type LiveLink = {
  readonly number: number;
  readonly sockets: SocketPair;
  /** As text; empty when there is none. */
  readonly identity: { readonly client: string; readonly server: string };
  readonly pending: number;
  /** A sentence when nothing can be put into this direction. */
  whyNotInject(direction: Direction): string | null;
  isSubscribed(topic: Uint8Array): boolean;
};

/** What Replay does with a message: speak on a fresh link of its own, or put it into live links. */
export type ReplayPlan =
  | {
      readonly kind: "fresh";
      readonly socket: SocketType;
      /** As they go on the wire. */
      readonly frames: readonly Uint8Array[];
      readonly wantsReply: boolean;
    }
  | {
      readonly kind: "inject";
      readonly direction: Direction;
      readonly links: readonly number[];
      readonly note: string;
    };

/** What of a row the rules look at. */
export type ReplayedRow = Pick<Row, "kind" | "from" | "sockets" | "link" | "exchange">;

export type Live = {
  readonly links: readonly LiveLink[];
  readonly chosen?: number | undefined;
  readonly receiverIdentity: string;
};

const NO_FRAME = new Uint8Array(0);

/**
 * What replaying `row` means for its recorded sender, so that no other program is harmed: a request never enters a link
 * whose requester is another program, since its answer would go there and shift every later one; and a message without
 * its delimiter never goes to a REQ, whose session would end for good. Throws a UserError that says why nobody can
 * receive it. `chosen` picks one of several live links; `receiverIdentity` is the recorded receiver's, or empty.
 */
export function planReplay(row: ReplayedRow, frames: readonly Uint8Array[], live: Live): ReplayPlan {
  const from = row.from;
  if (row.kind !== "message" || from === null) throw refused("Only messages can be replayed.");
  const to = otherSide(from);
  const sender = row.sockets[from];
  const receiver = row.sockets[to];
  if (sender === null || receiver === null) {
    throw refused("The wire does not say which socket types speak here. Attach the tap with its socket types first.");
  }
  const direction: Direction = from === "client" ? 0 : 1;
  switch (sender) {
    case "REQ":
    case "DEALER":
      if (isDealerToLivePeer(sender, receiver)) return intoOne(row, live, direction, () => true);
      if (from === "server") {
        throw refused(
          `The ${receiver} that answers this request connects to its ${sender}, so the tap cannot reach it. ` +
            "Send the message with a New Call to an endpoint where something answers.",
        );
      }
      return { kind: "fresh", socket: sender, frames: sender === "REQ" ? asRequest(frames) : frames, wantsReply: true };
    case "PUSH":
      if (from === "client") return { kind: "fresh", socket: "PUSH", frames, wantsReply: false };
      return intoOne(row, live, direction, () => true);
    case "PUB":
    case "XPUB":
      return publication(row, frames, live.links, direction, sender);
    case "REP":
    case "ROUTER":
      return answer(row, frames, live, direction, receiver);
    case "PAIR":
      return intoOne(row, live, direction, () => true);
    case "SUB":
    case "XSUB":
    case "PULL":
    case "STREAM":
    case "SERVER":
    case "CLIENT":
    case "RADIO":
    case "DISH":
    case "GATHER":
    case "SCATTER":
    case "DGRAM":
    case "PEER":
    case "CHANNEL":
      throw refused(`What a ${sender} sends cannot be replayed. Send it with a New Call, or from the program itself.`);
  }
}

/** DEALER to DEALER has no requester whose answers could be shifted, and the far side may know only its one peer. */
function isDealerToLivePeer(sender: SocketType, receiver: SocketType): boolean {
  return sender === "DEALER" && receiver === "DEALER";
}

/** A REQ's wire frames: the recorded envelope up to its first empty frame is replaced by a plain delimiter. */
export function asRequest(frames: readonly Uint8Array[]): readonly Uint8Array[] {
  const delimiter = frames.findIndex((frame) => frame.length === 0);
  return [NO_FRAME, ...frames.slice(delimiter + 1)];
}

function publication(
  row: ReplayedRow,
  frames: readonly Uint8Array[],
  links: readonly LiveLink[],
  direction: Direction,
  sender: "PUB" | "XPUB",
): ReplayPlan {
  const topic = frames[0] ?? NO_FRAME;
  const subscribed = links.filter((link) => link.isSubscribed(topic) && link.whyNotInject(direction) === null);
  if (subscribed.length > 0) {
    return { kind: "inject", direction, links: subscribed.map((link) => link.number), note: "" };
  }
  // The subscriber listens: a publisher of our own can reach it even when the recorded one is gone.
  if (row.from === "client") return { kind: "fresh", socket: sender, frames, wantsReply: false };
  throw refused("Nobody can receive it: no subscriber that is connected through this tap has subscribed to it.");
}

function answer(
  row: ReplayedRow,
  frames: readonly Uint8Array[],
  live: Live,
  direction: Direction,
  receiver: SocketType,
): ReplayPlan {
  if (receiver === "REQ" && !hasDelimiter(frames)) {
    throw refused(
      "It has no empty delimiter frame in front, which a REQ takes for a protocol error and never connects again. Add an empty first frame.",
    );
  }
  if (receiver === "REQ" || row.exchange === "reply") {
    const plan = intoOne(row, live, direction, (link) => link.pending > 0, "has a request open");
    return { ...plan, note: "The client takes it as the answer to its open request." };
  }
  return intoOne(row, live, direction, () => true);
}

function hasDelimiter(frames: readonly Uint8Array[]): boolean {
  const [first, second] = frames;
  return first?.length === 0 || (first?.length === 4 && second?.length === 0);
}

/** One live link: the chosen one, else the recorded one, else one with the same identity, else for types without identities any. */
function intoOne(
  row: ReplayedRow,
  live: Live,
  direction: Direction,
  fits: (link: LiveLink) => boolean,
  must = "is connected",
): ReplayPlan & { kind: "inject" } {
  const to = direction === 0 ? "server" : "client";
  const alike = live.links.filter((link) => link.sockets[to] === row.sockets[to]);
  const able = alike.filter((link) => fits(link) && link.whyNotInject(direction) === null);
  const receiver = row.sockets[to] ?? "peer";
  const named = receiver === "DEALER" || receiver === "REQ" || receiver === "ROUTER";
  const identity = live.receiverIdentity;
  const link =
    live.chosen === undefined
      ? (able.find((candidate) => candidate.number === row.link) ??
        able.find((candidate) => identity !== "" && candidate.identity[to] === identity) ??
        (named ? undefined : able[0]))
      : able.find((candidate) => candidate.number === live.chosen);
  if (link !== undefined) return { kind: "inject", direction, links: [link.number], note: "" };
  const why = alike.map((candidate) => candidate.whyNotInject(direction)).find((reason) => reason !== null);
  throw refused(
    `Nobody can receive it: no ${receiver} that ${must} is on this tap${named ? " under the recorded name" : ""}.${why === undefined ? "" : ` ${why}`}`,
  );
}

function refused(message: string): UserError {
  return new UserError("cannot-replay", message);
}
