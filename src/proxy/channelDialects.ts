import type { DialectName } from "../shared/dialects.ts";
import type { DialectChoice, SocketPair } from "../shared/model.ts";
import type { DialectMessage } from "./dialects/dialect.ts";
import { detect } from "./dialects/registry.ts";

/** Messages of a channel that are looked at before it is settled what it speaks. */
const SETTLED_AFTER = 24;
/** Below this nothing is taken for known. */
const MIN_CONFIDENCE = 0.5;
/** Messages in a row that the settled dialect cannot read, after which it is found out anew. */
const MAX_MISFITS = 16;
/** Channels that are told apart; the one that was looked at longest ago is forgotten. */
const MAX_CHANNELS = 2000;

type Channel = {
  readonly tapName: string;
  readonly sockets: string;
  /** Sum of confidences by dialect, over the messages that were looked at. */
  readonly votes: Map<DialectName, number>;
  looked: number;
  best: DialectName | null;
  misfits: number;
  /** Undefined until it is settled; `null`: it speaks nothing known. */
  settled: DialectName | null | undefined;
};

/** The name of a pair of sockets as choices have it, `REQ-REP`: the client's first, `?` where the wire does not say. */
export function socketsKey({ client, server }: SocketPair): string {
  return `${client ?? "?"}-${server ?? "?"}`;
}

/**
 * What the channels of a capture speak: the links of a tap that have the same sockets are one. Found out from their messages
 * as these are looked at, unless somebody has chosen it.
 */
export class ChannelDialects {
  readonly #channels = new Map<string, Channel>();
  #choices: readonly DialectChoice[] = [];
  #version = 0;

  /** Changes whenever messages that were read before may be of another dialect now. */
  get version(): number {
    return this.#version;
  }

  /** What users say, which counts more than what is found out. */
  choose(choices: readonly DialectChoice[]): void {
    this.#choices = choices;
    this.#version++;
  }

  /** The choice that a channel falls under; one of its sockets counts more than one of the tap. */
  chosen(tapName: string, sockets: SocketPair): DialectName | null {
    if (this.#choices.length === 0) return null;
    const key = socketsKey(sockets);
    const fitting = this.#choices.filter((choice) => choice.tapName === null || choice.tapName === tapName);
    const found =
      fitting.find((choice) => choice.sockets === key) ??
      fitting.find((choice) => choice.tapName === tapName && choice.sockets === null) ??
      fitting.find((choice) => choice.sockets === null);
    return found?.dialect ?? null;
  }

  /** Whether this is settled without looking at the message, and then what it is. */
  settled(tapName: string, sockets: SocketPair): DialectName | null | undefined {
    const chosen = this.chosen(tapName, sockets);
    return chosen ?? this.#channel(tapName, sockets).settled;
  }

  /** The dialect to read this message with; `null` for none. Learns from it as long as the channel is not settled. */
  of(tapName: string, sockets: SocketPair, message: DialectMessage): DialectName | null {
    const chosen = this.chosen(tapName, sockets);
    if (chosen !== null) return chosen;
    const channel = this.#channel(tapName, sockets);
    if (channel.settled !== undefined) return channel.settled;
    const { dialect, confidence } = detect(message);
    channel.looked++;
    if (confidence > 0) channel.votes.set(dialect, (channel.votes.get(dialect) ?? 0) + confidence);
    const best = bestOf(channel);
    if (best !== channel.best) {
      if (channel.best !== null) this.#version++;
      channel.best = best;
    }
    if (channel.looked >= SETTLED_AFTER) channel.settled = best;
    return best;
  }

  /** Told of each message that was read with a dialect that nobody chose: whether it could be. */
  wasRead(tapName: string, sockets: SocketPair, isRead: boolean): void {
    const channel = this.#channel(tapName, sockets);
    channel.misfits = isRead ? 0 : channel.misfits + 1;
    if (channel.misfits < MAX_MISFITS) return;
    channel.misfits = 0;
    channel.looked = 0;
    channel.votes.clear();
    channel.settled = undefined;
  }

  #channel(tapName: string, sockets: SocketPair): Channel {
    const pair = socketsKey(sockets);
    const key = `${pair} ${tapName}`;
    let channel = this.#channels.get(key);
    if (channel === undefined) {
      channel = { tapName, sockets: pair, votes: new Map(), looked: 0, best: null, misfits: 0, settled: undefined };
      if (this.#channels.size >= MAX_CHANNELS) this.#channels.delete(this.#channels.keys().next().value!);
      this.#channels.set(key, channel);
    }
    return channel;
  }
}

/** The dialect with the most votes, when those that voted at all are sure enough of it on average. */
function bestOf({ votes, looked }: Channel): DialectName | null {
  let best: DialectName | null = null;
  let most = 0;
  for (const [dialect, sum] of votes) {
    if (sum <= most) continue;
    most = sum;
    best = dialect;
  }
  return best !== "raw" && most / Math.min(looked, 4) >= MIN_CONFIDENCE ? best : null;
}
